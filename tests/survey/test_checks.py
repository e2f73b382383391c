"""Every kind of bad data, with the words it is told in."""

from pathlib import Path

import narwhals as nw
import numpy as np
import pandas as pd
import pytest

from drivers.errors import DataError
from drivers.survey.answers import Source
from drivers.survey.check_report import CheckReport, item_counts
from drivers.survey.checks import inspect
from drivers.survey.findings import Finding, counted, data_error, listed, shown_code
from drivers.survey.schema import Survey

N = 200


def clean() -> pd.DataFrame:
    """200 answers on 1..5 without anything to find."""
    rng = np.random.default_rng(11)
    table = pd.DataFrame(rng.integers(1, 6, size=(N, 3)), columns=["price", "service", "satisfaction"])
    return table.assign(w=1.5, f=2, id=range(N), wave="2026-Q1", channel=["store", "phone"] * (N // 2))


def survey(**changes: object) -> Survey:
    roles = {"drivers": ("price", "service"), "outcomes": ("satisfaction",), "scale": (1, 5)}
    return Survey(**{**roles, **changes})


def findings(table: object, **changes: object) -> tuple[Finding, ...]:
    return inspect(nw.from_native(table), survey(**changes)).findings


def texts(table: object, severity: str = "error", **changes: object) -> list[str]:
    return [finding.text for finding in findings(table, **changes) if finding.severity == severity]


def changed(column: str, *cells: object) -> pd.DataFrame:
    """The clean table with its first cells of one column replaced."""
    table = clean().astype({column: object})
    table.loc[: len(cells) - 1, column] = list(cells)
    return table


def from_toml(folder: Path, more: str = "") -> Survey:
    path = folder / "survey.toml"
    path.write_text('scale = [1, 5]\ndrivers = ["price", "service"]\noutcomes = ["satisfaction"]\n' + more)
    return Survey.from_toml(path)


def test_a_clean_table_has_no_findings() -> None:
    everything = {"weight": "w", "frequency": "f", "id": "id", "wave": "wave", "segments": ("channel",)}
    assert findings(clean(), **everything) == ()


# ratings


def test_text_among_ratings() -> None:
    table = changed("price", "n.a.", "n.a.", "good")
    assert texts(table) == [
        '`price`: 3 answers are text where a number belongs: "n.a." and "good". '
        'If "n.a." means not applicable, add `not_applicable=["n.a."]`. '
        'If the texts are answers, list them from worst to best: `levels=["...", "..."]`.'
    ]
    mended = {"items": {"price": {"not_applicable": ["n.a."], "dont_know": ["good"]}}}
    assert findings(table, **mended) == ()


def test_nothing_but_text() -> None:
    words = np.array(["good", "fair", "poor", "fair"])[np.arange(N) % 4]
    (told,) = texts(clean().assign(price=words))
    assert told == (
        '`price`: 200 answers are text where a number belongs: "fair", "good" and "poor". '
        'If the texts are answers, list them from worst to best: `levels=["...", "..."]`. '
        'If "fair" means not applicable, add `not_applicable=["fair"]`.'
    )
    assert findings(clean().assign(price=words), items={"price": {"levels": ["poor", "fair", "good"]}}) == ()


def test_one_code_out_of_range() -> None:
    assert texts(changed("price", *[6] * 12)) == [
        "`price`: 12 answers are 6, outside 1..5. If 6 means not applicable, add `not_applicable=[6]`; "
        "if it is an answer, the scale is `scale=[1, 6]`."
    ]


def test_the_line_to_type_in_the_toml(tmp_path: Path) -> None:
    table = changed("price", *[6] * 12)
    (found,) = inspect(nw.from_native(table), from_toml(tmp_path)).findings
    assert found.cure == (
        "If 6 means not applicable, add `not_applicable = [6]` under `[items.price]`; "
        "if it is an answer, the scale is `scale = [1, 6]` under `[items.price]`."
    )
    more = from_toml(tmp_path, "[items.price]\nnot_applicable = [6]\n")
    assert inspect(nw.from_native(table), more).findings == ()


def test_a_code_in_several_items_is_mended_at_the_top(tmp_path: Path) -> None:
    table = changed("price", 6, 6).astype({"service": object})
    table.loc[5, "service"] = 6
    first, second = inspect(nw.from_native(table), from_toml(tmp_path)).findings
    assert first.cure.startswith("If 6 means not applicable, add `not_applicable = [6]` at the top of the file; ")
    assert second.found == "1 answer is 6, outside 1..5."


def test_a_scale_that_the_data_leave() -> None:
    table = clean()
    table["satisfaction"] = (np.arange(N) % 11).astype(float)
    assert texts(table) == [
        "`satisfaction`: 109 answers are 0, 6, 7, 8, 9 and 1 more, outside 1..5. "
        "So many are hardly codes for no answer: the scale is `scale=[0, 10]`."
    ]


def test_nobody_answered() -> None:
    table = changed("price", *[None] * 120, *[9] * 80)
    assert texts(table, not_applicable=(9,)) == [
        "`price`: nobody answered it (120 blank, 80 not applicable). Take it out of `drivers`, or correct the export."
    ]
    for empty in (None, np.nan, ""):
        assert [f.check for f in findings(clean().assign(price=empty))] == ["all_missing"]


def test_an_empty_column_of_every_engine() -> None:
    import duckdb
    import polars as pl
    import pyarrow as pa

    table = clean().drop(columns="price")
    arrow = pa.Table.from_pandas(table).append_column("price", pa.nulls(N))
    for native in (pl.from_pandas(table).with_columns(price=None), arrow, duckdb.connect().from_arrow(arrow)):
        assert [f.check for f in findings(native)] == ["all_missing"]


def test_everybody_answered_the_same() -> None:
    assert texts(clean().assign(price=4)) == [
        "`price`: all 200 answers are 4, so it can neither explain nor be explained. Take it out of `drivers`."
    ]
    assert [f.check for f in findings(clean().assign(satisfaction=4)) if f.severity == "error"] == ["constant"]
    expected = findings(clean().assign(hoped=4), expectations={"price": "hoped"})
    assert [(f.severity, f.check, f.column) for f in expected] == [("warning", "constant", "hoped")]


def test_a_forgotten_missing_code_on_an_open_scale() -> None:
    table = changed("price", 99, 99, 99)
    assert texts(table, "warning", scale="open") == [
        "`price`: 3 answers are 99, far from all others (1 to 5). "
        "If 99 stands for no answer, add `not_applicable=[99]`."
    ]
    minutes = clean().assign(price=np.arange(N) % 120)
    assert texts(minutes, "warning", scale="open") == []


def test_answers_between_two_points() -> None:
    (told,) = texts(changed("price", 3.5, 2.5), "note")
    assert told == "`price`: 2 answers are between two points of the scale."


# outcomes


def test_thin_and_unused_categories() -> None:
    table = clean()
    table["satisfaction"] = [1] * 3 + [2] * 4 + [4] * 93 + [5] * 100
    assert texts(table, "warning") == [
        "`satisfaction`: fewer than 5 answers at 1 (3), 2 (4). An ordinal fit knows little about these points: "
        'use `model="linear"`, or merge them in the data.',
        "`satisfaction`: nobody chose 3 on the scale 1..5. An ordinal fit needs every point used: "
        'use `model="linear"`, or merge points in the data.',
    ]
    table["satisfaction"] = [2] * 100 + [3] * 100
    assert texts(table, "note") == ["`satisfaction`: nobody chose 1, 4 and 5 on the scale 1..5. 2 points were used."]


def test_points_are_named_as_they_stand_in_the_file() -> None:
    table = clean()
    table["satisfaction"] = [1] * 3 + [3] * 97 + [5] * 100
    turned = texts(table, "warning", items={"satisfaction": {"direction": "lower"}})
    assert turned[0].startswith("`satisfaction`: fewer than 5 answers at 1 (3).")
    assert turned[1].startswith("`satisfaction`: nobody chose 2 and 4 on")


def test_the_outcome_among_its_drivers() -> None:
    table = clean()
    assert texts(table.assign(price=table["satisfaction"])) == [
        "`price`: it holds the same answers as the outcome `satisfaction`, so it would explain it perfectly. "
        "Take it out of `drivers`."
    ]
    assert texts(table.assign(price=table["service"]), "warning") == [
        "`service`: it holds the same answers as `price`: their shares cannot be told apart. "
        "Take one of them out of `drivers`."
    ]
    shuffled = table.assign(price=table["service"].to_numpy()[::-1])
    assert findings(shuffled) == ()


# weights


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ([-1.0, -2.0], "`w`: 2 weights are negative. A weight is never negative: correct these rows."),
        (
            [np.nan, None, np.nan],
            "`w`: 3 weights are missing. Fill them in from the sampling plan, or remove these rows from the data "
            "yourself.",
        ),
        ([np.inf], "`w`: 1 weight is infinite. Correct these rows."),
        ([0.0] * N, "`w`: all 200 rows have a weight of 0. Correct the column, or take it out as `weight`."),
    ],
)
def test_weights_that_cannot_be_used(cells: list[float], told: str) -> None:
    table = clean()
    table.loc[: len(cells) - 1, "w"] = np.array(cells, dtype=float)
    assert texts(table, weight="w") == [told]


