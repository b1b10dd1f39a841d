"""Nearest neighbours over people: a newcomer prefers what the people prefer whose rewards fit the answers.

Every training person gets a reward of their own (ridge logistic regression). People rarely judged the same
pairs, and never the pairs that are tested, so two people cannot be compared answer by answer: the similarity
of a training person to a newcomer is the log-likelihood of the newcomer's answers under that person's reward.
The prediction is the mean of the k most similar people's; k is tuned on validation people.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from localpersona.bench.data import Comparisons, Features
from localpersona.bench.measures import log_losses
from localpersona.bench.methods.linear import Columns
from localpersona.bench.protocol import NoCriterion
from localpersona.bench.tuning import best_of
from localpersona.preferences import LAPSE, Weights
from localpersona.preferences.arrays import Array
from localpersona.preferences.gaussians import sigmoid

NEIGHBOURS = (1, 2, 3, 5, 8, 12, 20)
USUAL = 5
"""k while the people's rewards are tuned."""
VARIANCES = (0.03, 0.1, 0.3)
EMBEDDING = (0.0, 0.3)


@dataclass(frozen=True)
class Neighbours:
    """The k nearest people, tuned."""

    name: str = "nearest neighbours over people"

    def train(self, data: Comparisons, seed: int) -> Crowd:
        rewards = [NeighboursWith(USUAL, Columns(width), size) for width in EMBEDDING for size in VARIANCES]
        reward = best_of(rewards, data, seed)
        best = best_of([replace(reward, count=count) for count in NEIGHBOURS], data, seed)
        return best.train(data, seed)


@dataclass(frozen=True)
class NeighboursWith:
    """The k nearest people, with given settings."""

    count: int
    """k."""
    columns: Columns
    variance: float
    """Of the prior of each person's weights."""
    name: str = "nearest neighbours, given settings"

    def train(self, data: Comparisons, seed: int) -> Crowd:
        rows = self.columns.of(data.features)
        prior = self.columns.ridge(rows.shape[1], self.variance)
        fitted = [Weights.fit(rows[mine], data.outcomes[mine], prior=prior) for mine in data.by_user()]
        return Crowd(self, np.stack([person.mean for person in fitted]))


@dataclass(frozen=True, eq=False)
class Crowd:
    """The training people."""

    settings: NeighboursWith
    weights: Array
    """(U, D)."""

    def newcomer(self) -> Newcomer:
        return Newcomer(self, np.zeros(len(self.weights)))

    def probabilities(self, candidates: Features) -> Array:
        """Return (U, m) what each person would prefer."""
        log_odds = self.weights @ self.settings.columns.of(candidates).T
        return np.asarray(LAPSE + (1.0 - 2.0 * LAPSE) * sigmoid(log_odds))


@dataclass(frozen=True, eq=False)
class Newcomer:
    crowd: Crowd
    similarity: Array
    """(U,) log-likelihood of the answers so far under each person's reward."""

    def learn(self, difference: Features, outcome: float) -> Newcomer:
        probabilities = self.crowd.probabilities(difference)[:, 0]
        loss = log_losses(probabilities, np.full(len(probabilities), outcome))
        return replace(self, similarity=self.similarity - loss)

    def gains(self, candidates: Features) -> Array:
        raise NoCriterion

    def predict(self, candidates: Features) -> Array:
        """Return (m,) the nearest people's mean; all people's while nothing tells them apart."""
        count = min(self.crowd.settings.count, len(self.similarity))
        nearest = self.similarity >= np.sort(self.similarity)[-count]
        return np.asarray(self.crowd.probabilities(candidates)[nearest].mean(axis=0))
