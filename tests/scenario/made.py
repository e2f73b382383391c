"""Surveys and fits made by hand, small enough to check a what-if with a few lines of numpy."""

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.special import ndtr

import drivers as dr
from drivers.fit.result import Draws


def answers_of(n=400, seed=1, *, weights=False, scale=(1, 5), outcome_scale=(1, 5), **settings):
    """Two correlated ratings, a channel, and an ordinal outcome of both."""
    rng = np.random.default_rng(seed)
    channel = rng.choice(["phone", "store", "web"], n, p=[0.3, 0.5, 0.2])
    latent = rng.standard_normal((n, 2)) @ np.array([[1.0, 0.5], [0.0, 0.85]]) - 0.5 * (channel == "phone")[:, None]
    ratings = np.digitize(latent, [-1.6, -0.9, -0.1, 0.8]) + 1
    eta = ratings @ np.array([0.5, 0.3])
    low, high = outcome_scale
    cuts = np.linspace(1.0, 3.6, high - low) + 0.4
    said = low + (rng.standard_normal(n)[:, None] + eta[:, None] > cuts).sum(axis=1)
    frame = pd.DataFrame({"speed": ratings[:, 0], "value": ratings[:, 1], "csat": said, "channel": channel})
    survey = {
        "drivers": ["speed", "value"], "outcomes": ["csat"], "scale": list(scale), "segments": ["channel"],
        "items": {"csat": {"scale": list(outcome_scale)}}, **settings,
    }  # fmt: skip
    if weights:
        frame["w"] = rng.gamma(4.0, 0.25, n)
        survey["weight"] = "w"
    return dr.read(frame, dr.Survey.model_validate(survey))


def with_draws(fit, slopes, cuts=None, intercept=None):
    """The same fit with draws (S, p), (S, q), (S,) given by hand; the first is the estimate."""
    slopes = np.atleast_2d(np.asarray(slopes, dtype=float))
    s, p = slopes.shape
    cuts = np.zeros((s, fit.draws.cuts.shape[-1])) if cuts is None else np.atleast_2d(cuts)
    intercept = np.zeros(s) if intercept is None else np.asarray(intercept, dtype=float)
    cov = np.broadcast_to(fit.point.x_cov[0, 0], (s, p, p)).copy()
    mean = np.broadcast_to(fit.point.x_mean[0, 0], (s, p)).copy()
    made = Draws(
        slopes=slopes[None], intercept=intercept[None], cuts=cuts[None], error_sd=np.ones((1, s)), x_mean=mean[None],
        x_cov=cov[None],
    )  # fmt: skip
    one = Draws(**{
        name: getattr(made, name)[:, :1] for name in ("slopes", "intercept", "cuts", "error_sd", "x_mean", "x_cov")
    })
    return replace(fit, draws=made, point=one)


def chances(eta, cuts):
    """Category chances (m, q + 1) of a cumulative probit."""
    below = ndtr(np.asarray(cuts) - np.asarray(eta)[:, None])
    return np.diff(below, axis=1, prepend=0.0, append=1.0)
