"""The fit behind `Weights`: MAP of a Bradley–Terry model with lapses, and its Laplace approximation.

    P(first preferred | d, w) = lapse + (1 − 2·lapse) · σ(w·d)          w ~ N(mean, covariance)

With lapse = 0 this is PReF's Eq. 6 (arXiv 2503.06358): L2-regularised logistic regression, with a population
prior in place of N(0, I/λ). Knows arrays only: nothing of users, traits or versions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from localpersona.preferences.arrays import Array
from localpersona.preferences.gaussians import inverse, sigmoid

MAX_STEPS = 1000
CONVERGED = 1e-8
"""Squared length of a Newton step, in posterior standard deviations, that is the last one taken. What is left then
is about its square: rounding."""
SMALLEST_SIZE = 1e-12
"""Of a damped step; below it the loss cannot be lowered within rounding."""


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """n comparisons and how they are read."""

    differences: Array
    """(n, J)."""
    outcomes: Array
    """(n,) in [0, 1]; 0.5 is half a win for either."""
    importance: Array
    """(n,) at least 0: how often each comparison counts. 1 is once."""
    lapse: float


@dataclass(frozen=True, slots=True)
class Terms:
    """What each comparison adds to the loss, as a function of its log-odds t = w·d."""

    loss: Array
    """(n,) negative log-likelihood."""
    slope: Array
    """(n,) first derivative of the loss by t."""
    curvature: Array
    """(n,) second derivative of the loss by t; negative where an answer looks like a lapse."""


@dataclass(frozen=True, slots=True)
class Laplace:
    """A Gaussian at the mode of the posterior."""

    mean: Array
    """(J,) the mode."""
    covariance: Array
    """(J, J) inverse of the negative log posterior's curvature at the mode."""
    start: Array
    """(J,) the mode without lapses: where a similar fit should start."""
    log_evidence: float
    """Logarithm of the comparisons' marginal likelihood, by Laplace's method."""


def terms(t: Array, outcomes: Array, lapse: float) -> Terms:
    """Return loss, slope and curvature at log-odds t (…, n) for outcomes (n,)."""
    s = sigmoid(t)
    if lapse == 0.0:  # the general formulas below would divide 0 by 0 where σ underflows
        loss = np.maximum(t, 0.0) + np.log1p(np.exp(-np.abs(t))) - outcomes * t
        return Terms(loss, s - outcomes, s * (1.0 - s))
    p = lapse + (1.0 - 2.0 * lapse) * s
    q = 1.0 - p
    won, lost = outcomes / p, (1.0 - outcomes) / q
    dp = (1.0 - 2.0 * lapse) * s * (1.0 - s)
    loss = -outcomes * np.log(p) - (1.0 - outcomes) * np.log(q)
    curvature = dp * (dp * (won / p + lost / q) - (1.0 - 2.0 * s) * (won - lost))
    return Terms(loss, dp * (lost - won), curvature)


def fit_laplace(evidence: Evidence, mean: Array, covariance: Array, start: Array | None = None) -> Laplace:
    """Return the posterior of w after the evidence; the prior is N(mean (J,), covariance (J, J)).

    With lapses the loss is not convex and may have several minima. The convex fit without lapses is
    therefore solved first, and the fit with lapses begins at its unique solution: `start` (J,) saves time but
    cannot change the answer, nor can the order of the comparisons.
    Raises ValueError when covariance is not positive definite.
    """
    precision = inverse(covariance)
    begin = mean if start is None else start
    mode, at_mode = _minimise(replace(evidence, lapse=0.0), mean, precision, begin)
    convex = mode
    if evidence.lapse > 0.0:
        mode, at_mode = _minimise(evidence, mean, precision, convex)
    away = mode - mean
    found = inverse(_curvature(evidence, at_mode, precision))
    height = -evidence.importance @ at_mode.loss - 0.5 * away @ precision @ away
    volume = 0.5 * (np.linalg.slogdet(found)[1] - np.linalg.slogdet(covariance)[1])
    return Laplace(mode, found, convex, float(height + volume))


def _minimise(evidence: Evidence, mean: Array, precision: Array, start: Array) -> tuple[Array, Terms]:
    """Damped Newton: full steps where they lower the negative log posterior enough, halved ones elsewhere.

    Returns the mode and what the comparisons add to the loss there.
    """
    differences, importance = evidence.differences, evidence.importance

    def evaluate(w: Array) -> tuple[float, Terms]:
        at = terms(differences @ w, evidence.outcomes, evidence.lapse)
        away = w - mean
        return float(importance @ at.loss + 0.5 * away @ precision @ away), at

    w = start
    value, at = evaluate(w)
    for _ in range(MAX_STEPS):
        gradient = (importance * at.slope) @ differences + precision @ (w - mean)
        step = -np.linalg.solve(_curvature(evidence, at, precision), gradient)
        decrement = float(-gradient @ step)
        if decrement <= 0.0:  # nothing is left but rounding
            break
        rounding = 1e-14 * len(importance) * (1.0 + abs(value))
        size, (trial, trial_at) = 1.0, evaluate(w + step)
        while trial > value - 1e-4 * size * decrement + rounding and size > SMALLEST_SIZE:
            size /= 2.0
            trial, trial_at = evaluate(w + size * step)
        w, value, at = w + size * step, trial, trial_at
        if decrement < CONVERGED or size <= SMALLEST_SIZE:
            break
    return w, at


def _curvature(evidence: Evidence, at: Terms, precision: Array) -> Array:
    """Return the Hessian (J, J) of the negative log posterior, or a positive definite stand-in.

    Where lapses make the exact one indefinite, comparisons with negative curvature count as uninformative.
    """
    differences, curvature = evidence.differences, evidence.importance * at.curvature
    exact = precision + differences.T @ (curvature[:, None] * differences)
    try:
        np.linalg.cholesky(exact)
    except np.linalg.LinAlgError:
        informative = np.maximum(curvature, 0.0)
        return np.asarray(precision + differences.T @ (informative[:, None] * differences))
    return np.asarray(exact)
