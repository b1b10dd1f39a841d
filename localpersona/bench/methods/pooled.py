"""One reward for everybody: the Bradley–Terry model of standard RLHF, over the same features.

Knows nothing of persons, so answers change nothing. Its regularisation is tuned on validation people.
"""

from __future__ import annotations

from dataclasses import dataclass

from localpersona.bench.data import Comparisons, Features
from localpersona.bench.methods.linear import Columns, pooled_weights
from localpersona.bench.protocol import NoCriterion
from localpersona.bench.tuning import best_of
from localpersona.preferences import Weights
from localpersona.preferences.arrays import Array

VARIANCES = (0.001, 0.01, 0.1, 1.0)
EMBEDDING = (0.0, 0.1, 0.3, 1.0)


@dataclass(frozen=True)
class Pooled:
    """One reward for everybody, tuned."""

    name: str = "one pooled reward"

    def train(self, data: Comparisons, seed: int) -> PooledPerson:
        candidates = [PooledWith(Columns(width), size) for width in EMBEDDING for size in VARIANCES]
        return best_of(candidates, data, seed, answers=(0,)).train(data, seed)


@dataclass(frozen=True)
class PooledWith:
    """One reward for everybody, with given settings."""

    columns: Columns
    variance: float
    """Of the weights' prior."""
    name: str = "one pooled reward, given settings"

    def train(self, data: Comparisons, seed: int) -> PooledPerson:
        return PooledPerson(pooled_weights(data, self.columns, self.variance), self.columns)


@dataclass(frozen=True, eq=False)
class PooledPerson:
    """Everybody: the population and each newcomer."""

    weights: Weights
    columns: Columns

    def newcomer(self) -> PooledPerson:
        return self

    def learn(self, difference: Features, outcome: float) -> PooledPerson:
        return self

    def gains(self, candidates: Features) -> Array:
        raise NoCriterion

    def predict(self, candidates: Features) -> Array:
        return self.weights.predict(self.columns.of(candidates))
