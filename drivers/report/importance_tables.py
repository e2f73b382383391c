"""Tables about importance: shares with their intervals, ranks, slopes, and how models and outcomes compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from drivers.importance.result import Importance
from drivers.report.content import Bound, Cell, Estimate, Number, Span, Table
from drivers.report.findings import by_share
from drivers.report.words import count, percent, plural, precision, quoted_label

BOUNDED = (
    "Where a share is near zero an upper bound replaces the interval, because an interval for a share cannot hold zero."
)
"""Below a table of shares that holds such a bound."""


def importance_table(imp: Importance) -> Table:
    """Return `imp` with one row per driver: share, interval or bound, part of R2, P(first); totals last."""
    rows: list[tuple[Cell, ...]] = []
    table, interval = imp.tidy(), f"{percent(imp.level)} interval"
    for i in by_share(imp):
        row = table.iloc[i]
        sure: Cell = Bound(high=row["upper"]) if row["near_zero"] else _span(row["low"], row["high"])
        p_first: Cell = Number(value=row["p_first"], unit="chance") if imp.rankable else "not ranked"
        relative = Number(value=row["relative"], unit="percent")
        rows.append((row["label"], _percent(row["share"]), sure, relative, p_first))
    r2 = imp.r2_interval()
    rows.append(
        (
            "All drivers together",
            _percent(r2["estimate"]),
            _span(r2["low"], r2["high"]),
            Number(value=1.0, unit="percent"),
            None,
        )
    )
    rows.append(("Not explained", _percent(1 - r2["estimate"]), _span(1 - r2["high"], 1 - r2["low"]), None, None))
    return Table(
        key="importance",
        caption=f"Share of differences in {quoted_label(imp.label(imp.outcome))}, by driver",
        columns=("Driver", "Share", interval, "Part of what is explained", "Probability to be first"),
        rows=tuple(rows),
        notes=("Shares add up to what all drivers explain together.", *([BOUNDED] if table["near_zero"].any() else [])),
    )


def slope_table(imp: Importance) -> Table:
    """Return `imp` with one row per driver: its slope with interval, and its share beside it."""
    table = imp.tidy()
    return Table(
        key="slopes",
        caption=f"Slope and share for {quoted_label(imp.label(imp.outcome))}: two different questions",
        columns=("Driver", "Slope", f"{percent(imp.level)} interval", "Share"),
        rows=tuple(
            (
                row["label"],
                Number(
                    value=row["slope"],
                    unit="points",
                    digits=precision(row["slope_low"], row["slope_high"], "points", 2),
                ),
                Span(low=row["slope_low"], high=row["slope_high"], unit="points", digits=2),
                _percent(row["share"]),
            )
            for row in (table.iloc[i] for i in by_share(imp))
        ),
        notes=(
            "Slope: points of the outcome per point of the driver, other drivers equal. "
            "Share: part of the differences between people.",
        ),
    )


def outcomes_table(imps: Sequence[Importance]) -> Table:
    """Return shares of every driver for several outcomes (`imps`), side by side; the first sets the order."""
    lead = imps[0]
    by_outcome = [imp.tidy().set_index("driver") for imp in imps]
    rows = []
    for i in by_share(lead):
        name = lead.drivers[i]
        cells = tuple(_share_cell(table, name) for table in by_outcome)
        rows.append((lead.label(name), *cells))
    totals = [imp.r2_interval() for imp in imps]
    rows.append(
        (
            "All drivers together",
            *(Estimate(value=r2["estimate"], low=r2["low"], high=r2["high"], unit="percent") for r2 in totals),
        )
    )
    return Table(
        key="outcomes",
        caption="Share of differences in each outcome, by driver",
        columns=("Driver", *(imp.label(imp.outcome) for imp in imps)),
        rows=tuple(rows),
        notes=(
            f"Linear models, {percent(lead.level)} intervals. Columns have different totals: compare the order of "
            "drivers within a column, not sizes across columns.",
        ),
    )


def engines_table(posterior: Importance, regression: Importance) -> Table:
    """Return shares and chances to be first from the posterior the report leads with, and from the regression.

    Parameters
    ----------
    posterior : Importance
        Of the linear model, by the Bayesian engine; sets the order.
    regression : Importance
        Of the same model and answers, by least squares and a bootstrap.

    Returns
    -------
    Table
        Shares of differences with intervals; a share near zero as its upper bound.
    """
    tables = [imp.tidy().set_index("driver") for imp in (posterior, regression)]
    rows = []
    for i in by_share(posterior):
        cells: list[Cell] = [posterior.label(posterior.drivers[i])]
        for imp, table in zip((posterior, regression), tables, strict=True):
            first: Cell = "not ranked"
            if imp.rankable:
                first = Number(value=float(table["p_first"].loc[posterior.drivers[i]]), unit="chance")
            cells += [_share_cell(table, posterior.drivers[i]), first]
        rows.append(tuple(cells))
    return Table(
        key="engines",
        caption="The linear model by both engines: share, and chance to be first",
        columns=("Driver", "Share, posterior", "First, posterior", "Share, regression", "First, regression"),
        rows=tuple(rows),
        notes=(
            "Posterior: what the answers leave open, under the prior named below “Data quality”. Regression: least "
            "squares, with intervals from a bootstrap of people. They should agree; where not, few answers stand "
            "behind them.",
        ),
    )


def models_table(by_model: Mapping[str, Importance]) -> Table:
    """Return each driver's part of what is explained under several models of the same outcome.

    Parameters
    ----------
    by_model : mapping of str to Importance
        Column heading to importance; the first sets the order.

    Returns
    -------
    Table
        Parts add up to 100 % per column; the last row holds R2, which the models measure on different scales.
    """
    imps = list(by_model.values())
    lead, parts = imps[0], [imp.tidy()["relative"].to_numpy() for imp in imps]
    rows: list[tuple[Cell, ...]] = [
        (
            lead.label(lead.drivers[i]),
            *(Number(value=float(part[i]), unit="percent") for part in parts),
        )
        for i in by_share(lead)
    ]
    rows.append(("R² of the model", *(Number(value=imp.r2_estimate, unit="points", digits=2) for imp in imps)))
    return Table(
        key="models",
        caption="Part of what is explained, by driver: the same question put to two models",
        columns=("Driver", *by_model),
        rows=tuple(rows),
        notes=(
            "The ordinal model treats the outcome as ordered answers, not as equal steps; its R² is on a latent scale "
            "and must not be compared with the linear one. It is a check only, without intervals: "
            f"{_base_words(imps)}.",
        ),
    )


def _base_words(imps: Sequence[Importance]) -> str:
    """Say how many respondents the first model of `imps` uses, and the second, which takes complete answers only."""
    lead, check = imps
    if check.n == lead.n:
        return f"both use {plural(lead.n, 'respondent')}, who answered everything"
    return (
        f"it uses the {plural(check.n, 'respondent')} with complete answers, where the linear model uses every answer "
        f"of {count(lead.n)}"
    )


def _share_cell(table: object, name: str) -> Cell:
    row = table.loc[name]  # type: ignore[attr-defined]
    if row["near_zero"]:
        return Bound(high=float(row["upper"]))
    return Estimate(value=float(row["share"]), low=float(row["low"]), high=float(row["high"]), unit="percent")


def _percent(value: float) -> Number:
    return Number(value=float(value), unit="percent", digits=1)


def _span(low: float, high: float) -> Span:
    return Span(low=float(low), high=float(high), unit="percent", digits=1)
