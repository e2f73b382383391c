"""`Truth`: what is so in the simulated population, by integration, never by drawing a sample."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import pandas as pd

from drivers.errors import InputError
from drivers.simulate.markdown import markdown_table
from drivers.simulate.patterns import patterns
from drivers.simulate.people import people
from drivers.simulate.spec import StoreVisits
from drivers.simulate.truth_models import model_rows
from drivers.simulate.truth_scores import score_rows

COLUMNS = ("quantity", "outcome", "item", "group", "value")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Truth:
    """The true values of a simulated survey; ``table`` has columns quantity, outcome, item, group, value."""

    table: pd.DataFrame

    def tidy(self) -> pd.DataFrame:
        """Return one row per true value (a copy)."""
        return self.table.copy()

    def value(self, quantity: str, item: str = "", group: str = "all", outcome: str = "") -> float:
        """Return one true value.

        Parameters
        ----------
        quantity : str
            Such as ``mean``, ``nps``, ``latent_slope``, ``linear_share``.
        item : str
            The item the value belongs to; empty for values of a whole model, such as ``linear_r2``.
        group : str
            ``all``, or a wave or segment such as ``channel=phone``.
        outcome : str
            The outcome of a model value; empty for scores of one item.

        Returns
        -------
        float
            The value.

        Raises
        ------
        InputError
            If the table does not hold it.
        """
        wanted = {"quantity": quantity, "outcome": outcome, "item": item, "group": group}
        rows = self.table[(self.table[list(wanted)] == pd.Series(wanted)).all(axis=1)]
        if len(rows) != 1:
            raise InputError(f"No true value for {wanted}. Known quantities: "
                             f"{', '.join(self.table['quantity'].unique())}; look at `truth.tidy()`.")
        return float(rows["value"].iloc[0])

    def values(self, quantity: str, group: str = "all", outcome: str = "satisfaction") -> pd.Series:
        """Return the true values of a quantity by item, in the order of the survey.

        Parameters
        ----------
        quantity : str
            Such as ``latent_slope`` or ``linear_share``.
        group : str
            ``all``, or a wave or segment such as ``channel=phone``.
        outcome : str
            The outcome of a model value; empty for scores of single items.

        Returns
        -------
        Series
            One value per item; empty when there are none.
        """
        table = self.table
        rows = table[(table["quantity"] == quantity) & (table["group"] == group) & (table["outcome"] == outcome)]
        return rows.set_index("item")["value"]

    def summary(self) -> str:
        """Return the drivers' true slopes and shares of satisfaction, with R2, as a Markdown table."""
        table = pd.DataFrame({
            name: values for name in ("latent_slope", "latent_share", "linear_slope", "linear_share")
            if len(values := self.values(name))
        })
        shares = [str(name) for name in table if str(name).endswith("share")]
        r2 = {name: self.value(name.replace("share", "r2"), outcome="satisfaction") for name in shares}
        table.loc["all together (R2)"] = pd.Series(r2).reindex(table.columns)
        return markdown_table(table, 4)


def truth(spec: StoreVisits) -> Truth:
    """Integrate what is so in the population of a simulated survey.

    Parameters
    ----------
    spec : StoreVisits
        The survey. Its seed, size, sampling, and missing answers do not matter: they are about the sample.

    Returns
    -------
    Truth
        Scores (mean, top2, nps, gap, minutes) by wave, channel and region, and the drivers' slopes, shares, ranks and
        R2 among those to whom every driver applies.
    """
    return _integrated(replace(spec, seed=0))


@lru_cache(maxsize=8)
def _integrated(spec: StoreVisits) -> Truth:
    """Keep the truth of the last few specifications: many samples of one survey share it."""
    groups = people(spec)
    found = patterns(spec, groups)
    rows = [*score_rows(spec, groups, found), *model_rows(spec, groups, found)]
    return Truth(table=pd.DataFrame(rows, columns=list(COLUMNS)))
