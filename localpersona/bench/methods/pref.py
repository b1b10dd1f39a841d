"""PReF as this project builds it (arXiv 2503.06358): a population's prior, and a person's weights under it.

With the reward model's named traits as base rewards φ. The prior over weights is a Gaussian learned from the
training people by empirical Bayes; the paper starts everybody at an L2 penalty.
"""

from __future__ import annotations

from dataclasses import dataclass

from localpersona.bench.data import Comparisons
from localpersona.bench.methods.linear import Columns, Linear, population_prior
from localpersona.preferences import Weights


@dataclass(frozen=True)
class Pref:
    """PReF over the named traits."""

    name: str = "PReF, named traits"

    def train(self, data: Comparisons, seed: int) -> PrefPopulation:
        """Fit the prior. There is nothing random in it."""
        return PrefPopulation(population_prior(data.features.difference, data))


@dataclass(frozen=True, eq=False)
class PrefPopulation:
    prior: Weights

    def newcomer(self) -> Linear:
        return Linear(self.prior, Columns())
