"""The fit behind `Weights`: MAP of a Bradley–Terry model with lapses, and its Laplace approximation.

    P(first preferred | d, w) = lapse + (1 − 2·lapse) · σ(w·d)          w ~ N(mean, precision⁻¹)

With lapse = 0 this is PReF's Eq. 6 (arXiv 2503.06358): L2-regularised logistic regression with a population
prior in place of N(0, I/λ). Knows arrays only: nothing of users, traits or versions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MAX_STEPS = 200
CONVERGED = 1e-18
"""Squared Newton decrement: the mode is then within about 1e-9 posterior standard deviations."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What each comparison contributes at its log-odds t = w·d."""

    loss: Array
    """(n,) negative log-likelihood."""
    slope: Array
    """(n,) first derivative of the loss by t."""
    curvature: Array
    """(n,) second derivative of the loss by t. Negative where lapse > 0 and the answer contradicts a clear t."""


@dataclass(frozen=True, slots=True)
class Laplace:
    """A Gaussian at the mode of the posterior."""

    mean: Array
    """(J,) the mode."""
    covariance: Array
    """(J, J)"""
    start: Array
    """(J,) the mode without lapses: where the next, slightly larger fit starts."""


def sigmoid(t: Array) -> Array:
    """Return 1 / (1 + exp(−t)) without overflow."""
    e = np.exp(-np.abs(t))
    return np.where(t >= 0, 1.0, e) / (1.0 + e)


def rows(t: Array, outcomes: Array, lapse: float) -> Rows:
    """Return loss, slope and curvature of each comparison; an outcome of 0.5 counts as half a win for each."""
    if lapse == 0.0:
        p = sigmoid(t)
        loss = np.maximum(t, 0.0) + np.log1p(np.exp(-np.abs(t))) - outcomes * t
        return Rows(loss, p - outcomes, p * (1.0 - p))
    s = sigmoid(t)
    p = lapse + (1.0 - 2.0 * lapse) * s
    q = 1.0 - p
    won, lost = outcomes / p, (1.0 - outcomes) / q
    dp = (1.0 - 2.0 * lapse) * s * (1.0 - s)
    loss = -outcomes * np.log(p) - (1.0 - outcomes) * np.log(q)
    curvature = dp * (dp * (won / p + lost / q) - (1.0 - 2.0 * s) * (won - lost))
    return Rows(loss, dp * (lost - won), curvature)


def fit_laplace(
    differences: Array, outcomes: Array, mean: Array, covariance: Array, lapse: float, start: Array | None = None
) -> Laplace:
    """Return the posterior of w after comparisons (n, J) with outcomes (n,) under the prior N(mean, covariance).

    With lapses the loss is not convex and may have several minima. The convex fit without lapses is therefore
    solved first, and the lapses' fit begins at its unique solution: `start` (J,) saves time and cannot change
    the answer, nor can the order of the comparisons. Raises ValueError when covariance is not positive definite.
    """
    precision = inverse(covariance)
    convex = _minimise(differences, outcomes, mean, precision, 0.0, mean if start is None else start)
    mode = _minimise(differences, outcomes, mean, precision, lapse, convex) if lapse > 0 else convex
    at_mode = rows(differences @ mode, outcomes, lapse)
    return Laplace(mode, inverse(_hessian(differences, at_mode, precision)), convex)


def inverse(matrix: Array) -> Array:
    """Return the inverse of a symmetric positive definite matrix, exactly symmetric; ValueError when it is not."""
    try:
        half = np.linalg.inv(np.linalg.cholesky(matrix))
    except np.linalg.LinAlgError:
        raise ValueError("the covariance is not positive definite") from None
    return np.asarray(half.T @ half)


def _minimise(
    differences: Array, outcomes: Array, mean: Array, precision: Array, lapse: float, start: Array
) -> Array:
    """Damped Newton: full steps where they lower the negative log posterior enough, halved ones elsewhere."""

    def evaluate(w: Array) -> tuple[float, Rows]:
        at = rows(differences @ w, outcomes, lapse)
        away = w - mean
        return float(at.loss.sum() + 0.5 * away @ precision @ away), at

    w = start
    value, at = evaluate(w)
    for _ in range(MAX_STEPS):
        gradient = differences.T @ at.slope + precision @ (w - mean)
        step = -np.linalg.solve(_hessian(differences, at, precision), gradient)
        decrement = float(-gradient @ step)
        rounding = 1e-14 * (1.0 + abs(value)) * len(step)
        size = 1.0
        trial, trial_at = evaluate(w + step)
        while not trial <= value - 1e-4 * size * decrement + rounding and size > 1e-12:
            size /= 2.0
            trial, trial_at = evaluate(w + size * step)
        w, value, at = w + size * step, trial, trial_at
        if decrement < CONVERGED or size <= 1e-12:
            break
    return w


def _hessian(differences: Array, at: Rows, precision: Array) -> Array:
    """Return the curvature of the negative log posterior, always positive definite.

    Where lapses make the exact one indefinite, comparisons with negative curvature count as uninformative.
    """
    exact = precision + differences.T @ (at.curvature[:, None] * differences)
    try:
        np.linalg.cholesky(exact)
    except np.linalg.LinAlgError:
        return np.asarray(precision + differences.T @ (np.maximum(at.curvature, 0.0)[:, None] * differences))
    return np.asarray(exact)
