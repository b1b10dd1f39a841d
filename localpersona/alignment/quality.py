"""Free signals of quality: what a candidate's own probability and its agreement with the others say.

Neither needs another model. A small model's good answers tend to be those that it found likely itself, and what
several candidates have in common is more often right than what only one of them says: the candidate with the
least expected distance to the others is the minimum-Bayes-risk choice (arXiv 2402.05756), here with the cosine
of the reward model's embeddings as the gain. What this does not know: that a model can be sure of nonsense, and
that likely answers are bland.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

LIKELY, AGREEING = 0.0, 0.0
"""Standard deviations of the quality score that a nat per token, and a cosine of 1, are worth."""


def agreement(embeddings: ArrayLike) -> Array:
    """Return (n,): each candidate's mean cosine with the others, from embeddings (n, d); 0 for a single one."""
    vectors = np.asarray(embeddings, np.float64)
    count = len(vectors)
    if count < 2:
        return np.zeros(count)
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    sums: Array = (unit @ unit.T).sum(axis=1) - (unit * unit).sum(axis=1)
    return sums / (count - 1)


def better_quality(
    quality: ArrayLike,
    mean_log_probabilities: ArrayLike,
    agreements: ArrayLike,
    likely: float = LIKELY,
    agreeing: float = AGREEING,
) -> Array:
    """Return the quality scores (n,) of one prompt's candidates, corrected by both signals.

    The signals only compare: they are taken from their means, so that the scores keep theirs.
    """
    scores = np.asarray(quality, np.float64)
    for signal, weight in ((mean_log_probabilities, likely), (agreements, agreeing)):
        values = np.asarray(signal, np.float64)
        scores = scores + weight * (values - values.mean())
    return scores
