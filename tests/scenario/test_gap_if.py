"""The change in a latent gap: slopes times what moves, nothing where nothing moves, and a known truth."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

import drivers as dr
from drivers.errors import InputError
from drivers.fit.bayes.joint import draw_joint
from drivers.scenario.gap_if import gap_if
from drivers.survey.answers import Answers

ROUNDING = 1e-9
SLOPES, EXPECTED, LEVELS, CORRELATION = np.array([0.5, 0.2]), np.array([0.1, 0.0]), (0.3, 0.6), 0.4
CUTS = np.array([-1.2, -0.3, 0.6, 1.5])
DRAWS = 400


def visits(n: int = 3000) -> tuple[Answers, np.ndarray]:
    """Two ratings from 1 to 3 on a scale to 5, what was got and what was expected on the same thresholds."""
    rng = np.random.default_rng(4)
    x = rng.integers(1, 4, (n, 2)).astype(float)
    noise = rng.multivariate_normal([0, 0], [[1, CORRELATION], [CORRELATION, 1]], n)
    got = LEVELS[0] + (x - 2) @ SLOPES + noise[:, 0]
    hoped = LEVELS[1] + (x - 2) @ EXPECTED + noise[:, 1]
    frame = pd.DataFrame(x, columns=["speed", "value"]).assign(
        csat=1 + np.searchsorted(CUTS, got), expected=1 + np.searchsorted(CUTS, hoped),
        channel=rng.choice(["phone", "store"], n),
    )  # fmt: skip
    survey = {
        "drivers": ["speed", "value"], "outcomes": ["csat"], "scale": [1, 5], "segments": ["channel"],
        "expectations": {"csat": "expected"},
    }  # fmt: skip
    return dr.read(frame, dr.Survey.model_validate(survey)), x


@pytest.fixture(scope="module")
def answers() -> Answers:
    return visits()[0]


def drawn_by_hand(answers: Answers):
    from drivers.cells.collapse import collapse
    from drivers.fit.regression.sample import take_sample

    cells = collapse(answers, ("speed", "value", "csat", "expected"), by=("channel",))
    sample = take_sample(cells, np.ones(len(cells), dtype=bool))
    said = (sample.cells.values[:, -2:] - 1).astype(np.intp)
    return draw_joint(sample, said, (4, 4), common=True, draws=DRAWS, seed=7)


def test_a_move_everybody_can_make_is_the_slope_times_it_in_every_draw(answers: Answers) -> None:
    out = gap_if(answers, dr.shift("speed", 2.0), by="channel", draws=DRAWS, seed=7)
    slopes = drawn_by_hand(answers).slopes.reshape(DRAWS, 2, 2)
    np.testing.assert_allclose(out.change[:, 0, 0], 2 * slopes[:, 0, 0], atol=ROUNDING)
    (follows,) = out.others
    np.testing.assert_allclose(follows.change[:, 0, 0], 2 * (slopes[:, 0, 0] - slopes[:, 1, 0]), atol=ROUNDING)
    assert out.measures == ("gap", "below") and out.scenario == "alone" and follows.scenario == "expected"
    assert out.parts == ("all", "channel=phone", "channel=store") and (out.affected == 1).all()


def test_the_truth_is_within_what_is_told(answers: Answers) -> None:
    x = visits()[1]
    out = gap_if(answers, dr.shift("speed", 1.0), draws=DRAWS, seed=7)
    spread = np.sqrt(2 - 2 * CORRELATION)
    gap = LEVELS[0] - LEVELS[1] + (x - 2) @ (SLOPES - EXPECTED)
    below = norm.cdf(-gap / spread).mean()
    after = norm.cdf(-(gap + SLOPES[0]) / spread).mean()
    for found, true in (
        (out.before[:, 0, 0], gap.mean()), (out.before[:, 0, 1], below),
        (out.change[:, 0, 0], SLOPES[0]), (out.change[:, 0, 1], after - below),
    ):  # fmt: skip
        assert abs(found.mean() - true) < 3 * found.std()
        assert found.std() < 0.1
    total = out.before + out.change
    assert ((total[..., 1] >= 0) & (total[..., 1] <= 1)).all()


def test_nothing_moved_changes_nothing_and_it_says_what_stays(answers: Answers) -> None:
    out = gap_if(answers, dr.shift("speed", 0.0), draws=100)
    assert (out.change == 0).all() and (out.others[0].change == 0).all() and out.nothing
    assert "Expectations stay as they are" in out.summary()
    text = gap_if(answers, dr.shift("value", 1.0).where(channel="phone"), draws=100).summary()
    assert "latent gap" in text and "got less than expected, %" in text
    assert "The same with expectations following the drivers" in text


def test_what_has_no_gap_is_refused(answers: Answers) -> None:
    with pytest.raises(InputError, match="`speed` has no expectation; there are `csat`"):
        gap_if(answers, dr.shift("value", 1.0), item="speed")
    with pytest.raises(InputError, match=r"`vale` \(did you mean `value`\?\) is not a driver"):
        gap_if(answers, dr.shift("vale", 1.0))
    with pytest.raises(InputError, match="are not told for the gap"):
        gap_if(answers, dr.match("value", segment="channel"), draws=100)
    frame = pd.DataFrame({"a": [1, 2, 3, 4] * 9, "b": [2, 3, 4, 5] * 9, "e": [1, 2, 3, 5] * 9, "y": [1, 2, 4, 5] * 9})
    plain = dr.Survey(drivers=["a", "b"], outcomes=["y"], scale=(1, 5))
    with pytest.raises(InputError, match="declares no expectations"):
        gap_if(dr.read(frame, plain), dr.shift("a", 1.0))
    own = dr.Survey(drivers=["a", "b"], outcomes=["y"], scale=(1, 5), expectations={"a": "e"})
    with pytest.raises(InputError, match="moves `a` itself"):
        gap_if(dr.read(frame, own), dr.shift("a", 1.0), item="a")
    with pytest.raises(InputError, match="No outcome has an expectation of its own"):
        gap_if(dr.read(frame, own), dr.shift("b", 1.0))
