"""What a simulated survey is made of: one frozen specification, no data, nothing learnt."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from drivers.defaults import SEED
from drivers.errors import InputError, nearest

POINTS = 5
"""Points of every rating scale of the simulated survey, coded 1..5."""

CENTRE = 4.0
"""Rating at which a driver adds nothing to the latent outcome; keeps cut points where they are when slopes change."""

MAX_DRIVERS = 6
"""The truth lists all 5^p answer patterns; more drivers than this would not fit in memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedDriver:
    """One driver and the expectation of it.

    ``slope`` latent outcome units per rating point; ``loading`` correlation of the latent opinion with the factor all
    drivers share; ``cuts`` (4,) cut points on the standard-normal latent opinion, also used by the expectation;
    ``expected`` (latent mean) and ``expected_loading`` describe the expectation; ``channel_shift`` and
    ``region_shift`` move the latent opinion per channel and region; ``applies`` is P(the question applies) per channel.
    """

    name: str
    label: str
    slope: float
    loading: float
    cuts: tuple[float, ...]
    expected: float
    expected_loading: float
    channel_shift: tuple[float, ...]
    region_shift: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0)
    applies: tuple[float, ...] = (1.0, 1.0, 1.0, 1.0)
    dont_know: float = 0.01

    @property
    def expectation(self) -> str:
        """Column that holds the expectation."""
        return f"expected_{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """A latent opinion, or a slope, that moves by ``per_wave`` each wave from wave ``first`` on.

    ``moves`` "opinion": what people think of the driver, in latent standard deviations; "slope": how much a rating
    counts for the outcomes, in latent outcome units per rating point, for everybody alike. ``first`` counts from 0;
    below 0 it counts back from the last wave, so -3 means the last three waves. ``channel=None`` means all channels.
    ``kind`` "step" moves by ``per_wave`` once, at ``first``, and stays; "season" swings between plus and minus
    ``per_wave`` over four waves, with its top in wave ``first``.
    """

    driver: str
    per_wave: float
    first: int
    channel: str | None = None
    kind: Literal["drift", "step", "season"] = "drift"
    moves: Literal["opinion", "slope"] = "opinion"

    def start(self, waves: int) -> int:
        """Return the first wave that moves, counted from 0, in a survey of so many waves.

        Parameters
        ----------
        waves : int
            Waves of the survey.

        Returns
        -------
        int
            The first wave that moves; may lie beyond the last.
        """
        return self.first if self.first >= 0 else max(0, waves + self.first)

    def at(self, wave: int, waves: int) -> float:
        """Return how far the opinion or the slope has moved in a wave.

        Parameters
        ----------
        wave : int
            The wave, from 0.
        waves : int
            Waves of the survey.

        Returns
        -------
        float
            Latent standard deviations, or latent outcome units per rating point of a slope; 0 before the start, but
            for a season, which has none.
        """
        after = wave - self.start(waves)
        match self.kind:
            case "season":
                return self.per_wave * (1.0, 0.0, -1.0, 0.0)[after % 4]
            case "step":
                return self.per_wave * (after >= 0)
            case _:
                return self.per_wave * max(0, after + 1)


STORE_DRIVERS = (
    SimulatedDriver(
        name="product_quality", label="Product quality", slope=0.48, loading=0.70, cuts=(-1.95, -1.42, -0.70, 0.38),
        expected=0.15, expected_loading=0.60, channel_shift=(0.10, -0.05, 0.00, -0.05), dont_know=0.005,
    ),
    SimulatedDriver(
        name="service_speed", label="Speed of service", slope=0.49, loading=0.68, cuts=(-1.75, -1.18, -0.42, 0.58),
        expected=0.45, expected_loading=0.60, channel_shift=(0.10, -0.20, 0.15, -0.25), dont_know=0.01,
    ),
    SimulatedDriver(
        name="value", label="Value for money", slope=0.30, loading=0.70, cuts=(-1.70, -1.05, -0.25, 0.80),
        expected=0.10, expected_loading=0.60, channel_shift=(0.05, 0.00, 0.00, -0.05),
        region_shift=(0.00, 0.05, -0.15, 0.00), dont_know=0.035,
    ),
    SimulatedDriver(
        name="communication", label="Communication", slope=0.13, loading=0.66, cuts=(-1.60, -1.05, -0.35, 0.60),
        expected=0.20, expected_loading=0.60, channel_shift=(0.05, 0.05, 0.10, -0.20),
        applies=(0.40, 0.96, 0.97, 0.94), dont_know=0.02,
    ),
)
"""The four drivers of the bundled survey."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreVisits:
    """A shop's visit survey: who comes, what they think, whom we reach, what they leave out.

    Size: ``n`` answers expected per wave, ``waves`` quarters from ``first_quarter`` (year, quarter), ``seed``.

    People: ``channel_mix`` moves linearly to ``channel_mix_end`` over the waves, or at once in wave ``mix_first``
    (counted as in `Drift`) where that is given. A part ``panel`` of a wave's people answers in the next, too, as far as
    its channel and region have so many; what they think has the correlation ``memory`` from wave to wave. Sampling
    rates rise with ``channel_reach`` and ``region_reach`` (log scale, relative) until the weights that undo them have
    the coefficient of variation ``weight_cv``; 0 gives everybody the weight 1.

    Opinion: ``drivers``; ``drift``; ``expected_halo``, the correlation of the expectations' factor with the drivers'
    factor; ``flat``, the share that gives one answer to the whole grid, spread by ``flat_shares`` over 1..5.

    Outcome: ``link``; ``noise``, the latent residual standard deviation (the knob for R2); ``cuts`` (4,) and
    ``recommend_cuts`` (10,) on the latent outcome, which is 0 where all ratings are 4; ``recommend_noise``, further
    noise of the likelihood to recommend; ``neutral``, the rating that stands in where a driver does not apply.
    ``link="linear"`` writes satisfaction uncut.

    Minutes: ``wait_median`` per channel; ``wait_slope``, log minutes per latent standard deviation of service speed;
    ``wait_noise``, standard deviation of log minutes.

    Missing: ``blank``, rates for outcomes, ratings and expectations, times ``blank_channel``; ``blank_slope``, log odds
    of a blank in the grid per point of satisfaction; ``break_off``, the share that stops somewhere in the grid.

    Design: ``branches`` per region, sampled as clusters (0: none); ``icc`` of the shared factor within branches.
    """

    n: int = 1500
    waves: int = 6
    first_quarter: tuple[int, int] = (2025, 2)
    seed: int = SEED
    drivers: tuple[SimulatedDriver, ...] = STORE_DRIVERS
    drift: tuple[Drift, ...] = (Drift(driver="service_speed", channel="phone", per_wave=-0.18, first=-3),)
    channels: tuple[str, ...] = ("store", "phone", "chat", "email")
    channel_mix: tuple[float, ...] = (0.50, 0.22, 0.12, 0.16)
    channel_mix_end: tuple[float, ...] = (0.47, 0.20, 0.19, 0.14)
    regions: tuple[str, ...] = ("north", "south", "east", "west")
    mix_first: int | None = None
    panel: float = 0.0
    memory: float = 0.6
    region_mix: tuple[float, ...] = (0.22, 0.30, 0.18, 0.30)
    weight_cv: float = 0.50
    channel_reach: tuple[float, ...] = (-1.0, 0.2, 0.8, 1.0)
    region_reach: tuple[float, ...] = (0.3, -0.2, 0.5, -0.3)
    expected_halo: float = 0.30
    flat: float = 0.02
    flat_shares: tuple[float, ...] = (0.02, 0.03, 0.20, 0.45, 0.30)
    link: Literal["probit", "linear"] = "probit"
    noise: float = 1.0
    cuts: tuple[float, ...] = (-2.80, -2.05, -1.10, 0.38)
    recommend_cuts: tuple[float, ...] = (-4.00, -3.65, -3.30, -2.90, -2.55, -1.98, -1.47, -0.66, 0.36, 1.29)
    recommend_noise: float = 1.10
    neutral: float = 3.7
    wait_median: tuple[float, ...] = (6.0, 8.0, 4.0, 22.0)
    wait_slope: float = 0.45
    wait_noise: float = 0.60
    blank: tuple[float, float, float] = (0.008, 0.020, 0.030)
    blank_channel: tuple[float, ...] = (1.2, 0.8, 1.0, 0.9)
    blank_slope: float = 0.0
    break_off: float = 0.02
    branches: int = 0
    icc: float = 0.05

    def __post_init__(self) -> None:
        _check_sizes(self)
        _check_rates(self)
        _check_drivers(self)

    @property
    def quarters(self) -> tuple[str, ...]:
        """Names of the waves, oldest first, such as ``2025-Q2``."""
        year, quarter = self.first_quarter
        steps = (year * 4 + quarter - 1 + step for step in range(self.waves))
        return tuple(f"{step // 4}-Q{step % 4 + 1}" for step in steps)

    def slopes(self, wave: int) -> tuple[float, ...]:
        """Return the slope of every driver in a wave.

        Parameters
        ----------
        wave : int
            The wave, from 0.

        Returns
        -------
        tuple of float
            Latent outcome units per rating point, in the order of the drivers.
        """
        moved = {driver.name: driver.slope for driver in self.drivers}
        for drift in self.drift:
            if drift.moves == "slope":
                moved[drift.driver] += drift.at(wave, self.waves)
        return tuple(moved.values())

    @property
    def outcomes(self) -> tuple[str, str]:
        """The two outcome columns."""
        return ("satisfaction", "recommend")


