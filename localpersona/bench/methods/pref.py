"""PReF as this project builds it (arXiv 2503.06358): a population's prior, and a person's weights under it.

With the reward model's named traits as base rewards φ. The prior over weights is learned from the training people
by empirical Bayes; the paper starts everybody at an L2 penalty. Two things are tuned on validation people, so that a
person is not predicted worse than by one reward for everybody where tastes hardly differ or traits say little:

    how much of the people's differences a newcomer is expected to have
    whether one pooled reward, over traits and embedding, is one base reward more
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from localpersona.bench.data import Comparisons, Features
from localpersona.bench.methods.linear import (
    BaseRewards,
    Columns,
    Linear,
    pooled_weights,
    population_prior,
)
from localpersona.bench.tuning import best_of
from localpersona.preferences import Weights
from localpersona.preferences.arrays import Array

SHARES = (1.0, 0.2, 0.04)
ASKED = (10,)
"""Chosen questions after which settings are compared."""
POOLED = Columns(embedding=0.3)
POOLED_VARIANCE = 0.1
WORTH = 0.002
"""By how much the pooled reward has to raise validation people's ROC-AUC to become a base reward. It raised that of
simulated people by at most 0.001 in ten parts (most of the tested ones lost by it), of real ones by 0.004 and more."""


@dataclass(frozen=True)
class Pref:
    """PReF over the named traits, tuned."""

    name: str = "PReF, named traits"

    def train(self, data: Comparisons, seed: int) -> PrefPopulation:
        return _tuned(data, seed)


@lru_cache(maxsize=1)  # the control asks for the same again
def _tuned(data: Comparisons, seed: int) -> PrefPopulation:
    best = best_of([PrefWith(share) for share in SHARES], data, seed, ASKED, actively=True)
    settings = [best, replace(best, pooled=True)]
    return best_of(settings, data, seed, ASKED, actively=True, margin=WORTH).train(data, seed)


@dataclass(frozen=True)
class PrefWith:
    """PReF over the named traits, with given settings."""

    share: float = 1.0
    """Of the population's covariance."""
    pooled: bool = False
    """Whether everybody's reward is a base reward, too."""
    name: str = "PReF, named traits, given settings"

    def train(self, data: Comparisons, seed: int) -> PrefPopulation:
        """Fit the prior. There is nothing random in it."""
        prior, rewards = _fitted(data, self.pooled)
        return PrefPopulation(prior.drawn_together(self.share), rewards)


@lru_cache(maxsize=1)  # settings that only newcomers feel are tuned without fitting again
def _fitted(data: Comparisons, pooled: bool) -> tuple[Weights, BaseRewards]:
    rewards = WithPooled(pooled_weights(data, POOLED, POOLED_VARIANCE)) if pooled else Columns()
    return population_prior(rewards.of(data.features), data), rewards


@dataclass(frozen=True, eq=False)
class WithPooled:
    """The named traits, and what one reward for everybody says."""

    weights: Weights

    def of(self, features: Features) -> Array:
        pooled = POOLED.of(features) @ self.weights.mean
        return np.hstack([features.difference, pooled[:, None]])


@dataclass(frozen=True, eq=False)
class PrefPopulation:
    prior: Weights
    rewards: BaseRewards

    def newcomer(self) -> Linear:
        return Linear(self.prior, self.rewards)
