"""What few people, or few heavy ones, take from robust standard errors and from draws, given back to intervals."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.cells.collapse import Cells

MOST_LOST = 0.5
"""Fits that lose more of their variance than this are refused elsewhere, or past mending."""

MOST_WIDENED = 2.0
"""Draws vary by at most so much more: beyond, so few people carry the variance that no factor is right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallSample:
    """Factors of variances, 1 in large samples, and degrees of freedom.

    ``robust`` of a sandwich covariance with n / (n - 1); ``draws`` of bootstrap draws; ``df`` of the variance itself.
    """

    robust: float
    draws: float
    df: float


def small_sample(cells: Cells, coefficients: int) -> SmallSample:
    """Return what a fit of so many `coefficients`, the intercept among them, to `cells` loses, and the cure.

    Parameters
    ----------
    cells : Cells
        Of a sample without sampling units; counts and weights are used.
    coefficients : int
        Slopes and one intercept, k.

    Returns
    -------
    SmallSample
        For n people of one weight ``robust`` with its n / (n - 1) comes to n / (n - k), HC1; ``draws`` to its square.

    Notes
    -----
    Lines bend towards the answers they are fitted to, those of heavy people most, so that squared residuals are smaller
    than squared errors, by ``k (2 sum w^3 / (sum w sum w^2) - sum w^2 / (sum w)^2)`` where weights go with nothing. The
    variance itself rests on ``(sum w^2)^2 / sum w^4`` people, as a t quantile knows. Draws need more: people who bend
    the line do so less than in proportion when their weight is drawn anew. ``k sum w^4 / (sum w^2)^2`` given back is
    about the first two together, given back twice all three: measured, at 60 people and 8 drivers as at 400 with
    weights of a coefficient of variation of .8. Sums are over people, so that it does not matter which items make the
    cells. `benchmarks/interval_coverage.py` has how often intervals then hold the truth.

    References
    ----------
    .. [1] MacKinnon & White (1985). Journal of Econometrics 29(3), 305-325. doi:10.1016/0304-4076(85)90158-7
    .. [2] Bell & McCaffrey (2002). Survey Methodology 28(2), 169-181.
    """
    used = cells.sum_w > 0
    total, n = float(cells.sum_w[used].sum()), float(cells.n[used].sum())
    square = float(cells.sum_w2[used].sum())
    third, fourth = cells.powers[used].sum(axis=0).tolist()
    carrying = square**2 / fourth
    bent = coefficients * (2 * third / square - square / total) / total
    lost = coefficients / carrying
    return SmallSample(
        robust=(1 - 1 / n) / (1 - min(bent, MOST_LOST)),
        draws=min(1 / (1 - min(lost, MOST_LOST)) ** 2, MOST_WIDENED),
        df=max(carrying - coefficients, 1.0),
    )
