"""Which question to ask next: the one whose answer would teach most about this user."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

from localpersona.preferences.laplace import Array, sigmoid
from localpersona.preferences.weights import Weights


def question_gains(weights: Weights, differences: ArrayLike) -> Array:
    """Return (m,) how much an answer to each question, given as differences (m, J), would teach; at least 0."""
    differences_ = np.asarray(differences, dtype=np.float64)
    variance = weights.variance_of(differences_)
    s = sigmoid(differences_ @ weights.mean)
    return np.asarray((s * (1.0 - s)) ** 2 * variance)


def next_question(weights: Weights, differences: ArrayLike, asked: Iterable[int] = ()) -> int | None:
    """Return the index of the best question not asked, None when none is left; of equals, the first.

    Indices in `asked` that are not in the pool (a former bank's, say) are ignored.
    """
    gains = question_gains(weights, differences)
    left = np.ones(len(gains), dtype=bool)
    left[[index for index in asked if 0 <= index < len(gains)]] = False
    if not left.any():
        return None
    return int(np.argmax(np.where(left, gains, -1.0)))
