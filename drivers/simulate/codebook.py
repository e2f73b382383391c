"""The codebook of a simulated survey: every column and code, how it was made, and the truth in short."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from drivers.simulate.markdown import markdown_table
from drivers.simulate.missing import DONT_KNOW, NOT_APPLICABLE
from drivers.simulate.moves import options_of

if TYPE_CHECKING:
    from drivers.simulate.spec import StoreVisits
    from drivers.simulate.survey import Simulated

TITLE = "# Codebook of the store visits survey (simulated)"
"""First line of the codebook; a README that starts otherwise is never replaced."""


HOW = {"drift": " a quarter", "step": " at once", "season": " with the season"}
"""Words for the kinds of `Drift`."""


def codebook(simulated: Simulated) -> str:
    """Return the codebook of a simulated survey.

    Parameters
    ----------
    simulated : Simulated
        The survey.

    Returns
    -------
    str
        Markdown: files, columns, codes and counts, how the answers were made, the truth in short.
    """
    parts = (_head(simulated), _columns(simulated), _how(simulated), _truth(simulated))
    return "\n\n".join(parts) + "\n"


def _head(simulated: Simulated) -> str:
    """Return the title, the size, the command that writes the files, and what each holds."""
    spec, rows = simulated.spec, len(simulated.frame)
    return f"""{TITLE}

Nobody answered this survey. A program drew it, so what is true is known, and an analysis can be held against it.
{rows:,} answers, {spec.waves} quarters ({spec.quarters[0]} to {spec.quarters[-1]}). These files are written by

    drivers simulate --out data --n {spec.n} --waves {spec.waves} --seed {spec.seed}{options_of(spec)}

and come out byte for byte the same each time. `--n` is the number of answers expected per quarter.

| file | holds |
|---|---|
| `store_visits.csv` | the answers, one row per visit, UTF-8, comma, decimal point |
| `store_visits.toml` | what the columns mean |
| `store_visits_truth.csv` | what is true, long form: quantity, outcome, item, group, value |
| `README.md` | this page |"""


def _columns(simulated: Simulated) -> str:
    """Return the table of columns, with how many answered each."""
    lines = [
        "## Columns", "",
        f"Ratings and expectations use 1 to 5 (5 is best), {NOT_APPLICABLE} = not applicable, "
        f"{DONT_KNOW} = don't know, empty = left blank.",
        f"On `recommend` (0 to 10) and `waiting_minutes`, {NOT_APPLICABLE} and {DONT_KNOW} are ordinary answers.", "",
        "| column | meaning | answered | not applicable | don't know | blank |",
        "|---|---|---:|---:|---:|---:|",
    ]
    lines += [_column_line(simulated, str(name)) for name in simulated.frame.columns]
    return "\n".join(lines)


def _column_line(simulated: Simulated, name: str) -> str:
    """Return one column's line of that table."""
    column, survey, spec = simulated.frame[name], simulated.survey, simulated.spec
    rated = name in survey.rated
    coded = survey.item(name).not_applicable if rated else ()
    counts = [
        int((column == NOT_APPLICABLE).sum()) if coded else 0,
        int((column == DONT_KNOW).sum()) if coded else 0,
        int(column.isna().sum()),
    ]
    meanings = {
        "visit_id": "number of the visit",
        "customer_id": "number of the customer, the same in every quarter",
        "quarter": "wave",
        "channel": f"how the customer reached us: {', '.join(spec.channels)}",
        "region": f"{', '.join(spec.regions)}",
        "branch": "branch visited; sampling unit within region",
        "waiting_minutes": "minutes waited, to 0.1; shorter where service is faster",
        "weight": "undoes unequal sampling of channel and region; mean 1, same total in every quarter",
    }
    meaning = meanings.get(name)
    if rated:
        scale = survey.item(name).scale
        ends = "open" if scale is None or scale == "open" else f"{scale[0]:g} to {scale[1]:g}"
        meaning = f"{survey.label(name)}, {ends}"
    cells = [f"`{name}`", str(meaning), f"{len(column) - sum(counts):,}", *(f"{n:,}" for n in counts)]
    return f"| {' | '.join(cells)} |"


