"""Every number R wrote down about importance is compared with ours, and none is left over.

Each case computes a tree of the published shape from fits; what is in the published file and in no tree fails.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

import drivers as dr
from drivers.importance.measure_table import measures
from drivers.stats.relative_weights import symmetric_root
from tests.golden.surveys import MOBI_DRIVERS, mobi

EXACT = 1e-8
"""R's numbers have 15 digits; both solve the same equations, likelihoods by Newton's method to its last step."""

OURS = {"lmg": "lmg", "last": "last", "first": "first", "betasq": "beta_squared", "pratt": "pratt",
        "genizi": "relative_weights", "car": "car"}  # fmt: skip
LOYALTY = [*MOBI_DRIVERS, "satisfaction", "complaints"]
NO_NUMBERS = ("tool", "versions", "note", "formula", "def", "names", "groups", "single", "always", "alwaysnam")
TIMES = ("user_s",)


def leaves(tree: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], float]]:
    """Yield every number of a tree with where it stands."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            if key not in (*NO_NUMBERS, *TIMES):
                yield from leaves(value, (*path, str(key)))
    elif isinstance(tree, (list, tuple)):
        for at, value in enumerate(tree):
            yield from leaves(value, (*path, str(at)))
    elif isinstance(tree, (int, float)) and not isinstance(tree, bool) and np.isfinite(tree):
        yield path, float(tree)


def compared(published: dict[str, Any], ours: dict[str, Any]) -> None:
    """Hold two trees against each other, number by number, neither with one the other lacks."""
    want, have = dict(leaves(published)), dict(leaves(ours))
    assert sorted(want) == sorted(have)
    away = {key: (have[key], want[key]) for key in want if abs(have[key] - want[key]) > EXACT * max(1, abs(want[key]))}
    assert not away


def by_driver(table: Any, kind: str) -> dict[str, dict[str, float]]:
    wide = table.table().set_index("measure")
    shares = {theirs: wide.loc[ours, list(table.drivers)].astype(float) for theirs, ours in OURS.items()}
    if kind == "rela":
        shares = {name: values / values.sum() for name, values in shares.items()}
    return {driver: {name: values[driver] for name, values in shares.items()} for driver in table.drivers}


def relaimpo(table: pd.DataFrame, outcome: str, names: list[str]) -> dict[str, Any]:
    rows = table[[outcome, *names]].dropna()
    fit = dr.fit(rows, outcome, names, draws=2)
    side = measures(fit)
    return {
        "n": fit.n, "r2": fit.r2, "r2_decomp": dr.importance(fit).estimate.sum(),
        "var_y": fit.point.joint_covariance()[0, 0, -1, -1] * fit.n / (fit.n - 1),
        "shares_raw": by_driver(side, "raw"), "shares_rela": by_driver(side, "rela"),
    }


def in_blocks(fit: Any, kinds: list[str], **asked: Any) -> dict[str, Any]:
    return {kind: dr.importance(fit, OURS[kind], **asked).estimate.tolist() for kind in kinds}


def test_every_number_of_relaimpo(shared, golden):
    published = golden("relaimpo_golden")
    attitude, airport = (pd.read_csv(shared / "data" / f"{n}.csv") for n in ("attitude", "sfo_airport_2017"))
    sources = {"attitude": (attitude, "rating"), "mobi": (mobi(shared), "satisfaction"),
               "mobi_loyalty": (mobi(shared), "loyalty"), "sfo2017_unweighted": (airport, "overall")}  # fmt: skip
    ours: dict[str, Any] = {
        name: relaimpo(*source, published[name]["names"]) for name, source in sources.items()
    }
    fit = dr.fit(mobi(shared), "satisfaction", MOBI_DRIVERS, draws=2)
    three = ["lmg", "last", "first"]
    sets = published["mobi_groups"]["groups"]
    ours["mobi_groups"] = {"r2": fit.r2} | {
        kind: dict(zip(sets, values, strict=True)) for kind, values in in_blocks(fit, three, groups=sets).items()
    }
    grouped = dr.fit(attitude, "rating", [name for name in attitude if name != "rating"], draws=2)
    ours["attitude_groups"] = {"r2": grouped.r2} | in_blocks(
        grouped, three, groups=published["attitude_groups"]["groups"]
    )
    beyond = dr.importance(fit, always=["expectation"])
    ours["mobi_always_expectation"] = {"r2": fit.r2, "r2_decomp": beyond.estimate.sum()} | in_blocks(
        fit, [*three, "betasq", "pratt"], always=["expectation"]
    )
    compared(published, ours)


