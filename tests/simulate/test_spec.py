"""The specification refuses what contradicts itself, and says the cure."""

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from drivers.errors import InputError
from drivers.simulate.people import people
from drivers.simulate.spec import STORE_DRIVERS, Drift, StoreVisits


def test_quarters_run_on_over_the_year():
    assert StoreVisits().quarters == ("2025-Q2", "2025-Q3", "2025-Q4", "2026-Q1", "2026-Q2", "2026-Q3")
    assert StoreVisits(waves=2, first_quarter=(2025, 4)).quarters == ("2025-Q4", "2026-Q1")


def test_a_specification_cannot_be_changed_in_place():
    with pytest.raises(FrozenInstanceError):
        StoreVisits().n = 3  # type: ignore[misc]


def test_drift_starts_at_its_wave_and_grows():
    drift = Drift(driver="service_speed", per_wave=-0.2, first=2)
    assert [drift.at(wave, 5) for wave in range(5)] == pytest.approx([0, 0, -0.2, -0.4, -0.6])


def test_drift_can_be_counted_from_the_last_wave():
    drift = Drift(driver="service_speed", per_wave=-0.2, first=-2)
    assert [drift.at(wave, 5) for wave in range(5)] == pytest.approx([0, 0, 0, -0.2, -0.4])
    assert drift.at(0, 1) == pytest.approx(-0.2)


@pytest.mark.parametrize(("change", "said"), [
    ({"n": 0}, "n >= 1 answers per wave and waves >= 1; got n=0, waves=6"),
    ({"waves": 0}, "got n=1500, waves=0"),
    ({"seed": -1}, "`seed` is a whole number from 0 on; got -1"),
    ({"drivers": ()}, "0 drivers"),
    ({"drivers": STORE_DRIVERS[:1] * 2}, "Two drivers share a name"),
    ({"channel_mix": (0.5, 0.5)}, "`channel_mix` needs one number per entry of `channels` (4), got 2"),
    ({"channel_mix": (0.5, 0.2, 0.2, 0.2)}, "`channel_mix` must be shares that add up to 1; they add up to 1.1"),
    ({"cuts": (0.0, -1.0, 1.0, 2.0)}, "`cuts` needs 4 cut points in rising order"),
    ({"recommend_cuts": (0.0, 1.0)}, "`recommend_cuts` needs 10 cut points"),
    ({"flat": 1.0}, "`flat` is a rate in [0, 1); got 1.0"),
    ({"blank": (0.1, -0.1, 0.1)}, "`blank[1]` is a rate"),
    ({"blank": (0.1, 0.9, 0.1)}, "`blank` times `blank_channel` must stay a rate"),
    ({"noise": 0.0}, "`noise` must be above 0"),
    ({"first_quarter": (2025, 5)}, "`first_quarter` is (year, quarter 1 to 4); got (2025, 5)"),
    ({"drift": (Drift(driver="service_sped", per_wave=1.0, first=0),)},
     "unknown driver: `service_sped` (did you mean `service_speed`?)"),
    ({"drift": (Drift(driver="value", channel="fon", per_wave=1.0, first=0),)}, "unknown channel: `fon`"),
    ({"drift": (Drift(driver="value", channel="phone", per_wave=1.0, first=0, moves="slope"),)},
     "A slope moves for everybody alike; leave channel='phone' out of the drift of `value`"),
    ({"drivers": (replace(STORE_DRIVERS[0], loading=1.0),), "drift": ()}, "Loadings of `product_quality`"),
    ({"drivers": (replace(STORE_DRIVERS[0], applies=(0.5,)),), "drift": ()}, "got lengths (4, 1, 4)"),
    ({"drivers": (replace(STORE_DRIVERS[0], dont_know=1.5),), "drift": ()}, "`dont_know` of `product_quality`"),
])
def test_a_contradiction_is_refused_with_its_cure(change, said):
    with pytest.raises(InputError) as caught:
        StoreVisits(**change)
    assert said in str(caught.value)


def test_weights_more_uneven_than_the_reach_allows_are_refused():
    with pytest.raises(InputError, match=r"`weight_cv=0.5` cannot be reached"):
        people(StoreVisits(channel_reach=(0.0,) * 4, region_reach=(0.0,) * 4))


@pytest.mark.parametrize("cv", [0.0, 0.3, 0.5, 0.9])
def test_population_weights_have_the_asked_unevenness_and_mean_one(cv):
    groups = people(StoreVisits(weight_cv=cv))
    assert groups.reach.sum() == pytest.approx(1.0, abs=1e-12)
    assert groups.mass.sum() == pytest.approx(1.0, abs=1e-12)
    assert groups.reach @ groups.weight == pytest.approx(1.0, abs=1e-12)
    assert (groups.reach @ groups.weight**2 - 1) ** 0.5 == pytest.approx(cv, abs=1e-7)


def test_slopes_step_and_drift_and_opinions_do_not_move_them():
    spec = StoreVisits(waves=4, drift=(
        Drift(driver="value", per_wave=0.2, first=-1, kind="step", moves="slope"),
        Drift(driver="communication", per_wave=0.1, first=1, moves="slope"),
        Drift(driver="service_speed", per_wave=-0.5, first=0),
    ))  # fmt: skip
    found = [dict(zip([d.name for d in spec.drivers], spec.slopes(wave), strict=True)) for wave in range(4)]
    assert [slopes["value"] for slopes in found] == pytest.approx([0.3, 0.3, 0.3, 0.5])
    assert [slopes["communication"] for slopes in found] == pytest.approx([0.13, 0.23, 0.33, 0.43])
    assert [slopes["service_speed"] for slopes in found] == [0.49] * 4
    plain = people(StoreVisits(waves=4, drift=spec.drift[2:]))
    np.testing.assert_array_equal(people(spec).shift, plain.shift)
