"""`gap`: everything a survey tells about its expectation gap, in one call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from drivers.defaults import LEVEL, SEED
from drivers.errors import DriversError, InputError, quoted
from drivers.fit.result import Model
from drivers.gap.asymmetry import asymmetry
from drivers.gap.compensation import compensation
from drivers.gap.direct import direct_gap
from drivers.gap.joint import read_joint
from drivers.gap.joint_moments import joint_moments
from drivers.gap.kano import kano
from drivers.gap.latent import latent_gap
from drivers.gap.necessity import necessity
from drivers.gap.pairs import pairs_of, without_thin_pairs
from drivers.gap.result import Gap
from drivers.gap.scores import gap_scores
from drivers.gap.surface import surface
from drivers.gap.target import gap_target
from drivers.gap.two_outcomes import compare_with_difference, two_outcomes
from drivers.survey.answers import Answers

PARTS: Final = (
    "scores", "joint", "compare", "surface", "direct", "latent", "asymmetry", "necessity", "compensation", "kano"
)
"""What `gap` can do, in the order of reading."""

BESIDE: Final = PARTS[5:]
"""Parts that not every survey can carry: unless asked for by name, a refusal is noted and the rest goes on."""


def gap(
    answers: Answers, outcome: str | None = None, drivers: Sequence[str] | None = None, *, by: str | Sequence[str] = (),
    parts: Sequence[str] | None = None, model: Model = "linear", engine: str = "regression", draws: int | None = None,
    seed: int = SEED, level: float = LEVEL, where: Mapping[str, object] | None = None,
) -> Gap:
    """Tell what people got against what they expected, and which drivers the difference goes with.

    Parameters
    ----------
    answers : Answers
        Checked answers of a survey that declares expectations.
    outcome : str, optional
        Satisfaction; the first outcome that is not the direct item by default.
    drivers : sequence of str, optional
        Columns that explain; all drivers by default.
    by : str or sequence of str
        The wave or segments to score apart: pairs by all of them at once, the direct item by one after the other.
    parts : sequence of str, optional
        Some of `PARTS`; all that the survey has answers for by default, of which "latent" only with
        ``engine="bayes"``.
    model : {"linear", "ordinal"}
        Of response surfaces: scale points, or the latent scale of a cumulative probit.
    engine : {"regression", "bayes"}
        Where draws come from.
    draws : int, optional
        1,000 bootstrap draws, or 4,000 from the posterior, by default.
    seed : int
        Seed of all draws.
    level : float
        Level of intervals, between 0 and 1.
    where : mapping, optional
        Only respondents with this wave or segment.

    Returns
    -------
    Gap
        Results to read apart; each has `tidy()`, `summary()`, `plot()` and `to_dict()`. The scores are of everybody,
        whatever `where` says. Pairs that too few people answered are scored, but left out of the models; ``left_out``
        names them.

    Raises
    ------
    InputError
        If the survey declares no expectations, a pair cannot be compared, or the answers cannot carry a model.
    """
    if not isinstance(answers, Answers):
        raise InputError(
            f"The gap is read off checked answers, not {type(answers).__name__}: dr.gap(dr.read(file, survey))."
        )
    wanted = PARTS if parts is None else tuple(parts)
    if unknown := [part for part in wanted if part not in PARTS]:
        raise InputError(f"{quoted(unknown)} is no part of the gap; choose among {quoted(PARTS)}.")
    survey = answers.survey
    if parts is None:
        lacking = {"direct": not survey.direct, "kano": not survey.kano, "latent": engine != "bayes",
                   "compensation": len(survey.drivers if drivers is None else drivers) < 2}  # fmt: skip
        wanted = tuple(part for part in wanted if not lacking.get(part))
    names = tuple(survey.drivers if drivers is None else drivers)
    whole = answers
    answers, left_out = without_thin_pairs(whole, where)
    survey = answers.survey
    paired = [pair.item for pair in pairs_of(survey, [name for name in names if name in survey.expectations])]
    scores = gap_scores(whole, by, level=level) if "scores" in wanted else None
    joint = compare = None
    if "joint" in wanted or ("compare" in wanted and not survey.direct):
        target = gap_target(survey, outcome)
        moments = joint_moments(
            answers, names, (target.perceived, target.expected), engine=engine, draws=draws, seed=seed, level=level,
            where=where,
        )  # fmt: skip
        joint = read_joint(moments, target) if "joint" in wanted else None
        compare = compare_with_difference(moments, target) if "compare" in wanted else None
    if "compare" in wanted and survey.direct:
        compare = two_outcomes(
            answers, outcome, names, engine=engine, draws=draws, seed=seed, level=level, where=where
        )
    surfaces = surface(
        answers, outcome, paired, model=model, engine=engine, draws=draws, seed=seed, level=level, where=where
    ) if "surface" in wanted and paired else None
    direct = direct_gap(
        answers, None, names, engine=engine, draws=draws, seed=seed, level=level, where=where, by=by
    ) if "direct" in wanted else None
    shared = {"seed": seed, "level": level, "where": where}
    beside, refused = _beside(answers, outcome, names, paired, wanted, engine, shared, strict=parts is not None,
                               named=drivers is not None)  # fmt: skip
    return Gap(
        **beside, refused=refused, title=survey.title, scores=scores, joint=joint, compare=compare, surface=surfaces,
        direct=direct, level=level, left_out=left_out,
        provenance={"definition": survey.sha256, "data": answers.source.name, "sha256": answers.source.sha256,
                    "rows_read": answers.n_read, "seed": seed},
    )  # fmt: skip


def _beside(
    answers: Answers, outcome: str | None, names: tuple[str, ...], paired: list[str], wanted: Sequence[str],
    engine: str, shared: dict[str, Any], *, strict: bool, named: bool,
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the parts that not every survey can carry, and why some of them are not there."""
    level, seed, where = shared["level"], shared["seed"], shared["where"]
    asked = [*paired, *(name for name in answers.survey.outcomes if name in answers.survey.expectations)]
    rated = [name for name in names if isinstance(answers.survey.item(name).scale, tuple)]
    make: dict[str, Callable[[], object]] = {
        "latent": lambda: latent_gap(answers, asked, seed=seed, level=level, where=where),
        "asymmetry": lambda: asymmetry(answers, outcome, rated if named else None, engine=engine, **shared),
        "necessity": lambda: necessity(answers, outcome, names, seed=seed, where=where),
        "compensation": lambda: compensation(answers, outcome, rated, **shared),
        "kano": lambda: kano(answers, level=level, seed=seed),
    }
    found: dict[str, Any] = {}
    refused: dict[str, str] = {}
    for part in (part for part in BESIDE if part in wanted):
        try:
            found[part] = make[part]()
        except DriversError as why:
            if strict:
                raise
            refused[part] = str(why)
    return found, refused