def weights(table: pd.DataFrame, outcome: str, names: list[str]) -> dict[str, Any]:
    fit = dr.fit(table, outcome, names, draws=2)
    raw = dr.importance(fit, "relative_weights").estimate
    percent = 100 * raw / raw.sum()
    cov = fit.point.joint_covariance()[0, 0]
    sd = np.sqrt(np.diag(cov))
    corr = cov / sd[:, None] / sd
    signs = np.sign(np.linalg.solve(symmetric_root(corr[:-1, :-1]), corr[:-1, -1]))  # of rwa's slopes on its components
    columns = {"raw": raw, "rescaled_pct": percent, "signed_pct": signs * percent}
    return {"n": fit.n, "r2": fit.r2} | {kind: dict(zip(names, v, strict=True)) for kind, v in columns.items()}


def domir(fit: Any, index: str) -> dict[str, Any]:
    found, names = dr.dominance(fit, index=index, draws=0), fit.spec.drivers
    general = found.found.general
    ranks = (-general).argsort().argsort() + 1
    won = found.matrix("won")
    return {
        "value": found.whole, "general": dict(zip(names, general, strict=True)),
        "standardized": dict(zip(names, general / general.sum(), strict=True)),
        "ranks": dict(zip(names, map(int, ranks), strict=True)),
        "conditional": {
            name: {f"include_at_{size + 1}": gain for size, gain in enumerate(gains)}
            for name, gains in zip(names, found.found.conditional, strict=True)
        },
        "complete": {f"{a}_>": {f">_{b}": float(won.loc[a, b]) for b in names} for a in names},
    }


def test_every_number_of_rwa_and_domir(shared, golden):
    published = golden("rwa_dominance_golden")
    attitude = pd.read_csv(shared / "data" / "attitude.csv")
    names = [name for name in attitude if name != "rating"]
    answers = mobi(shared)
    answers["top"] = (answers["satisfaction"] > 8.5).astype(int)
    answers["y10"] = pd.read_csv(shared / "data" / "mobi.csv")["CUSA1"].to_numpy()
    fit = dr.fit(answers, "satisfaction", MOBI_DRIVERS, draws=2)
    binary = dr.Survey(drivers=tuple(MOBI_DRIVERS), outcomes=("top",), items={"top": {"scale": (0, 1)}})
    ours: dict[str, Any] = {
        "rwa_mobi": weights(answers, "satisfaction", MOBI_DRIVERS),
        "rwa_attitude": weights(attitude, "rating", names),
        "domir_lm_mobi": domir(fit, "r2"), "domir_lm_attitude": domir(dr.fit(attitude, "rating", names, draws=2), "r2"),
        "mobi_top_def": {"n1": int(answers["top"].sum())},
        "domir_mcfadden_logit_mobi": domir(dr.fit(dr.read(answers, binary), model="logit", draws=2), "mcfadden"),
        "domir_mcfadden_ordlogit_mobi_cusa1": domir(
            dr.fit(answers, "y10", MOBI_DRIVERS, model="ordinal", link="logit", draws=2), "mcfadden"
        ),
    }
    sets = {"set1": ["image", "expectation"], "set2": ["quality", "value"]}
    for case, asked in (("domir_sets_mobi", {"groups": sets}), ("domir_all_mobi", {"always": ["expectation"]})):
        found = dr.dominance(fit, draws=0, **asked)
        general = dict(zip(found.drivers, found.found.general, strict=True))
        ours[case] = {"value": found.whole, "general": general}
    compared(published, ours)


@pytest.mark.parametrize("case", ["mobi", "mobi_raw", "mobi_b5000", "attitude"])
def test_every_estimate_that_relaimpo_resampled(shared, golden, case):
    published = golden("relaimpo_boot_golden")[case]
    table, outcome = (pd.read_csv(shared / "data" / "attitude.csv"), "rating") if case == "attitude" else (
        mobi(shared), "satisfaction")  # fmt: skip
    side = by_driver(measures(dr.fit(table, outcome, published["names"], draws=2)), "rela" if published["rela"] else "")
    for theirs, ends in published["ci"].items():
        ours = [side[name][theirs] for name in published["names"]]
        np.testing.assert_allclose(ours, ends["est"], atol=EXACT, rtol=0, err_msg=theirs)
