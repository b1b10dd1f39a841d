"""A population as a mixture of kinds of people: Gaussians over weights that share one covariance.

Tastes come in bundles (who wants terms of art also wants hedges and no jokes), and a few answers tell which
bundle it is sooner than they tell each weight. A single Gaussian keeps only the bundles' correlations. What
comes out of a fit is a Gaussian again, the mixture's mean and covariance: on held-out people its predictions
were as good as the mixture's own, and everything downstream stays as simple as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from localpersona.preferences.arrays import Array, Ints, finite, frozen
from localpersona.preferences.gaussians import condition, inverse
from localpersona.preferences.laplace import Evidence, Laplace, terms

EXACT_UP_TO = 500
"""Comparisons. Each kind has its own mode up to here; beyond, one quadratic approximation of the likelihood
serves all kinds, in the time of one. From here on predictions differ by less than 0.005."""
MAX_STEPS = 50
CONVERGED = 1e-6
"""Squared length of a Newton step, in posterior standard deviations, that is the last one taken."""
HALVINGS = 30


@dataclass(frozen=True, slots=True, eq=False)
class Kinds:
    """K kinds of people. Arrays are read-only."""

    shares: Array
    """(K,) positive, adding up to 1."""
    means: Array
    """(K, J)."""
    covariance: Array
    """(J, J) of people of one kind, positive definite."""

    @classmethod
    def of(cls, shares: Any, means: Any, covariance: Any) -> Kinds:
        """Return checked kinds; shares are scaled to add up to 1. Raises ValueError."""
        parts, centres = finite(shares, "the kinds' shares"), finite(means, "the kinds' means")
        spread = finite(covariance, "the kinds' covariance")
        if centres.ndim != 2 or parts.shape != centres.shape[:1] or spread.shape != (centres.shape[1],) * 2:
            raise ValueError("kinds need shares (K,), means (K, J) and a covariance (J, J)")
        if not len(parts) or parts.min() <= 0.0:
            raise ValueError("every kind needs a positive share")
        inverse(spread)  # raises when it is not positive definite
        return cls(frozen(parts / parts.sum()), frozen(centres), frozen((spread + spread.T) / 2.0))

    def moments(self) -> tuple[Array, Array]:
        """Return mean (J,) and covariance (J, J) of the whole population."""
        return _moments(self.shares, self.means, self.covariance[None])

    def given(self, at: Ints, values: Array, variance: float) -> Kinds:
        """Return the kinds given x[at] = values, as `gaussians.condition`; shares follow the values' density."""
        away = values - self.means[:, at]
        log_density = -0.5 * np.einsum(
            "ki,ki->k", away, np.linalg.solve(self.covariance[np.ix_(at, at)], away.T).T
        )
        pairs = [condition(mean, self.covariance, at, values, variance) for mean in self.means]
        shares = np.maximum(_softmax(np.log(self.shares) + log_density), np.finfo(float).tiny)
        return Kinds.of(shares, np.stack([mean for mean, _ in pairs]), pairs[0][1])

    def drawn_together(self, share: float) -> Kinds:
        """Return kinds with the same mean whose people differ less: `share` of the covariance is left."""
        mean = self.shares @ self.means
        return Kinds.of(self.shares, mean + np.sqrt(share) * (self.means - mean), share * self.covariance)

    def to_dict(self) -> dict[str, Any]:
        return {
            "shares": self.shares.tolist(),
            "means": self.means.tolist(),
            "covariance": self.covariance.tolist(),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Kinds:
        """Return what `to_dict` described. Raises ValueError when it is malformed."""
        try:
            return cls.of(data["shares"], data["means"], data["covariance"])
        except (KeyError, TypeError) as error:
            raise ValueError(f"these are not kinds ({error})") from None


def posterior(kinds: Kinds, pooled: Laplace, evidence: Evidence) -> Laplace:
    """Return the mixture's posterior, as the Gaussian with its mean and covariance.

    Every kind's posterior is Laplace's at its own mode, found from `pooled`, the fit of the same evidence under
    the Gaussian of all kinds together. A kind counts by its share times its marginal likelihood.
    """
    mean, covariance = kinds.moments()
    precision = inverse(kinds.covariance)
    # At the pooled mode the likelihood's slope balances the prior's; its curvature is what is not the prior's.
    slope = np.linalg.solve(covariance, pooled.mean - mean)
    curvature = inverse(pooled.covariance) + precision - inverse(covariance)
    away = kinds.means - pooled.mean
    steps = np.linalg.solve(curvature, (slope + away @ precision).T).T
    if len(evidence.outcomes) <= EXACT_UP_TO:
        mean, covariance, height = _exact(kinds, precision, pooled.mean + steps, evidence)
        return Laplace(mean, covariance, pooled.start, height)
    # The log posterior of each kind at its mode, apart from what all have in common.
    height = steps @ slope - 0.5 * np.einsum("ki,ij,kj->k", steps, curvature - precision, steps)
    height -= 0.5 * np.einsum("ki,ij,kj->k", steps - away, precision, steps - away)
    mean, covariance = _moments(
        _softmax(np.log(kinds.shares) + height), pooled.mean + steps, inverse(curvature)[None]
    )
    return replace(pooled, mean=mean, covariance=covariance)


def _exact(kinds: Kinds, precision: Array, start: Array, evidence: Evidence) -> tuple[Array, Array, float]:
    """Damped Newton for all kinds at once, from (K, J); in a few dozen comparisons that costs next to nothing."""
    rows, importance = evidence.differences, evidence.importance
    squares = (rows[:, :, None] * rows[:, None, :]).reshape(len(rows), precision.size)

    def evaluate(w: Array) -> tuple[Array, Array, Array]:
        at = terms(w @ rows.T, evidence.outcomes, evidence.lapse)
        away = w - kinds.means
        value = at.loss @ importance + 0.5 * np.einsum("ki,ij,kj->k", away, precision, away)
        gradient = (at.slope * importance) @ rows + away @ precision
        # Answers that look like lapses curve the other way: they count as uninformative.
        curvature = (np.maximum(at.curvature, 0.0) * importance) @ squares
        return value, gradient, precision + curvature.reshape(-1, *precision.shape)

    w = start
    value, gradient, curvature = evaluate(w)
    for _ in range(MAX_STEPS):
        step = -np.linalg.solve(curvature, gradient[..., None])[..., 0]
        decrement = -(gradient * step).sum(axis=1)
        if decrement.max() < CONVERGED:
            break
        size = np.ones(len(w))
        for _ in range(HALVINGS):
            found = evaluate(w + size[:, None] * step)
            worse = found[0] > value - 1e-4 * size * decrement + 1e-12 * (1.0 + np.abs(value))
            if not worse.any():
                break
            size[worse] /= 2.0
        w, (value, gradient, curvature) = w + size[:, None] * step, found
    covariances: Array = np.asarray(np.linalg.inv(curvature), dtype=np.float64)
    volume = 0.5 * (np.linalg.slogdet(covariances)[1] + np.linalg.slogdet(precision)[1])
    heights = np.log(kinds.shares) - value + volume
    return *_moments(_softmax(heights), w, covariances), float(np.logaddexp.reduce(heights))


def _moments(shares: Array, means: Array, covariances: Array) -> tuple[Array, Array]:
    mean = shares @ means
    away = means - mean
    within = np.tensordot(shares, np.broadcast_to(covariances, (len(shares), *covariances.shape[1:])), 1)
    covariance = within + (shares[:, None] * away).T @ away
    return mean, (covariance + covariance.T) / 2.0


def _softmax(logarithms: Array) -> Array:
    shares = np.exp(logarithms - logarithms.max())
    return np.asarray(shares / shares.sum())
