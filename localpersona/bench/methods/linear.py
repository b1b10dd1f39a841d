"""What the linear methods share: a person as a Gaussian over weights of some columns of the features."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np

from localpersona.bench.data import Comparisons, Features
from localpersona.bench.protocol import NoCriterion
from localpersona.preferences import Weights, fit_population, question_gains
from localpersona.preferences.arrays import Array

VERSION = "bench"


class BaseRewards(Protocol):
    """What weights are about."""

    def of(self, features: Features) -> Array:
        """Return (m, D) differences between the first responses and the second."""
        ...


@dataclass(frozen=True)
class Columns:
    """The differences that are known of two responses, as base rewards."""

    embedding: float = 0.0
    """Standard deviation of the weights of the embedding's columns, relative to those of the traits; 0: the
    traits alone. The embedding's columns are multiplied by it, so that one prior variance serves for all."""

    def of(self, features: Features) -> Array:
        """Return (m, D) differences."""
        if self.embedding == 0.0:
            return features.difference
        return np.hstack([features.difference, self.embedding * features.embedding_difference])

    def ridge(self, width: int, variance: float) -> Weights:
        """Return N(0, variance · I) over the weights of `width` columns."""
        names = [f"column {number}" for number in range(width)]
        return Weights.gaussian(np.zeros(width), variance * np.eye(width), names, VERSION)


def population_prior(rows: Array, data: Comparisons) -> Weights:
    """Return the Gaussian over people's weights of base rewards whose differences are rows (m, D)."""
    people = data.by_user()
    names = [f"column {number}" for number in range(rows.shape[1])]
    return fit_population(
        [rows[mine] for mine in people], [data.outcomes[mine] for mine in people], names, VERSION
    )


def pooled_weights(data: Comparisons, columns: Columns, variance: float) -> Weights:
    """Return one person's worth of weights, fitted to everybody's comparisons."""
    rows = columns.of(data.features)
    return Weights.fit(rows, data.outcomes, prior=columns.ridge(rows.shape[1], variance))


@dataclass(frozen=True, eq=False)
class Linear:
    """A person whose weights are fitted to every answer, under a prior: PReF's Eq. 6."""

    prior: Weights
    columns: BaseRewards
    actively: bool = True
    """Whether to choose questions by PReF's criterion; otherwise they are drawn."""
    differences: Array | None = None
    """(n, D) of the answered comparisons."""
    outcomes: tuple[float, ...] = ()

    @cached_property
    def weights(self) -> Weights:
        """The posterior. Fitted when it is needed: between two drawn questions it is not."""
        if self.differences is None:
            return self.prior
        return Weights.fit(self.differences, self.outcomes, prior=self.prior)

    def learn(self, difference: Features, outcome: float) -> Linear:
        row = self.columns.of(difference)
        known = row if self.differences is None else np.concatenate([self.differences, row])
        return replace(self, differences=known, outcomes=(*self.outcomes, outcome))

    def gains(self, candidates: Features) -> Array:
        if not self.actively:
            raise NoCriterion
        return question_gains(self.weights, self.columns.of(candidates))

    def predict(self, candidates: Features) -> Array:
        return self.weights.predict(self.columns.of(candidates))
