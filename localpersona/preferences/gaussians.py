"""What the learning core needs to know about Gaussians. Covariances are symmetric and positive definite."""

from __future__ import annotations

from typing import Any

import numpy as np

from localpersona.preferences.arrays import Array

_NODES = np.linspace(-8.0, 8.0, 129)
_NODE_WEIGHTS = np.exp(-0.5 * _NODES**2) / np.exp(-0.5 * _NODES**2).sum()


def inverse(matrix: Array) -> Array:
    """Return the inverse, exactly symmetric. Raises ValueError unless the matrix is positive definite."""
    try:
        half = np.linalg.inv(np.linalg.cholesky(matrix))
    except np.linalg.LinAlgError:
        raise ValueError("the covariance is not positive definite") from None
    return np.asarray(half.T @ half)


def condition(
    mean: Array, covariance: Array, at: np.ndarray[Any, np.dtype[np.intp]], values: Array, variance: float
) -> tuple[Array, Array]:
    """Return mean and covariance of N(mean, covariance) given x[at] = values.

    The dimensions stay J: those at `at` get the small `variance` and become independent of the rest.
    """
    rest = np.setdiff1d(np.arange(len(mean)), at)
    gain = np.linalg.solve(covariance[np.ix_(at, at)], covariance[np.ix_(at, rest)]).T
    mean, given = mean.copy(), covariance.copy()
    mean[rest] += gain @ (values - mean[at])
    mean[at] = values
    given[np.ix_(rest, rest)] -= gain @ covariance[np.ix_(at, rest)]
    given[at, :] = given[:, at] = 0.0
    given[at, at] = variance
    return mean, given


def sigmoid(t: Array) -> Array:
    """Return 1 / (1 + exp(−t)) without overflow."""
    e = np.exp(-np.abs(t))
    return np.where(t >= 0, 1.0, e) / (1.0 + e)


def expected_sigmoid(mean: Array, deviation: Array) -> Array:
    """Return (m,) E[σ(t)] for t ~ N(mean (m,), deviation² (m,)).

    A trapezoid sum: within 1e-7 up to a standard deviation of 10, where the usual probit approximation errs
    by 0.016; within 0.005 even at 60.
    """
    total = np.zeros(len(mean))
    for node, weight in zip(_NODES, _NODE_WEIGHTS, strict=True):
        total += weight * sigmoid(mean + node * deviation)
    return total
