"""Every error and warning of the package: each says what was found, where, and the cure.

One tree, so that a caller can catch `DriversError` and the command line can turn it into an exit code:
2 for input that must be mended (`InputError`), 3 for a fit that must not be trusted (`FitError`).
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


class DriversError(Exception):
    """Base of every error this package raises on purpose."""

    exit_code = 2


class InputError(DriversError):
    """What was asked or handed in cannot be used; the message says what to change."""


class SurveyError(InputError):
    """The survey definition contradicts itself or names something unknown."""


class DataError(InputError):
    """The data do not fit their definition; all findings are listed at once."""


class CollinearDriversError(InputError):
    """One driver is an exact mix of others, so no share of it is defined.

    Parameters
    ----------
    message : str
        What was found and the cure.
    positions : iterable of int
        Places of the drivers concerned, kept as ``.positions`` for a caller that knows their names.
    """

    def __init__(self, message: str, positions: Iterable[int] = ()) -> None:
        super().__init__(message)
        self.positions = tuple(int(position) for position in positions)


class TooFewAnswersError(InputError):
    """Fewer answers than the model has parameters, or than may be shown."""


class EmptyCategoryError(InputError):
    """A point of the outcome scale was never used, so its threshold is not defined."""


class MissingExtraError(InputError):
    """An optional library is needed; the message holds the install line."""


class FitError(DriversError):
    """The model ran, but its numbers must not be trusted."""

    exit_code = 3


class SeparationError(FitError):
    """Drivers predict the outcome perfectly somewhere, so slopes run off to infinity."""


class ConvergenceError(FitError):
    """The optimiser stopped before the answer was good enough to print."""


class ApproximationError(FitError):
    """A posterior too far from its approximation.

    Parameters
    ----------
    message : str
        What was found and the cure.
    pareto_k : float
        Shape of the tail of the importance weights, kept as ``.pareto_k``.
    """

    def __init__(self, message: str, pareto_k: float) -> None:
        super().__init__(message)
        self.pareto_k = pareto_k


class SamplingError(FitError):
    """Markov chains did not mix, so the draws they made are not those of the posterior."""


class DriversWarning(UserWarning):
    """Base of every warning this package gives."""


class DataWarning(DriversWarning):
    """Something in the data that does not stop the analysis, with its count."""


class OutsideFolderWarning(DriversWarning):
    """A definition names a file that lies outside its own folder; the file was read, and is named."""


class ThinLevelWarning(DataWarning):
    """An outcome category with very few answers; its threshold is poorly known."""


class SmallBaseWarning(DataWarning):
    """A group too small to be shown or modelled; it was left out and counted."""


class GlyphWarning(DriversWarning):
    """Letters of a label that no installed font can draw; they are counted and shown as empty squares."""


class CloneWarning(DriversWarning):
    """A driver that takes a large part of another's share while it explains next to nothing more."""


class ResampleWarning(DriversWarning):
    """Some bootstrap resamples could not be fitted; they are counted, not hidden."""


class KeepWarning(DriversWarning):
    """Finished work could not be kept on disk or read again: results are the same, an interruption costs more."""


def quoted(names: Iterable[object]) -> str:
    """Return `names` in backticks, separated by commas."""
    return ", ".join(f"`{name}`" for name in names)


def nearest(name: str, available: Iterable[object]) -> str:
    """Return a `name` in backticks, with "did you mean" and the nearest of those `available`, if one is near."""
    options = {str(option).casefold(): str(option) for option in available}
    near = get_close_matches(name.casefold(), list(options), n=1, cutoff=0.6)
    return f"`{name}` (did you mean `{options[near[0]]}`?)" if near else f"`{name}`"


def missing_columns(missing: Sequence[str], available: Sequence[str], where: str) -> DataError:
    """Return (do not raise) the error for `missing` columns; `where` they lack, others are `available`."""
    named = ", ".join(nearest(name, available) for name in missing[:30])
    named += f" and {len(missing) - 30:,} more" if len(missing) > 30 else ""
    return DataError(
        f"{len(missing)} column(s) not in {where}: {named}. "
        f"The data have: {quoted(available[:30])}{' ...' if len(available) > 30 else ''}. "
        "Correct the name in the definition, or rename the column in the file."
    )


def missing_extra(library: str, extra: str, purpose: str) -> MissingExtraError:
    """Return (do not raise) the error for an optional `library` of the `extra` that `purpose` needs."""
    return MissingExtraError(
        f"{purpose} needs `{library}`, which is not installed. Install it: uv sync --extra {extra}"
    )
