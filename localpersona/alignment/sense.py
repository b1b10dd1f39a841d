"""Sense: how probable the language model itself finds an answer, as a part of how good it is.

What a small model is unsure of is more often wrong or confused, which the reward model hardly sees. Of 756 rated
answers of the embedded model, the mean log-probability per token puts 68 % of the pairs within a prompt in the order
of their quality, the reward model's score 60 %, the best sum of both 67 % (scripts/measure_quality_signals.py).
It costs nothing: the probabilities are there when tokens are drawn.

What this does not know: how much larger models' doubts say. And it only compares candidates of one prompt, drawn by
the same model in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

QUALITY_PER_NAT = 0.3
"""Standard deviations of quality for a nat of mean log-probability: the slope of the ratings within a prompt, beside
that of the score: 0.29 (0.21 to 0.38)."""
TYPICAL_WORDS = 80
"""Of a whole answer. A beginning has so much less to say about its mean."""


def sense(
    log_probabilities: Sequence[float], words: Sequence[int], mean: Sequence[float], names: Sequence[str]
) -> NDArray[np.float64]:
    """Return (n,) what the sense of candidates is worth, in units of reward; the best one's is 0.

    log_probabilities: mean over each candidate's tokens so far, natural logarithm; words: how many it has so far;
    mean: the user's weights of the traits `names`, of which only that of quality counts.
    """
    weight = dict(zip(names, mean, strict=False)).get("quality", 0.0)
    nats = np.asarray(log_probabilities, dtype=np.float64)
    known = np.minimum(np.asarray(words, dtype=np.float64) / TYPICAL_WORDS, 1.0)
    return np.asarray(max(weight, 0.0) * QUALITY_PER_NAT * known * (nats - nats.max(initial=-np.inf)))