def _check_sizes(spec: StoreVisits) -> None:
    """Refuse numbers of people, waves, drivers and groups that make no survey."""
    if spec.n < 1 or spec.waves < 1:
        raise InputError(f"A survey needs n >= 1 answers per wave and waves >= 1; got n={spec.n}, waves={spec.waves}.")
    if not 1 <= len(spec.drivers) <= MAX_DRIVERS:
        raise InputError(f"{len(spec.drivers)} drivers: the truth is integrated over 1 to {MAX_DRIVERS} drivers.")
    if spec.seed < 0:
        raise InputError(f"`seed` is a whole number from 0 on; got {spec.seed}.")
    if spec.first_quarter[1] not in range(1, 5):
        raise InputError(f"`first_quarter` is (year, quarter 1 to 4); got {spec.first_quarter}.")
    groups = {"channels": len(spec.channels), "regions": len(spec.regions)}
    for field, want in (
        ("channel_mix", "channels"), ("channel_mix_end", "channels"), ("channel_reach", "channels"),
        ("wait_median", "channels"), ("blank_channel", "channels"), ("region_mix", "regions"),
        ("region_reach", "regions"),
    ):
        if len(getattr(spec, field)) != groups[want]:
            raise InputError(f"`{field}` needs one number per entry of `{want}` ({groups[want]}), "
                             f"got {len(getattr(spec, field))}.")
    for field, length in (("cuts", POINTS - 1), ("recommend_cuts", 10)):
        _check_rising(field, getattr(spec, field), length)


