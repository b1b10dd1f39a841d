"""Sense: what the language model itself knows of how good its answer is.

A small model's answers are bad in ways that the reward model hardly sees: of 756 rated ones of the embedded model, its
score of quality puts 59 % of the pairs within a prompt in order. The model's own logits tell more. How probable it
finds its answer orders 68 %; a linear reading of the logits (`Probe`) orders 77 %, by probes that never saw the prompt
(scripts/train_sense.py). All of it is there when tokens are drawn, and costs next to nothing.

A probe belongs to one model. Where there is none, the log-probability stands in. Either only compares candidates for
one prompt, drawn by the same model in the same way.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from localpersona.alignment.decoder import Row

QUALITY_PER_NAT = 0.3
"""Standard deviations of quality for a nat of mean log-probability: the slope of the ratings within a prompt, beside
that of the score: 0.29 (0.21 to 0.38)."""
TYPICAL_WORDS = 80
"""Of a whole answer. A beginning has so much less to say about its mean."""
_WORDS = (12, 25, 50, 100)
_SLOPES = (0.55, 0.75, 1.0, 1.15)
"""What a difference between the readings of beginnings of so many words comes to in the ratings of whole answers: the
slope within a prompt (scripts/train_sense.py). The last is that of whole answers."""
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """Reads the quality of one language model's answers from its logits, by ridge regression on ratings.

    A reading is in the units of the reward model's quality: 0 the mean of its training answers, 1 their deviation.
    """

    answer: Row
    """(vocabulary,) weights of the mean of the logits that the answer's tokens were drawn from."""
    asked: Row
    """(vocabulary,) weights of the logits that the first token was drawn from."""
    offset: float


class Reading:
    """What a probe reads while one answer is decoded."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._asked = self._sum = 0.0
        self._tokens = 0

    def hear(self, row: Row) -> None:
        """Take in the logits (vocabulary,) that a token of the answer is drawn from."""
        with np.errstate(invalid="ignore"):
            if not self._tokens:
                self._asked = float(self._probe.asked @ row)
            self._sum += float(self._probe.answer @ row)
        self._tokens += 1

    def follow(self, other: Reading) -> None:
        """Go on from where another answer is."""
        self._asked, self._sum, self._tokens = other._asked, other._sum, other._tokens

    @property
    def quality(self) -> float | None:
        """None before the first token, and where logits were no numbers."""
        read = self._probe.offset + self._asked + self._sum / max(self._tokens, 1)
        return read if self._tokens and math.isfinite(read) else None


def by_log_probability(nats: Sequence[float], words: Sequence[int]) -> Array:
    """Return (n,) what is to be added to the reward model's quality of candidates, for a model without a probe.

    nats: mean log-probability of each candidate's tokens so far; words: how many it has so far. The best one's is 0.
    """
    values = np.asarray(nats, dtype=np.float64)
    known = np.minimum(np.asarray(words, dtype=np.float64) / TYPICAL_WORDS, 1.0)
    return np.asarray(QUALITY_PER_NAT * known * (values - values.max(initial=-np.inf)))


def by_probe(readings: Sequence[float], scores: Sequence[float], begun: Sequence[int]) -> Array:
    """Return (n,) what is to be added to the reward model's quality, `scores`, so that the readings take its place.

    Beside a reading the score tells hardly more of how candidates differ: a slope of 0.09 (−0.02 to 0.19). begun: words
    of each candidate that is not whole, whose reading tells less; 0 for whole ones. The mean over candidates is 0.
    """
    read, scored = np.asarray(readings, dtype=np.float64), np.asarray(scores, dtype=np.float64)
    if not len(read):
        return read
    share = np.where(np.asarray(begun) > 0, np.interp(begun, _WORDS, _SLOPES), _SLOPES[-1])
    return np.asarray(share * (read - read.mean()) - (scored - scored.mean()))
