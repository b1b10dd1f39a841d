"""Users whose weights are known, and an objective written out plainly, to hold the learning core against."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, xlogy

from localpersona.preferences import Weights

Array = NDArray[np.float64]


def trait_names(size: int) -> list[str]:
    return [f"trait {j}" for j in range(size)]


def standard_prior(size: int, scale: float = 1.0, lapse: float = 0.03) -> Weights:
    return Weights.gaussian(np.zeros(size), scale**2 * np.eye(size), trait_names(size), "v1", lapse)


def probability(differences: Array, weights: Array, lapse: float = 0.03) -> Array:
    return lapse + (1 - 2 * lapse) * expit(differences @ weights)


def answers(rng: np.random.Generator, differences: Array, weights: Array, lapse: float = 0.03) -> Array:
    return (rng.random(len(differences)) < probability(differences, weights, lapse)).astype(float)


def negative_log_posterior(weights: ArrayLike, differences: Array, outcomes: Array, prior: Weights) -> float:
    w = np.asarray(weights)
    first, second = (probability(d, w, prior.lapse) for d in (differences, -differences))
    away = w - prior.mean
    likelihood = np.sum(xlogy(outcomes, first) + xlogy(1 - outcomes, second))
    return float(0.5 * away @ np.linalg.inv(prior.covariance) @ away - likelihood)
