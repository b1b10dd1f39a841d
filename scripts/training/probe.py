"""A linear reading of quality from a language model's logits: ridge regression in its dual form.

An answer is two blocks of numbers: the mean of the logits that its tokens were drawn from, and the logits of the
first token, which tell how the model stands to the question. There are as many of each as the vocabulary has
tokens, far more than answers, but they only vary in as many directions as the model's hidden state is wide.

What this does not know: where the logits come from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Block = NDArray[np.float32]
PENALTIES = (0.03, 0.1, 0.3, 1.0)
"""In units of the mean squared length of an answer's (centred, scaled) blocks; one is chosen on held-out prompts."""


@dataclass(frozen=True, slots=True)
class Fit:
    """What ridge regression found: a reading is offset + Σ_b blocks_b · weights_b."""

    weights: tuple[Array, ...]
    """(V,) for each block."""
    offset: float

    def __call__(self, blocks: Sequence[Block]) -> Array:
        """Return readings (n,) of blocks (n, V) each."""
        return self.offset + np.sum([x @ w for x, w in zip(blocks, self.weights, strict=True)], axis=0)


def fit(blocks: Sequence[Block], goal: Array, penalty: float) -> Fit:
    """Return the reading that comes nearest to goal (n,) from blocks (n, V) each, by least squares and a penalty."""
    scales, dual = _solve(grams(blocks, blocks), goal, penalty)
    means = [block.mean(axis=0, dtype=float) for block in blocks]
    weights = tuple(
        scale * (dual @ block - dual.sum() * mean)
        for scale, block, mean in zip(scales, blocks, means, strict=True)
    )
    shift = sum(float(mean @ weight) for mean, weight in zip(means, weights, strict=True))
    return Fit(weights, float(goal.mean()) - shift)


def grams(new: Sequence[Block], known: Sequence[Block]) -> list[Array]:
    """Return (m, n) for each block: the products of all new answers with all known ones."""
    return [np.asarray(one @ other.T, dtype=float) for one, other in zip(new, known, strict=True)]


def held_out(
    known: Sequence[Array],
    new: Sequence[Array],
    goal: Array,
    groups: NDArray[np.int64],
    penalty: float | None = None,
) -> Array:
    """Return (n,) readings of each group by fits to the others.

    known: `grams` (n, n) of the answers that are learned from; new: those of what is read (the same answers, or their
    beginnings) with them. penalty: None to choose it anew for each group, on the other groups alone.
    """
    readings = np.zeros(len(goal))
    for group in np.unique(groups):
        mine, theirs = groups == group, groups != group
        inner = [gram[np.ix_(theirs, theirs)] for gram in known]
        used = choose_penalty(inner, goal[theirs], groups[theirs]) if penalty is None else penalty
        scales, dual = _solve(inner, goal[theirs], used)
        for scale, gram, cross in zip(scales, inner, new, strict=True):
            part = cross[np.ix_(mine, theirs)] - gram.mean(axis=0)
            readings[mine] += scale * (part @ (dual - dual.mean()))
        readings[mine] += goal[theirs].mean()
    return readings


def choose_penalty(known: Sequence[Array], goal: Array, groups: NDArray[np.int64]) -> float:
    """Return the penalty with the least squared error on groups that are held out."""

    def error(penalty: float) -> float:
        return float(((held_out(known, known, goal, groups, penalty) - goal) ** 2).mean())

    return min(PENALTIES, key=error)


def _solve(known: Sequence[Array], goal: Array, penalty: float) -> tuple[list[float], Array]:
    """Return each block's scale, by which all have the same say, and the dual weights (n,)."""
    centred = [gram - gram.mean(axis=0) - gram.mean(axis=1)[:, None] + gram.mean() for gram in known]
    scales = [len(goal) / float(np.trace(gram)) for gram in centred]
    kernel = np.sum([scale * gram for scale, gram in zip(scales, centred, strict=True)], axis=0)
    ridge = penalty * len(known) * np.eye(len(goal))
    return scales, np.linalg.solve(kernel + ridge, goal - goal.mean())