def test_weights_as_text() -> None:
    import polars as pl

    table = clean().assign(w=["1,5"] * 198 + ["heavy", "1,250"])
    for native in (table, pl.from_pandas(table)):
        assert texts(native, weight="w") == [
            '`w`: 2 weights are text: "1,250" and "heavy". '
            "Correct them in the data: a row without a number cannot be counted."
        ]
    seen = inspect(nw.from_native(table.assign(w="1,5")), survey(weight="w"))
    assert seen.findings == ()
    assert seen.levels.query("item == 'price'")["sum_w"].sum() == 1.5 * N


def test_a_date_is_no_weight() -> None:
    (told,) = texts(clean().assign(w=pd.Timestamp("2026-01-01")), weight="w")
    assert told.startswith("`w`: a weight must be numbers; this column is Datetime")


def test_zero_weights_are_counted() -> None:
    assert texts(clean().assign(w=[0.0] * 7 + [1.0] * 193), "note", weight="w") == [
        "`w`: 7 rows with a weight of 0 will not influence any estimate."
    ]


def test_waves_that_were_never_weighted() -> None:
    """Weights 1 and 2 in equal parts elsewhere: each unweighted answer counts 1.5."""
    table = clean().assign(wave=["2024"] * 50 + ["2025"] * 50 + ["2026"] * 100)
    table["w"] = [np.nan] * 100 + [1.0, 2.0] * 50
    seen = inspect(nw.from_native(table), survey(weight="w", wave="wave"))
    assert [f.text for f in seen.findings] == [
        '`w`: waves "2024" and "2025" have no weights at all; there each of 100 answers counts as the average weight '
        "of the other waves, 1.5. If that is not meant, fill the weights in, or leave these waves out."
    ]
    assert seen.frame.to_pandas()["w"].tolist() == [1.5] * 100 + [1.0, 2.0] * 50
    table.loc[150, "w"] = np.nan
    assert [f.check for f in findings(table, weight="w", wave="wave")] == ["missing_weight"]


