"""Which question to ask next: the one whose answer would teach most about this user; and when to stop asking."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

from localpersona.preferences.arrays import Array
from localpersona.preferences.criteria import CRITERIA, log_odds, taste
from localpersona.preferences.weights import Weights

DEFAULT = "lookahead"
"""Of the criteria: the best on held-out people after five answers; scripts/measure_weights.py compares them."""
ENOUGH = 0.003
"""Expected fall of the variance of predicted probabilities, averaged over the pool, below which to stop asking.
At first the best question promises 0.07 and the variance is 0.2; after ten answers 0.003 and 0.04."""
EQUAL = 1e-9
"""Gains that differ by less than this fraction are equal: the same question must win on every machine."""


def question_gains(
    weights: Weights,
    differences: ArrayLike,
    criterion: str = DEFAULT,
    *,
    targets: ArrayLike | None = None,
    seed: int = 0,
) -> Array:
    """Return (m,) how much the answer to each question would teach, for differences d (m, J); at least 0.

    criterion: one of CRITERIA; their units differ.
    targets: (t, J) differences of comparisons to be predicted well, for "lookahead"; the questions by default.
    seed: for the criteria that draw, "thompson" and "random".
    Raises ValueError for an unknown criterion, a wrong shape or values that are not finite.
    """
    if criterion not in CRITERIA:
        raise ValueError(f"no such criterion: {criterion!r}; there are {', '.join(CRITERIA)}")
    asked = weights.checked(differences)
    aims = asked if targets is None else weights.checked(targets)
    return CRITERIA[criterion](weights, asked, aims, np.random.default_rng(seed))


def next_question(
    weights: Weights,
    differences: ArrayLike,
    asked: Iterable[int] = (),
    criterion: str = DEFAULT,
    *,
    targets: ArrayLike | None = None,
    seed: int = 0,
) -> int | None:
    """Return the index of the best question not asked, None when none is left; of equals, the first.

    Indices in `asked` that the pool does not have (those of a former bank, say) are ignored. The other
    arguments are those of `question_gains`.
    """
    gains = question_gains(weights, differences, criterion, targets=targets, seed=seed)
    left = _left(len(gains), asked)
    if not left.any():
        return None
    best = gains[left].max()
    return int(np.flatnonzero(left & (gains >= best * (1.0 - EQUAL)))[0])


def knows_enough(
    weights: Weights, differences: ArrayLike, asked: Iterable[int] = (), *, targets: ArrayLike | None = None
) -> bool:
    """Say whether another question is hardly worth the user's time: none left promises ENOUGH about their taste.

    Arguments as for `next_question`; it also is true when none is left.
    """
    questions = weights.checked(differences)
    known = log_odds(weights, questions)
    gains = taste(weights, known, known if targets is None else log_odds(weights, weights.checked(targets)))
    left = _left(len(gains), asked)
    return not left.any() or bool(gains[left].max() < ENOUGH)


def _left(count: int, asked: Iterable[int]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    left = np.ones(count, dtype=bool)
    left[[index for index in asked if 0 <= index < count]] = False
    return left
