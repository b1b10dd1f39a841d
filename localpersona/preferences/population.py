"""Where a new user starts: a Gaussian over weights, learned from many users' choices (empirical Bayes)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from localpersona.preferences.laplace import Array, inverse
from localpersona.preferences.weights import LAPSE, Weights

MAX_ROUNDS = 200
TOLERANCE = 1e-4
"""Largest change of the mean or of a standard deviation, in log-odds, after which EM stops."""
MEAN_VARIANCE = 9.0
"""Of the population's mean before any data: three log-odds per standard deviation of a trait is a strong taste."""


def fit_population(
    differences_by_user: Sequence[ArrayLike],
    outcomes_by_user: Sequence[ArrayLike],
    names: Sequence[str],
    version: str,
    lapse: float = LAPSE,
) -> Weights:
    """Return the prior for a new user from U users' comparisons, (n_u, J) and (n_u,) each; it holds none itself.

    EM with Laplace posteriors: fit every user under the current Gaussian, then the Gaussian to the users' posteriors
    (their spread plus their own uncertainty). Few users cannot tell J (J + 1) / 2 covariances, and the maximum of
    the likelihood would be too sure of some direction, so the covariance is the mode under an inverse-Wishart
    belief worth J users whose traits are independent and one more with unit variances, which keeps it from collapsing.
    At the end it is widened by 1 + 1/U, because the mean is itself only known from U users.
    Raises ValueError when there are no users or the arrays do not fit.
    """
    users = len(differences_by_user)
    if users == 0 or len(outcomes_by_user) != users:
        raise ValueError(f"need one array of outcomes for each user: {users} and {len(outcomes_by_user)} given")
    size = len(names)
    prior = Weights.gaussian(np.zeros(size), np.eye(size), names, version, lapse)
    fits: list[Weights | None] = [None] * users
    for _ in range(MAX_ROUNDS):
        fitted = [
            Weights.fit(differences, outcomes, prior=prior, start=start)
            for differences, outcomes, start in zip(differences_by_user, outcomes_by_user, fits, strict=True)
        ]
        mean, covariance = _gaussian_of(fitted, prior.covariance)
        moved = max(
            np.abs(mean - prior.mean).max(),
            np.abs(np.sqrt(np.diag(covariance)) - np.sqrt(np.diag(prior.covariance))).max(),
        )
        prior = Weights.gaussian(mean, covariance, names, version, lapse)
        fits = list(fitted)
        if moved < TOLERANCE:
            break
    return Weights.gaussian(prior.mean, (1.0 + 1.0 / users) * prior.covariance, names, version, lapse)


def _gaussian_of(users: Sequence[Weights], covariance: Array) -> tuple[Array, Array]:
    """The M step: mean (J,) and shrunk covariance (J, J) of the users' posteriors."""
    count, size = len(users), len(users[0].mean)
    means = np.stack([user.mean for user in users])
    towards_zero = np.linalg.inv(np.eye(size) + covariance / (count * MEAN_VARIANCE))
    mean = towards_zero @ means.mean(axis=0)
    spread = means - mean
    scatter = spread.T @ spread + np.sum([user.covariance for user in users], axis=0)
    independent = np.diag(np.diag(scatter)) * (size / count)
    shrunk = (scatter + independent + np.eye(size)) / (count + size + 1)
    inverse(shrunk)
    return mean, shrunk
