"""The control: PReF that predicts a person with another one's answers.

Where this is as good as PReF itself, the gain over one pooled reward has nothing to do with who answered.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import cycle

import numpy as np

from localpersona.bench.data import Comparisons, Features, Ints
from localpersona.bench.exam import next_best
from localpersona.bench.methods.linear import Linear
from localpersona.bench.methods.pref import Pref, PrefPopulation
from localpersona.bench.protocol import NoCriterion
from localpersona.preferences.arrays import Array


@dataclass(frozen=True)
class Shuffled:
    """PReF over the named traits, with user ids shuffled."""

    name: str = "PReF, another person's answers"

    def train(self, data: Comparisons, seed: int) -> Swapped:
        people = data.by_user()
        order = np.random.default_rng(seed).permutation(len(people))
        return Swapped(Pref().train(data, seed), cycle([data.take(people[index]) for index in order]))


@dataclass(frozen=True, eq=False)
class Swapped:
    """The population; it hands out a different training person's answers with every newcomer."""

    population: PrefPopulation
    others: Iterator[Comparisons]

    def newcomer(self) -> Impostor:
        other = next(self.others)
        return Impostor(self.population.newcomer(), other, np.arange(len(other)))


@dataclass(frozen=True, eq=False)
class Impostor:
    """Asked by PReF's criterion like the person whose place is taken; what that person answers is ignored."""

    person: Linear
    other: Comparisons
    """Whose answers are used."""
    left: Ints
    """Rows of `other` not asked yet."""

    def learn(self, difference: Features, outcome: float) -> Impostor:
        if not len(self.left):
            return self
        best = self.left[next_best(self.person, self.other.features.take(self.left))]
        question = self.other.features.take(np.array([best]))
        learned = self.person.learn(question, float(self.other.outcomes[best]))
        return replace(self, person=learned, left=self.left[self.left != best])

    def gains(self, candidates: Features) -> Array:
        raise NoCriterion

    def predict(self, candidates: Features) -> Array:
        return self.person.predict(candidates)
