"""What drives satisfaction, and how sure are we? Driver importance with honest uncertainty, from a survey file.

Names load on first use, so that `import drivers` costs next to nothing. `read`, `fit`, `importance`, `gap`, `change`,
`report` and `simulate` are folders that can be called; `drivers/_callable.py` says how and why.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drivers import errors as errors
    from drivers.cells.collapse import collapse as collapse
    from drivers.change.run import change as change
    from drivers.change.segments import segment_map as segment_map
    from drivers.fit.bayes.diagnose import diagnose as diagnose
    from drivers.fit.bayes.learnt import learnt as learnt
    from drivers.fit.bayes.moving import moving_slopes as moving_slopes
    from drivers.fit.bayes.pooled import pooled_slopes as pooled_slopes
    from drivers.fit.bayes.spreads import group_spreads as group_spreads
    from drivers.fit.bayes.steps import scale_steps as scale_steps
    from drivers.fit.run import fit as fit
    from drivers.fit.segments import slopes_by as slopes_by
    from drivers.gap.asymmetry import asymmetry as asymmetry
    from drivers.gap.compensation import compensation as compensation
    from drivers.gap.joint import joint_gap as joint_gap
    from drivers.gap.kano import kano as kano
    from drivers.gap.latent import latent_gap as latent_gap
    from drivers.gap.necessity import necessity as necessity
    from drivers.gap.run import gap as gap
    from drivers.gap.scores import gap_scores as gap_scores
    from drivers.gap.surface import surface as surface
    from drivers.gap.two_outcomes import two_outcomes as two_outcomes
    from drivers.importance.clones import clones as clones
    from drivers.importance.compare import compare as compare
    from drivers.importance.compute import importance as importance
    from drivers.importance.dominance import dominance as dominance
    from drivers.importance.measure_table import measures as measures
    from drivers.importance.probe import probe as probe
    from drivers.importance.sensitivity import sensitivity as sensitivity
    from drivers.read.source import read as read
    from drivers.report.run import report as report
    from drivers.scenario.action import floor as floor
    from drivers.scenario.action import halve as halve
    from drivers.scenario.action import lift as lift
    from drivers.scenario.action import match as match
    from drivers.scenario.action import move as move
    from drivers.scenario.action import scale as scale
    from drivers.scenario.action import shift as shift
    from drivers.scenario.assurance import first_assurance as first_assurance
    from drivers.scenario.compute import what_if as what_if
    from drivers.scenario.customer import Customer as Customer
    from drivers.scenario.customer import customer_of as customer_of
    from drivers.scenario.gap_if import gap_if as gap_if
    from drivers.scenario.option import option as option
    from drivers.scenario.plan import plan as plan
    from drivers.scenario.priority import priority_map as priority_map
    from drivers.scenario.sample_size import sample_size as sample_size
    from drivers.scenario.worth import worth_knowing as worth_knowing
    from drivers.simulate.survey import simulate as simulate
    from drivers.survey.schema import Item as Item
    from drivers.survey.schema import Survey as Survey
    from drivers.survey.scores import scores as scores
    from drivers.work.resumable import resumable as resumable

    __version__: str

_SUBMODULES = ("change", "errors", "fit", "gap", "importance", "read", "report", "simulate")
_HOMES = {
    "Customer": "drivers.scenario.customer",
    "Item": "drivers.survey.schema",
    "Survey": "drivers.survey.schema",
    "asymmetry": "drivers.gap.asymmetry",
    "clones": "drivers.importance.clones",
    "collapse": "drivers.cells.collapse",
    "compare": "drivers.importance.compare",
    "compensation": "drivers.gap.compensation",
    "customer_of": "drivers.scenario.customer",
    "diagnose": "drivers.fit.bayes.diagnose",
    "dominance": "drivers.importance.dominance",
    "first_assurance": "drivers.scenario.assurance",
    "floor": "drivers.scenario.action",
    "group_spreads": "drivers.fit.bayes.spreads",
    "halve": "drivers.scenario.action",
    "lift": "drivers.scenario.action",
    "match": "drivers.scenario.action",
    "gap_scores": "drivers.gap.scores",
    "joint_gap": "drivers.gap.joint",
    "kano": "drivers.gap.kano",
    "latent_gap": "drivers.gap.latent",
    "learnt": "drivers.fit.bayes.learnt",
    "measures": "drivers.importance.measure_table",
    "move": "drivers.scenario.action",
    "moving_slopes": "drivers.fit.bayes.moving",
    "necessity": "drivers.gap.necessity",
    "option": "drivers.scenario.option",
    "plan": "drivers.scenario.plan",
    "pooled_slopes": "drivers.fit.bayes.pooled",
    "priority_map": "drivers.scenario.priority",
    "probe": "drivers.importance.probe",
    "resumable": "drivers.work.resumable",
    "sample_size": "drivers.scenario.sample_size",
    "scale": "drivers.scenario.action",
    "scale_steps": "drivers.fit.bayes.steps",
    "scores": "drivers.survey.scores",
    "sensitivity": "drivers.importance.sensitivity",
    "segment_map": "drivers.change.segments",
    "shift": "drivers.scenario.action",
    "slopes_by": "drivers.fit.segments",
    "what_if": "drivers.scenario.compute",
    "gap_if": "drivers.scenario.gap_if",
    "worth_knowing": "drivers.scenario.worth",
    "surface": "drivers.gap.surface",
    "two_outcomes": "drivers.gap.two_outcomes",
}

__all__ = [  # noqa: RUF022 - in the order of use
    "Survey", "Item", "read", "scores", "collapse", "fit", "diagnose", "learnt", "pooled_slopes", "moving_slopes",
    "group_spreads", "scale_steps", "slopes_by", "segment_map", "importance", "measures", "compare", "dominance",
    "clones", "probe", "sensitivity", "gap", "gap_scores", "joint_gap", "two_outcomes", "surface", "latent_gap",
    "asymmetry", "necessity", "compensation", "kano", "what_if", "gap_if", "shift", "lift", "floor", "move",
    "match", "scale", "halve", "sample_size", "change", "report", "simulate", "resumable", "errors", "__version__",
    "priority_map", "option", "plan", "worth_knowing", "Customer", "customer_of", "first_assurance",
]  # fmt: skip


def __getattr__(name: str) -> object:
    if name in _SUBMODULES:
        return import_module(f"drivers.{name}")
    if name in _HOMES:
        value = getattr(import_module(_HOMES[name]), name)
    elif name == "__version__":
        from importlib.metadata import version

        value = version("drivers")
    else:
        raise AttributeError(f"module 'drivers' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
