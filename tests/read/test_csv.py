"""Text tables as programs and people really write them, and what is said of broken ones."""

from pathlib import Path

import pytest

from drivers.errors import DataError
from drivers.read.csv_dialect import find_dialect
from drivers.read.fingerprint import text_encoding
from drivers.read.source import read
from drivers.survey.answers import Answers

ROWS = [(1, 2, 3), (2, 3, 4), (3, 4, 5), (4, 5, 1), (5, 1, 2), (2, 4, 1)] * 5


def lines(header: str, separator: str = ",", end: str = "\n", rows: object = ROWS) -> str:
    return end.join([header, *(separator.join(map(str, row)) for row in rows)]) + end


def answers(path: Path, *drivers: str, outcome: str = "y", **roles: object) -> Answers:
    return read(path, drivers=drivers or ("a", "b"), outcome=outcome, **roles)


def refusal(path: Path, **roles: object) -> str:
    with pytest.raises(DataError) as caught:
        answers(path, **roles)
    return str(caught.value)


def counts(found: Answers, item: str) -> dict[object, float]:
    rows = found.levels[found.levels["item"] == item]
    return dict(zip(rows["code"], rows["n"], strict=True))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(written, encoding: str, end: str) -> None:
    name = "zufrieden €" if encoding == "cp1252" else "größe"
    text = lines(f"a,{name},y,ort", end=end, rows=[(*row, "Köln") for row in ROWS])
    found = answers(written("x.csv", text, encoding), "a", name, segments=["ort"])
    assert found.n_read == 30
    assert counts(found, name) == {1.0: 5, 2.0: 5, 3.0: 5, 4.0: 10, 5.0: 5}
    assert [f.check for f in found.findings] == ([] if encoding.startswith("utf-8") else ["encoding"])


def test_the_encoding_is_taken_from_the_last_byte_too(written) -> None:
    ascii_first = lines("a,b,y", rows=ROWS * 40_000)
    assert text_encoding(written("x.csv", ascii_first)) == "utf-8"
    assert text_encoding(written("x.csv", ascii_first + "ö,1,1", "latin-1")) == "latin-1"
    assert text_encoding(written("x.csv", ascii_first + "€,1,1", "cp1252")) == "cp1252"
    assert text_encoding(written("x.csv", ascii_first + "ö,1,1", "utf-8")) == "utf-8"


def test_line_ends_of_two_kinds(written) -> None:
    found = answers(written("x.csv", "a,b,y\n" + "1,2,3\r\n2,3,4\r\n" * 10))
    assert found.n_read == 20


def test_quotes_blanks_and_na_texts(written) -> None:
    text = 'a,b,y,"say ""why"", please"\n' + '1,"2",3,"good, very\ngood"\n NA ,,4,\n"3", 5 ,5,x\n' * 6
    found = answers(written("x.csv", text))
    assert counts(found, "a") == {1.0: 6, 3.0: 6, None: 6}
    assert counts(found, "b") == {2.0: 6, 5.0: 6, None: 6}


def test_a_comment_column_decides_nothing_about_the_separator(written) -> None:
    text = lines("a;b;y;why", ";", rows=[(*row, '"one, two, three, four, five"') for row in ROWS])
    assert answers(written("x.csv", text)).n_read == 30


def test_lines_before_the_header(written) -> None:
    assert answers(written("x.csv", "\n\nsep=;\n" + lines("a;b;y", ";"))).n_read == 30


def test_thousands_of_columns(written) -> None:
    names = [f"v{i}" for i in range(4000)]
    rows = [[1 + (i * j) % 5 for j in range(4000)] for i in range(30)]
    found = read(written("x.csv", lines(",".join(names), rows=rows)), drivers=["v17", "v3999"], outcome="v1")
    assert found.n_read == 30
    assert set(found.frame.collect_schema().names()) == {"v17", "v3999", "v1"}


def test_decimal_commas_are_read_and_said(written) -> None:
    rows = [(f"{a},5", b, y, f"{a},125") for a, b, y in ROWS] + [(1, 2, 3, "0,125")]
    found = answers(written("x.csv", lines("a;b;y;w", ";", rows=rows)), weight="w")
    assert counts(found, "a") == {1.0: 1, 1.5: 5, 2.5: 10, 3.5: 5, 4.5: 5, 5.5: 5}
    said = {f.column: f.count for f in found.findings if f.check == "decimal_comma"}
    assert said == {"a": 30, "w": 31}
    assert found.levels.query("item == 'a'")["sum_w"].sum() == pytest.approx(sum(a + 0.125 for a, _, _ in ROWS) + 0.125)


def test_a_number_that_may_mean_a_thousand_is_not_guessed(written) -> None:
    rows = [(*row, '"1,250"') for row in ROWS]
    message = refusal(written("x.csv", lines("a,b,y,w", rows=rows)), weight="w")
    assert '`w`: 30 weights are text: "1,250".' in message