def test_frequencies_must_be_whole() -> None:
    assert texts(clean().assign(f=[0.5] * 3 + [2.0] * 197), frequency="f") == [
        "`f`: 3 frequencies are not whole. A frequency counts respondents. "
        'If this is a sampling weight, write `weight = "f"` instead.'
    ]
    assert texts(clean().assign(f=[-1] + [2] * 199), frequency="f") == [
        "`f`: 1 frequency is negative. A frequency is never negative: correct these rows."
    ]


# groups and ids


def test_ids_that_occur_twice() -> None:
    table = clean()
    table["id"] = [1, 1, 1, 2, 2, *range(3, 198)]
    assert texts(table, id="id") == [
        "`id`: 2 ids occur more than once, on 5 rows. Keep one row per id. "
        'If people may answer several times, write `psu = "id"` instead of `id`.'
    ]


def test_ids_across_waves_are_a_panel() -> None:
    table = clean().assign(id=list(range(100)) * 2, wave=["2026-Q1"] * 100 + ["2026-Q2"] * 100)
    assert [f.text for f in findings(table, id="id", wave="wave")] == [
        "`id`: 100 ids occur in several waves: part of the survey is a panel."
    ]
    table.loc[0, "id"] = 1
    assert texts(table, id="id", wave="wave")[0].startswith(
        "`id`: 1 id occurs more than once within one wave, on 2 rows."
    )


def test_empty_ids_are_no_duplicates() -> None:
    assert findings(clean().assign(id=[None] * 50 + list(range(150))), id="id") == ()


def test_small_groups() -> None:
    table = clean().assign(channel=["chat"] * 24 + ["email"] * 3 + ["store"] * 173)
    assert texts(table, "warning", segments=("channel",)) == [
        '`channel`: 2 of 3 segments have fewer than 25 respondents: "chat" and "email". '
        "They get no driver model of their own; merge them in the data to see one."
    ]
    assert texts(table.assign(f=10), "warning", segments=("channel",), frequency="f") == []


