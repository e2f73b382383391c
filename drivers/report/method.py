"""The method in plain words, and the defaults that are judgements."""

from __future__ import annotations

from drivers import defaults
from drivers.importance.result import Importance
from drivers.report.content import Paragraph, Table
from drivers.report.words import count, percent, spelled

MEANINGS = (
    "Share says how much of the differences between people's answers to the outcome goes with their answers to a "
    "driver. It is the driver's Shapley value of R² (Lindeman, Merenda and Gold): the average gain in explained "
    "variance over all orders in which drivers can be added. Shares are never negative; together they are what is "
    "explained.",
    "Slope says how many points higher the outcome is, on average, among people who rate a driver one point higher, "
    "with the other drivers equal. A driver can have a high share and no slope, when it overlaps with the others.",
    "Both describe association: people's answers that go together. Neither is the effect of changing anything. A "
    "driver that nobody asked about, or a mood that colours all answers, can be behind both.",
)


def method_paragraphs(imp: Importance, weighted: bool) -> tuple[Paragraph, ...]:
    """Return how `imp` was computed, in plain words; `weighted` says whether weights were used."""
    people = "people, each with their weight" if weighted else "people"
    size = count(imp.shares.shape[0] * imp.shares.shape[1])
    made, each = (
        f"what the answers leave open was drawn {size} times (a posterior)", "draws"
    ) if imp.engine == "bayes" else (
        f"the whole analysis was repeated on {size} reweighted versions of the same answers (a Bayesian bootstrap of "
        f"{people})", "versions"
    )  # fmt: skip
    how = (
        f"How sure: {made}. A {percent(imp.level)} interval holds the middle {percent(imp.level)} of the results; the "
        f"probability that a driver is first is the part of {each} in which it came first."
    )
    wording = (
        f"Wording: “very likely” means a probability of at least {percent(defaults.VERY_LIKELY)}, “likely” at least "
        f"{percent(defaults.LIKELY)}, “leaning” at least {percent(defaults.LEANING)}. Below that, drivers “cannot be "
        "separated”."
    )
    how_missing = (
        "by filling in what is missing many times over from what was answered (multiple imputation)"
        if imp.engine == "bayes" else "by maximum likelihood over patterns of missing answers"
    )
    missing = (
        f"Missing answers: the linear model uses every answer given, {how_missing}; nobody is dropped for leaving one "
        "question out. Slopes are on the points of the scales as asked."
    )
    return tuple(Paragraph(text=text) for text in (*MEANINGS, how, missing, wording))


def defaults_table(seed: int, draws: int, level: float) -> Table:
    """Return every default used: `seed`, `draws` and `level` of this report, and the fixed thresholds."""
    rows = (
        ("Level of intervals", percent(level)),
        ("Draws", count(draws)),
        ("Seed", str(seed)),
        (
            "A share is given as an upper bound when its interval reaches below half of it, and it is below",
            percent(defaults.NEAR_ZERO),
        ),
        ("A ranking is claimed when the low end of R² is at least", percent(defaults.RANKABLE_R2)),
        ("Fewest respondents for a segment's own slopes", str(defaults.MIN_BASE_MODEL)),
        ("Fewest answers behind any number shown", spelled(defaults.MIN_BASE_CELL)),
        (
            "“Very likely”, “likely”, “leaning” from",
            ", ".join(percent(p) for p in (defaults.VERY_LIKELY, defaults.LIKELY, defaults.LEANING)),
        ),
    )
    return Table(key="defaults", caption="Judgements this report makes", columns=("Judgement", "Value"), rows=rows)
