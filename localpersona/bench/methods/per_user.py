"""A model for every user, from scratch: ridge logistic regression on this person's answers and nothing else.

What PReF's paper calls "model per user". Its settings are tuned on validation people: it knows of others only
which penalty serves people best.
"""

from __future__ import annotations

from dataclasses import dataclass

from localpersona.bench.data import Comparisons
from localpersona.bench.methods.linear import Columns, Linear
from localpersona.bench.tuning import best_of

VARIANCES = (0.01, 0.03, 0.1, 0.3, 1.0)
EMBEDDING = (0.0, 0.3)


@dataclass(frozen=True)
class PerUser:
    """A ridge logistic regression a person, tuned."""

    name: str = "a model per user"

    def train(self, data: Comparisons, seed: int) -> FromScratch:
        candidates = [PerUserWith(Columns(width), size) for width in EMBEDDING for size in VARIANCES]
        return best_of(candidates, data, seed).train(data, seed)


@dataclass(frozen=True)
class PerUserWith:
    """A ridge logistic regression a person, with given settings."""

    columns: Columns
    variance: float
    """Of the weights' prior."""
    name: str = "a model per user, given settings"

    def train(self, data: Comparisons, seed: int) -> FromScratch:
        return FromScratch(self, self.columns.of(data.features).shape[1])


@dataclass(frozen=True)
class FromScratch:
    """Nothing but the settings."""

    settings: PerUserWith
    width: int

    def newcomer(self) -> Linear:
        columns = self.settings.columns
        return Linear(columns.ridge(self.width, self.settings.variance), columns, actively=False)