def test_empty_and_na_groups() -> None:
    table = clean().assign(channel=[None] * 30 + ["NA"] * 40 + ["store"] * 130)
    assert texts(table, "note", segments=("channel",)) == [
        "`channel`: 30 respondents without a segment.",
        '`channel`: 40 respondents with the text "NA" form a segment of that name. If it means no value, '
        "empty these cells.",
    ]


def test_a_name_is_no_segment() -> None:
    table = pd.concat([clean()] * 6, ignore_index=True)
    table["channel"] = [f"person {i}" for i in range(6 * N)]
    (told,) = texts(table, "warning", segments=("channel",))
    assert told.startswith("`channel`: more than 1,000 different values: it looks like a name or an id, not a segment.")


def test_waves_that_do_not_sort_by_time() -> None:
    table = clean().assign(wave=["Q4 2025"] * 100 + ["Q1 2026"] * 100)
    assert texts(table, "warning", wave="wave") == [
        '`wave`: waves are taken in the order of their texts ("Q1 2026", "Q4 2025"), not of time. '
        'Write them with the year first: "2024-Q2", "2025-Q1".'
    ]
    assert texts(clean().assign(wave=["2025-Q4"] * 100 + ["2026-Q1"] * 100), "warning", wave="wave") == []


# all together


def test_no_rows() -> None:
    assert texts(clean().head(0)) == ["there are no rows. Export the answers again."]


def test_all_findings_come_in_one_error() -> None:
    table = changed("price", 6, 6).assign(w=-1.0, id=7)
    seen = inspect(nw.from_native(table), survey(weight="w", id="id"))
    told = data_error(seen.findings, "`visits.csv`")
    assert isinstance(told, DataError)
    assert str(told).splitlines() == [
        "3 problems in `visits.csv`:",
        "  1. `price`: 2 answers are 6, outside 1..5. If 6 means not applicable, add `not_applicable=[6]`; "
        "if it is an answer, the scale is `scale=[1, 6]`.",
        "  2. `w`: 200 weights are negative. A weight is never negative: correct these rows.",
        "  3. `id`: 1 id occurs more than once, on 200 rows. Keep one row per id. "
        'If people may answer several times, write `psu = "id"` instead of `id`.',
    ]


def test_the_table_itself_is_left_alone() -> None:
    table = changed("price", 6, "x", None).assign(w=["1,5"] * N)
    before = table.copy()
    inspect(nw.from_native(table), survey(weight="w"))
    pd.testing.assert_frame_equal(table, before)


def report(table: pd.DataFrame, **changes: object) -> CheckReport:
    seen = inspect(nw.from_native(table), survey(**changes))
    return CheckReport(
        source=Source(name="visits.csv", kind="csv"), n_read=seen.n_read, findings=seen.findings,
        items=item_counts(seen.levels, survey(**changes)),
    )  # fmt: skip


def test_the_report_as_text() -> None:
    found = report(changed("price", 6, 6, 9, None), dont_know=(9,))
    assert found.summary() == "\n".join([
        "visits.csv: 200 rows; 1 error",
        "",
        "error    `price`: 2 answers are 6, outside 1..5. If 6 means not applicable, add",
        "         `not_applicable=[6]`; if it is an answer, the scale is `scale=[1, 6]`.",
        "",
        "             scale  answered  blank  don't know  out of range",
        "price         1..5       196      1           1             2",
        "service       1..5       200      0           0             0",
        "satisfaction  1..5       200      0           0             0",
    ])


def test_exit_codes() -> None:
    assert (report(clean()).ok, report(clean()).exit_code) == (True, 0)
    assert report(changed("price", 3.5)).exit_code == 0  # a note
    assert report(changed("price", 99), scale="open").exit_code == 2  # a warning
    assert report(changed("price", 99)).exit_code == 2
    assert report(clean()).summary().splitlines()[0] == "visits.csv: 200 rows; nothing found"


def test_words_for_numbers() -> None:
    assert listed([1]) == "1"
    assert listed([1, 2.5, "a"]) == '1, 2.5 and "a"'
    assert listed(list(range(8))) == "0, 1, 2, 3, 4 and 3 more"
    assert shown_code("x" * 50) == '"' + "x" * 37 + '..."'
    assert counted(1, "answer") == "1 answer"
    assert counted(12345, "frequency", "frequencies") == "12,345 frequencies"
