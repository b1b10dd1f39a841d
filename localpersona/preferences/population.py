"""Where a new user starts: a Gaussian over weights, learned from many users' choices (empirical Bayes)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from localpersona.preferences.arrays import Array
from localpersona.preferences.kinds import Kinds
from localpersona.preferences.weights import LAPSE, Weights

MAX_ROUNDS = 200
TOLERANCE = 1e-4
"""Largest change of the mean or of a standard deviation, in log-odds, after which EM stops."""
MEAN_VARIANCE = 9.0
"""Of the population's mean before any data: three log-odds per standard deviation of a trait is much."""
INDEPENDENT_USERS = 4.0
"""How many users whose traits are independent the covariance is mixed with. On held-out people 0 to 4
predicted best after few answers, 4 to 12 after forty."""
UNIT_USERS = 1.0
"""And how many with unit variances: few or similar users must not shrink a variance to nothing."""
DISTINCT = 0.7
"""Of many users, the share of their tastes' spread that lies between kinds; the rest is within every kind.
Held-out people were predicted equally well from 0.6 to 0.75; nearer to 1 a new user is taken for somebody known."""


CARELESS = 0.12
"""Of new users, the share who are expected to answer at random: about as large as honest people's calibration allows.
With it and the check among the first ten questions (see `criteria`), somebody who flips coins is predicted no worse
after ten answers than by one reward for everybody."""
MOST_KINDS = 64
"""Fits take time in proportion."""


def fit_population(
    differences_by_user: Sequence[ArrayLike],
    outcomes_by_user: Sequence[ArrayLike],
    names: Sequence[str],
    version: str,
    lapse: float = LAPSE,
    careless: float = CARELESS,
) -> Weights:
    """Return the prior for a new user, from U users' comparisons: (n_u, J) and (n_u,) each.

    EM with Laplace posteriors: every user is fitted under the current Gaussian, then the Gaussian to the
    users' posteriors, the spread of their means plus their own uncertainty, so that a user with three answers
    counts for what three answers say. A few dozen users cannot settle J (J + 1) / 2 covariances, and the
    likeliest would be too sure of some direction: see INDEPENDENT_USERS and UNIT_USERS. The result is widened
    by 1 + 1/U, because the mean is known from U users only.
    Modes understate: planted standard deviations come back about 15 % too small from 60 answers a user and
    5 % too small from 200.
    Every user then is a kind of people (a smoothed bootstrap, Silverman & Young 1987): the mixture has the mean
    and the covariance of the Gaussian, and where it has more to say is learned sooner. See DISTINCT.
    Raises ValueError when there are no users or an array does not fit.
    """
    users = len(differences_by_user)
    if users == 0 or len(outcomes_by_user) != users:
        raise ValueError(f"need comparisons of at least one user, not {users} and {len(outcomes_by_user)}")
    size = len(names)
    prior = Weights.gaussian(np.zeros(size), np.eye(size), names, version, lapse)
    fitted: list[Weights | None] = [None] * users
    for _ in range(MAX_ROUNDS):
        posteriors = [
            Weights.fit(rows, outcomes, prior=prior, start=start)
            for rows, outcomes, start in zip(differences_by_user, outcomes_by_user, fitted, strict=True)
        ]
        mean, covariance = _gaussian_of(posteriors, prior.covariance)
        moved = _distance(mean, covariance, prior)
        prior, fitted = Weights.gaussian(mean, covariance, names, version, lapse), [*posteriors]
        if moved < TOLERANCE:
            break
    kinds = _kinds_of(np.stack([user.mean for user in posteriors]), prior)
    return Weights.mixture(kinds, names, version, lapse, careless)


def _gaussian_of(users: Sequence[Weights], covariance: Array) -> tuple[Array, Array]:
    """The M step: mean (J,) and covariance (J, J) of the users' posteriors, both shrunk."""
    count, size = len(users), len(users[0].mean)
    means = np.stack([user.mean for user in users])
    mean = np.linalg.solve(np.eye(size) + covariance / (count * MEAN_VARIANCE), means.mean(axis=0))
    spread = means - mean
    scatter = spread.T @ spread + np.sum([user.covariance for user in users], axis=0)
    independent = np.diag(np.diag(scatter)) / count
    total = scatter + INDEPENDENT_USERS * independent + UNIT_USERS * np.eye(size)
    return mean, total / (count + INDEPENDENT_USERS + UNIT_USERS)


def _kinds_of(means: Array, gaussian: Weights) -> Kinds:
    """Return one kind for each user's mean (U, J); together they have the Gaussian's moments, widened."""
    users = len(means)
    # The Gaussian's covariance holds at least U / (U + …) of the scatter, so that what is left within is positive.
    distinct = DISTINCT * users / (users + INDEPENDENT_USERS + UNIT_USERS)
    some = means[np.linspace(0, users - 1, min(users, MOST_KINDS)).astype(int)]
    away = some - some.mean(axis=0)
    within = (1.0 + 1.0 / users) * gaussian.covariance - distinct * away.T @ away / len(some)
    return Kinds.of(np.ones(len(some)), gaussian.mean + np.sqrt(distinct) * away, within)


def _distance(mean: Array, covariance: Array, prior: Weights) -> float:
    deviations = np.sqrt(np.diag(covariance)) - np.sqrt(np.diag(prior.covariance))
    return float(max(np.abs(mean - prior.mean).max(), np.abs(deviations).max()))