def _check_rates(spec: StoreVisits) -> None:
    """Refuse shares that do not add up and rates outside their range."""
    for field in ("channel_mix", "channel_mix_end", "region_mix", "flat_shares"):
        shares = getattr(spec, field)
        if min(shares) < 0 or abs(sum(shares) - 1) > 1e-9:
            raise InputError(f"`{field}` must be shares that add up to 1; they add up to {sum(shares):.6g}.")
    for field, rate in (("flat", spec.flat), ("break_off", spec.break_off), ("icc", spec.icc), ("panel", spec.panel),
                        ("memory", spec.memory),
                        *((f"blank[{i}]", rate) for i, rate in enumerate(spec.blank))):
        if not 0 <= rate < 1:
            raise InputError(f"`{field}` is a rate in [0, 1); got {rate}.")
    if max(spec.blank) * max(spec.blank_channel) >= 1 or min(spec.blank_channel) < 0:
        raise InputError("`blank` times `blank_channel` must stay a rate in [0, 1).")
    if spec.noise <= 0 or spec.recommend_noise < 0 or spec.wait_noise < 0:
        raise InputError("`noise` must be above 0, `recommend_noise` and `wait_noise` must not be negative.")


def _check_drivers(spec: StoreVisits) -> None:
    """Refuse drivers that contradict the groups, and drifts of what is not there."""
    names = [driver.name for driver in spec.drivers]
    if len(set(names)) != len(names):
        raise InputError(f"Two drivers share a name: {names}. Rename one.")
    for driver in spec.drivers:
        _check_rising(f"{driver.name}.cuts", driver.cuts, POINTS - 1)
        if not -1 < driver.loading < 1 or not -1 < driver.expected_loading < 1:
            raise InputError(f"Loadings of `{driver.name}` are correlations: keep them between -1 and 1.")
        for field, rates in (("applies", driver.applies), ("dont_know", (driver.dont_know,))):
            if not all(0 <= rate <= 1 for rate in rates):
                raise InputError(f"`{field}` of `{driver.name}` holds rates from 0 to 1; got {rates}.")
        lengths = (len(driver.channel_shift), len(driver.applies), len(driver.region_shift))
        if lengths != (len(spec.channels), len(spec.channels), len(spec.regions)):
            raise InputError(f"`{driver.name}` needs channel_shift and applies per channel ({len(spec.channels)}) and "
                             f"region_shift per region ({len(spec.regions)}); got lengths {lengths}.")
    for drift in spec.drift:
        if drift.moves == "slope" and drift.channel is not None:
            raise InputError(f"A slope moves for everybody alike; leave channel={drift.channel!r} out of the drift of "
                             f"`{drift.driver}`.")
        for word, given, known in (("driver", drift.driver, names), ("channel", drift.channel, spec.channels)):
            if given is not None and given not in known:
                raise InputError(f"Drift of an unknown {word}: {nearest(given, known)}. Known: {', '.join(known)}.")


def _check_rising(field: str, cuts: tuple[float, ...], length: int) -> None:
    """Refuse cut points that are too few or do not rise."""
    if len(cuts) != length or any(a >= b for a, b in pairwise(cuts)):
        raise InputError(f"`{field}` needs {length} cut points in rising order; got {cuts}.")