def _how(simulated: Simulated) -> str:
    """Return how the answers were made, step by step."""
    spec = simulated.spec
    sums = " + ".join(f"{d.slope:g} {d.name}" for d in spec.drivers)
    loadings = ", ".join(f"{d.loading:g}" for d in spec.drivers)
    weight = simulated.frame["weight"]
    blank = ", ".join(f"{rate:.1%}" for rate in spec.blank)
    probit = spec.link == "probit"
    steps = (
        "Opinions. Behind each rating stands a normal opinion. The opinions share one factor (loadings "
        f"{loadings}) and are shifted by channel and region; {_drift(spec)}. Fixed cut points turn them into 1 to 5.",
        f"Expectations. They share a second factor, correlated {spec.expected_halo:g} with the first, and use the same "
        "cut points. They do not act on the outcomes.",
        f"Satisfaction follows from the *ratings as answered*: latent satisfaction = {sums} + normal noise (standard "
        f"deviation {spec.noise:g}), {'cut into 1 to 5' if probit else 'written as it is, 4 where all ratings are 4'}. "
        f"Recommendation adds noise of {spec.recommend_noise:g} to the same latent satisfaction and is cut into 0 to "
        f"10. A cumulative probit on the ratings is the exact model{'' if probit else ' of the recommendation'}."
        f"{_slopes(spec)}",
        f"Not applicable. {_applies(spec)}",
        f"Flat answers. {spec.flat:.1%} give one and the same answer to the whole grid of ratings and expectations; "
        "their satisfaction follows from those ratings like everybody's.",
        "Sampling. Some channels and regions are reached more often than others; `weight` undoes it (coefficient of "
        f"variation {weight.std(ddof=0) / weight.mean():.2f}). Without weights the means are off: channels differ.",
        f"Missing. Left blank: {blank} of outcomes, ratings, expectations, times a factor per channel; "
        f"{spec.break_off:.1%} stop somewhere in the grid. \"Don't know\" is by chance. {_blank_note(spec)}",
    )
    return "\n".join(["## How the answers were made", "", *(f"{k}. {step}" for k, step in enumerate(steps, start=1))])


def _drift(spec: StoreVisits) -> str:
    """Say which opinions move over the quarters."""
    moves = [
        f"`{d.driver}` moves by {d.per_wave:+g} standard deviations of opinion{HOW[d.kind]}"
        f"{f' in {d.channel}' if d.channel else ''} from {spec.quarters[d.start(spec.waves)]} on"
        for d in spec.drift if d.moves == "opinion" and d.start(spec.waves) < spec.waves
    ]
    return "; ".join(moves) or "nothing else moves over the quarters"


def _slopes(spec: StoreVisits) -> str:
    """Say which slopes move over the quarters, "" if none does."""
    moves = [
        f"that of `{d.driver}` moves by {d.per_wave:+g}{HOW[d.kind]} from {spec.quarters[d.start(spec.waves)]} on"
        for d in spec.drift if d.moves == "slope" and d.start(spec.waves) < spec.waves
    ]
    return f" The slopes are those before any move: {'; '.join(moves)}." if moves else ""


def _applies(spec: StoreVisits) -> str:
    """Say to whom each question applies."""
    sometimes = [d for d in spec.drivers if min(d.applies) < 1]
    if not sometimes:
        return "Every question applies to everybody."
    said = "; ".join(
        f"`{d.name}` applies to "
        + ", ".join(f"{rate:.0%} of {name}" for name, rate in zip(spec.channels, d.applies, strict=True))
        for d in sometimes
    )
    return (f"{said}. It depends on the channel alone. Those to whom it does not apply have no such opinion; their "
            f"satisfaction is what a rating of {spec.neutral:g} would give.")


def _blank_note(spec: StoreVisits) -> str:
    """Say whether what is left blank hangs on what people think."""
    if spec.blank_slope == 0:
        return "Within a channel, none of it depends on what the person thinks."
    return f"The log odds of a blank in the grid move by {spec.blank_slope:+g} per point of satisfaction."


def _truth(simulated: Simulated) -> str:
    """Return what is true, in short."""
    truth, spec = simulated.truth, simulated.spec
    scores = pd.DataFrame({
        "mean": truth.values("mean", outcome=""), "top-2 box": truth.values("top2", outcome=""),
        "NPS": truth.values("nps", outcome=""),
    }).reindex(truth.values("mean", outcome="").index)
    applies = truth.value("applies", "all drivers")
    return f"""## What is true

Found by integration over all answer patterns, not by drawing. It holds for the population that the weights stand for,
every quarter counting the same. A driver's own score is among those to whom it applies. Slopes, shares and R2
are among those to whom every driver applies ({applies:.1%} of the population). Complete answers stand for them, but
for the channel mix of the blanks. A method that fills in what does not apply aims at a slightly different population.

- `latent_slope`: what a cumulative probit estimates, per rating point, residual standard deviation 1; the same in every
  group{' of a quarter' if _slopes(spec) else ''}. `threshold` goes with it.
- `linear_slope`: the least-squares line of the answered outcome on the ratings, in outcome points per rating point.
- `latent_share`, `linear_share`: LMG, the share of differences in satisfaction on either scale; they add up to R2.

Association, not effect.

{truth.summary()}

{markdown_table(scores, 3)}

All values, also of `recommend` and by quarter, channel and region, are in `store_visits_truth.csv`. One in Python:

    dr.simulate().truth.value("latent_slope", "service_speed", outcome="satisfaction")

`waiting_minutes` has no role in the definition. To use it as a driver, add it to `drivers` and write

    [items.waiting_minutes]
    scale = "open"
    direction = "lower"
    not_applicable = []
    dont_know = []"""
