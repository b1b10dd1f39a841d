"""What a way to personalise has to offer in order to be compared.

    method.train(other people's comparisons)  →  population
    population.newcomer()                     →  person      knows what the population knows
    person.learn(question, outcome)           →  person      one answer more
    person.predict(comparisons)               →  probabilities

A method never sees the people or the prompts that it is tested on.
"""

from __future__ import annotations

from typing import Protocol

from localpersona.bench.data import Comparisons, Features
from localpersona.preferences.arrays import Array


class NoCriterion(Exception):
    """Raised by `Person.gains` where a method has no way of its own to choose questions: they are drawn."""


class BenchError(Exception):
    """A benchmark cannot run as asked. str(error) is one or two lines that say what to do."""


class Person(Protocol):
    """What a method knows about one person. Immutable."""

    def learn(self, difference: Features, outcome: float) -> Person:
        """Return the person after one more answer: one comparison (m = 1), outcome 1, 0 or 0.5."""
        ...

    def gains(self, candidates: Features) -> Array:
        """Return (m,) how much the answer to each would teach. Raises NoCriterion."""
        ...

    def predict(self, candidates: Features) -> Array:
        """Return (m,) the probability that the first response is preferred."""
        ...


class Population(Protocol):
    """What a method has learned from many people."""

    def newcomer(self) -> Person:
        """Return somebody of whom nothing is known yet."""
        ...


class Method(Protocol):
    """One way to personalise."""

    @property
    def name(self) -> str:
        """In a few words."""
        ...

    def train(self, data: Comparisons, seed: int) -> Population:
        """Learn from people's comparisons; the same seed gives the same population."""
        ...