def test_leading_zeros_stay_in_names_of_groups(written) -> None:
    rows = [(*row, f"{i % 2:03d}", 2026 + i % 2) for i, row in enumerate(ROWS * 2)]
    found = answers(written("x.csv", lines("a,b,y,shop,year", rows=rows)), segments=["shop"], wave="year")
    schema = found.frame.collect_schema()
    assert str(schema["shop"]) == "String"
    assert schema["year"].is_integer()


def test_names_with_blanks_around_them(written) -> None:
    found = answers(written("x.csv", lines("a , b,y")))
    assert [(f.check, f.column) for f in found.findings] == [("name", "a"), ("name", "b")]
    assert found.findings[0].text == '`a`: its name in the data is "a "; blanks were ignored.'


def test_names_that_need_quoting_in_sql(written) -> None:
    text = lines("a b?,drop table;--,y's")
    assert answers(written("x's.csv", text), "a b?", "drop table;--", outcome="y's").n_read == 30


def test_names_the_engine_cannot_take(written) -> None:
    path = written("x.csv", '"Was it ""good""?",B,b,y\n' + "1,2,3,4\n2,3,4,5\n" * 10)
    with pytest.raises(DataError) as caught:
        answers(path, 'Was it "good"?', "b", "B")
    assert str(caught.value).splitlines() == [
        "2 problems in `x.csv`:",
        "  1. `b`: another column differs from it only in upper and lower case. "
        "Rename it in the data, or read the file into a DataFrame first.",
        "  2. `B`: another column differs from it only in upper and lower case. "
        "Rename it in the data, or read the file into a DataFrame first.",
    ]
    assert answers(path, 'Was it "good"?', "b").n_read == 20


def test_a_pattern_in_a_file_name_is_a_name(written) -> None:
    written("wave1.csv", lines("a,b,y"))
    assert answers(written("wave[1]*.csv", lines("a,b,y", rows=ROWS[:25]))).n_read == 25


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b,y\n1,2,3\n4,5\n6,7,8\n", "`x.csv`, line 3: 2 cells where the header has 3."),
        ("a,b,y\n1,2,3\n4,5,6,7\n6,7,8\n", "`x.csv`, line 3: 4 cells where the header has 3."),
        ('a,b,y\n1,2,3\n4,"5,6\n7,8,9\n', "`x.csv`, line 3: a quote is opened and never closed, or text follows"),
        ('a,b,y\n1,2,3\n4,"5"x,6\n', "`x.csv`, line 3: a quote is opened and never closed, or text follows"),
    ],
)
def test_broken_lines_are_named(written, text: str, message: str) -> None:
    said = refusal(written("x.csv", text))
    assert said.startswith(message)
    assert said.endswith("Mend that line (a separator or a quote is wrong), or export again.")


def test_a_broken_line_is_named_in_other_encodings_too(written) -> None:
    said = refusal(written("x.csv", "a,b,y\n1,2,3\n4,5\n", "utf-16"))
    assert said.startswith("`x.csv`, line 3: 2 cells where the header has 3.")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "`x.csv` is empty (0 bytes). Export the survey again."),
        ("\n\n", "`x.csv` is empty. Export the survey again, with a header line and its answers."),
        ("a,b,y\n", "1 problem in `x.csv`:\n  1. there are no rows. Export the answers again."),
        (
            lines("1,2,3"),
            "The first line of `x.csv` holds numbers, not column names. "
            "Add a header line with the names of the survey: a, b, y.",
        ),
        (
            lines("a,a,y"),
            "2 problems in `x.csv`:\n"
            "  1. `a`: 2 columns have this name. Rename or delete all but one.\n"
            "  2. `b`: there is no such column; the data have `a`, `a`, `y`. "
            "Correct the name in the definition, or rename the column in the data.",
        ),
    ],
)
def test_nothing_to_read(written, text: str, message: str) -> None:
    assert refusal(written("x.csv", text)) == message


def test_an_unnamed_column_does_no_harm(written) -> None:
    assert answers(written("x.csv", lines(",,y,a,b", rows=[(0, 0, *row) for row in ROWS]))).n_read == 30


def test_reading_writes_nothing(written) -> None:
    path = written("x.csv", lines("a,b,y"))
    before = (path.read_bytes(), sorted(path.parent.iterdir()))
    answers(path)
    assert (path.read_bytes(), sorted(path.parent.iterdir())) == before


def test_provenance(written) -> None:
    path = written("x.csv", lines("a,b,y"))
    source = answers(path).source
    import hashlib

    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert (source.name, source.kind, source.size, source.sha256) == ("x.csv", "csv", path.stat().st_size, digest)


def test_the_layout_that_shows_the_wanted_names_wins() -> None:
    head = "a,b;c,d;y\n1,1;2,2;3\n4,4;5,5;6\n"
    by_name = find_dialect(head, ["y"])
    assert by_name is not None
    assert by_name.names == ("a,b", "c,d", "y")
    other = find_dialect(head, ["a", "b;c"])
    assert other is not None
    assert other.separator == ","
