"""PReF as this project builds it (arXiv 2503.06358): a population's prior, and a person's weights under it.

With the reward model's named traits as base rewards φ. The prior over weights is learned from the training people by
empirical Bayes; the paper starts everybody at an L2 penalty. How much of the people's differences a newcomer is
expected to have is tuned on validation people: all of it where tastes differ clearly, hardly any where comparisons are
mostly noise, so that a person is not predicted worse than by one reward for everybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from localpersona.bench.data import Comparisons
from localpersona.bench.methods.linear import Columns, Linear, population_prior
from localpersona.bench.tuning import best_of
from localpersona.preferences import Weights

SHARES = (1.0, 0.2, 0.04)
ASKED = (10,)
"""Chosen questions after which shares are compared."""


@dataclass(frozen=True)
class Pref:
    """PReF over the named traits, tuned."""

    name: str = "PReF, named traits"

    def train(self, data: Comparisons, seed: int) -> PrefPopulation:
        best = best_of([PrefWith(share) for share in SHARES], data, seed, ASKED, actively=True)
        return best.train(data, seed)


@dataclass(frozen=True)
class PrefWith:
    """PReF over the named traits, with given settings."""

    share: float = 1.0
    """Of the population's covariance."""
    name: str = "PReF, named traits, given settings"

    def train(self, data: Comparisons, seed: int) -> PrefPopulation:
        """Fit the prior. There is nothing random in it."""
        return PrefPopulation(_prior(data).drawn_together(self.share))


@lru_cache(maxsize=1)  # settings that only newcomers feel are tuned without fitting again
def _prior(data: Comparisons) -> Weights:
    return population_prior(data.features.difference, data)


@dataclass(frozen=True, eq=False)
class PrefPopulation:
    prior: Weights

    def newcomer(self) -> Linear:
        return Linear(self.prior, Columns())
