"""PReF with base rewards of its own (arXiv 2503.06358, Eqs. 3–5): learned from nothing but people's comparisons.

    learned factors    φ = B x of a response's features x, factorised from the users × comparisons matrix
    hybrid             the named traits, and a few factors of what the traits leave unexplained

Either way a newcomer is PReF's: weights under the training people's Gaussian. How many factors there are, and how
much of them the embedding is expected to make up, is tuned on validation people.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from localpersona.bench.data import Comparisons, Features
from localpersona.bench.methods.linear import BaseRewards, Linear, population_prior
from localpersona.bench.tuning import best_of
from localpersona.preferences import Weights
from localpersona.preferences.arrays import Array
from localpersona.preferences.factorization import Factors, fit_factors

RANKS = (4, 8)
EMBEDDING = (0.1, 0.3)
"""How large the embedding's contribution is expected to be, relative to that of the traits."""
RESIDUAL_RANKS = (1, 2)
RESIDUAL_STRENGTH = 10.0
"""Of the regularisation. Weaker ones were worse throughout: what is left to learn is little."""


@dataclass(frozen=True)
class Learned:
    """PReF over learned factors, tuned."""

    name: str = "PReF, learned factors"

    def train(self, data: Comparisons, seed: int) -> FactorPopulation:
        best = best_of([LearnedWith(RANKS[-1], size) for size in EMBEDDING], data, seed)
        return best_of([replace(best, rank=rank) for rank in RANKS], data, seed).train(data, seed)


@dataclass(frozen=True)
class LearnedWith:
    """PReF over learned factors, with given settings."""

    rank: int
    embedding: float
    name: str = "PReF, learned factors, given settings"

    def train(self, data: Comparisons, seed: int) -> FactorPopulation:
        first, second = _inputs(data.features)
        traits = data.features.traits_first.shape[1]
        importance = np.where(np.arange(first.shape[1]) < traits, 1.0, self.embedding)
        factors = fit_factors(
            first, second, data.users, data.outcomes, self.rank, seed=seed, importance=importance
        )
        return _population(LearnedRewards(factors), data)


@dataclass(frozen=True)
class Hybrid:
    """PReF over the named traits and residual factors, tuned."""

    name: str = "PReF, named traits and learned factors"

    def train(self, data: Comparisons, seed: int) -> FactorPopulation:
        candidates = [HybridWith(rank, RESIDUAL_STRENGTH) for rank in RESIDUAL_RANKS]
        return best_of(candidates, data, seed).train(data, seed)


@dataclass(frozen=True)
class HybridWith:
    """PReF over the named traits and residual factors, with given settings."""

    rank: int
    strength: float
    name: str = "PReF, named traits and learned factors, given settings"

    def train(self, data: Comparisons, seed: int) -> FactorPopulation:
        """Learn factors of what in the embedding the traits do not predict, for what in the choices they do not."""
        features = data.features
        found = np.linalg.lstsq(features.difference, features.embedding_difference, rcond=None)[0]
        predicted = np.asarray(found, dtype=np.float64)
        unexplained = features.embedding_difference - features.difference @ predicted
        factors = fit_factors(
            unexplained,
            np.zeros_like(unexplained),
            data.users,
            data.outcomes,
            self.rank,
            strength=self.strength,
            seed=seed,
            offsets=_explained(data),
        )
        return _population(HybridRewards(factors, predicted), data)


@dataclass(frozen=True, eq=False)
class LearnedRewards:
    """Factors of traits and embedding."""

    factors: Factors

    def of(self, features: Features) -> Array:
        first, second = _inputs(features)
        return self.factors.scores(first) - self.factors.scores(second)


@dataclass(frozen=True, eq=False)
class HybridRewards:
    """The named traits, and factors of the rest of the embedding."""

    factors: Factors
    predicted: Array
    """(J, E) the embedding's part that the traits predict."""

    def of(self, features: Features) -> Array:
        unexplained = features.embedding_difference - features.difference @ self.predicted
        return np.hstack([features.difference, self.factors.scores(unexplained)])


@dataclass(frozen=True, eq=False)
class FactorPopulation:
    """Learned base rewards, and the prior over their weights."""

    prior: Weights
    rewards: BaseRewards

    def newcomer(self) -> Linear:
        return Linear(self.prior, self.rewards)


def _population(rewards: BaseRewards, data: Comparisons) -> FactorPopulation:
    return FactorPopulation(population_prior(rewards.of(data.features), data), rewards)


def _inputs(features: Features) -> tuple[Array, Array]:
    """Return (m, D) what the factors are made of, of the first responses and of the second."""
    return (
        np.hstack([features.traits_first, features.embedding_first]),
        np.hstack([features.traits_second, features.embedding_second]),
    )


def _explained(data: Comparisons) -> Array:
    """Return (m,) the log-odds of each comparison under its person's weights of the named traits."""
    rows = data.features.difference
    prior = population_prior(rows, data)
    log_odds = np.zeros(len(data))
    for mine in data.by_user():
        log_odds[mine] = rows[mine] @ Weights.fit(rows[mine], data.outcomes[mine], prior=prior).mean
    return log_odds
