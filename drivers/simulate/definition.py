"""The definition (`Survey`) of a simulated survey."""

from __future__ import annotations

from drivers.simulate.missing import DONT_KNOW, NOT_APPLICABLE
from drivers.simulate.spec import POINTS, StoreVisits
from drivers.survey.schema import Item, Survey

DATA_FILE = "store_visits.csv"


def definition(spec: StoreVisits) -> Survey:
    """Return what each column of a simulated survey means.

    Parameters
    ----------
    spec : StoreVisits
        The survey.

    Returns
    -------
    Survey
        Roles, scales, labels and codes. Codes 8 and 9 mean "not applicable" and "don't know" on the 1..5 questions
        only: on 0..10 they are answers, so `recommend` lists none.
    """
    ordinal = spec.link == "probit"
    satisfaction = Item(label="Overall satisfaction", score="top2") if ordinal else Item(
        label="Overall satisfaction", score="mean", scale="open", not_applicable=(), dont_know=()
    )
    items = {
        "satisfaction": satisfaction,
        "recommend": Item(label="Likelihood to recommend", scale=(0, 10), score="nps", not_applicable=(), dont_know=()),
        **{d.name: Item(label=d.label) for d in spec.drivers},
        **{d.expectation: Item(label=f"Expected {d.label[0].lower()}{d.label[1:]}") for d in spec.drivers},
    }
    return Survey(
        title="Store visits (simulated)",
        data=DATA_FILE,
        scale=(1, POINTS),
        drivers=tuple(d.name for d in spec.drivers),
        outcomes=spec.outcomes,
        expectations={d.name: d.expectation for d in spec.drivers},
        not_applicable=(NOT_APPLICABLE,),
        dont_know=(DONT_KNOW,),
        weight="weight",
        stratum="region" if spec.branches else None,
        psu="branch" if spec.branches else None,
        wave="quarter",
        segments=("channel", "region"),
        id="customer_id" if spec.panel else "visit_id",
        items=items,
    )
