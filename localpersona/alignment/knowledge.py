"""What the posterior lets us claim about a person, trait by trait, before anything is put into words.

A claim needs two things: that the comparisons (or a lock) said something about this trait at all, so that
what most people like is never told as this person's taste, and that the weight is on one side of neutral with
enough probability.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import erf, sqrt
from typing import Literal

from localpersona.preferences import Weights
from localpersona.preferences.weights import LOCKED_VARIANCE

Certainty = Literal["set", "clearly", "leaning", "indifferent", "unknown"]

NEGLIGIBLE = 0.1
"""A weight this small hardly counts: one standard deviation of the trait changes the odds by a tenth."""
CLEARLY, LEANING = 0.95, 0.8
"""Posterior probability that the weight is beyond NEGLIGIBLE on its side."""
LEARNED = 0.1
"""Share of the prior variance that must be gone before a trait counts as asked about."""
INDIFFERENT_SD, WELL_ASKED = 0.25, 0.5
"""A weight known this well, most of it from the person's own choices (the share of the prior variance that is
gone), and still near neutral is one that the person does not care about."""


@dataclass(frozen=True, slots=True)
class Known:
    """What may be claimed of one trait of a person."""

    trait: str
    mean: float
    """Of the weight: log-odds per standard deviation of the trait's score; positive: the high pole is preferred."""
    sd: float
    """The weight's standard deviation."""
    certainty: Certainty
    """"set" by hand, "clearly" or "leaning" to one side, "indifferent", or "unknown"."""

    @property
    def claimed(self) -> bool:
        """Whether something may be said of this person's taste."""
        return self.certainty in ("set", "clearly", "leaning")


def what_is_known(weights: Weights) -> tuple[Known, ...]:
    """Return what may be claimed of each of the J traits, in their order."""
    prior = weights.base or weights
    known = []
    for index, trait in enumerate(weights.names):
        mean, variance = float(weights.mean[index]), float(weights.covariance[index, index])
        learned = 1.0 - variance / float(prior.covariance[index, index])
        known.append(Known(trait, mean, sqrt(variance), _certainty(mean, variance, learned)))
    return tuple(known)


def _certainty(mean: float, variance: float, learned: float) -> Certainty:
    if variance <= 10 * LOCKED_VARIANCE:
        return "set"
    if learned < LEARNED:
        return "unknown"
    sided = 0.5 * (1.0 + erf((abs(mean) - NEGLIGIBLE) / sqrt(2.0 * variance)))
    if sided >= CLEARLY:
        return "clearly"
    if sided >= LEANING:
        return "leaning"
    indifferent = sqrt(variance) <= INDIFFERENT_SD and learned >= WELL_ASKED
    return "indifferent" if indifferent else "unknown"
