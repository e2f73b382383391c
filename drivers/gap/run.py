"""`gap`: everything a survey tells about its expectation gap, in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from drivers.defaults import LEVEL, SEED
from drivers.errors import InputError, quoted
from drivers.fit.result import Model
from drivers.gap.direct import direct_gap
from drivers.gap.joint import read_joint
from drivers.gap.joint_moments import joint_moments
from drivers.gap.pairs import pairs_of
from drivers.gap.result import Gap
from drivers.gap.scores import gap_scores
from drivers.gap.surface import surface
from drivers.gap.target import gap_target
from drivers.gap.two_outcomes import compare_with_difference, two_outcomes
from drivers.survey.answers import Answers

PARTS: Final = ("scores", "joint", "compare", "surface", "direct")
"""What `gap` can do, in the order of reading."""


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
        The wave or segments to score apart.
    parts : sequence of str, optional
        Some of "scores", "joint", "compare", "surface", "direct"; all that the survey has answers for by default.
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
        whatever `where` says.

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
    if not survey.direct and parts is None:
        wanted = tuple(part for part in wanted if part != "direct")
    names = tuple(survey.drivers if drivers is None else drivers)
    paired = [pair.item for pair in pairs_of(survey) if pair.item in names]
    scores = gap_scores(answers, by, level=level) if "scores" in wanted else None
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
        answers, None, names, engine=engine, draws=draws, seed=seed, level=level, where=where
    ) if "direct" in wanted else None
    return Gap(
        title=survey.title, scores=scores, joint=joint, compare=compare, surface=surfaces, direct=direct, level=level,
        provenance={"definition": survey.sha256, "data": answers.source.name, "sha256": answers.source.sha256,
                    "rows_read": answers.n_read, "seed": seed},
    )  # fmt: skip
