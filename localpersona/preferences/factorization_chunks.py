"""Comparisons as the factorisation sees them: a chunk at a time, so that ten million need little memory.

A chunk turns loadings B (J, D) into its comparisons' base rewards z, and knows nothing of how it is stored:

    LinearChunk   z = B d, d = the difference of D features of the two responses: holds for new responses too
    FreeChunk     z = one column of B for each of D comparisons, which many users answered: PReF's matrix

The mean of ‖d‖² over the comparisons should be about 1 (a column of B alone is d = one of D unit vectors), so
that one strength of regularisation fits both kinds, whatever D is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from localpersona.preferences.arrays import Array

Ints = NDArray[np.integer[Any]]


class Chunk(Protocol):
    """m comparisons by users 0 … U − 1."""

    @property
    def users(self) -> Ints:
        """(m,)"""

    @property
    def outcomes(self) -> Array:
        """(m,) 1 first preferred, 0 second, 0.5 a tie."""

    @property
    def offsets(self) -> Array | float:
        """(m,) log-odds that something else explains already."""

    def scores(self, loadings: Array) -> Array:
        """Return z (m, J) for loadings (J, D)."""

    def collect(self, slopes: Array) -> Array:
        """Return Σ s dᵀ (J, D) for slopes s (m, J): the adjoint of `scores`."""


class Chunks(Protocol):
    """All comparisons, which can be gone through again and again."""

    def __iter__(self) -> Iterator[Chunk]: ...


@dataclass(frozen=True, eq=False, slots=True)
class LinearChunk:
    """Comparisons of responses that features describe."""

    users: Ints
    outcomes: Array
    differences: Array
    """(m, D) features of the first response minus features of the second."""
    offsets: Array | float = 0.0

    def scores(self, loadings: Array) -> Array:
        return np.asarray(self.differences @ loadings.T)

    def collect(self, slopes: Array) -> Array:
        return np.asarray(slopes.T @ self.differences)


@dataclass(frozen=True, eq=False, slots=True)
class FreeChunk:
    """Comparisons that are known by their number only."""

    users: Ints
    outcomes: Array
    items: Ints
    """(m,) which of the D comparisons each is."""
    count: int
    """D."""
    offsets: Array | float = 0.0

    def scores(self, loadings: Array) -> Array:
        return np.asarray(np.ascontiguousarray(loadings.T)[self.items])

    def collect(self, slopes: Array) -> Array:
        return sums_by(self.items, slopes, self.count).T


def sums_by(groups: Ints, rows: Array, count: int) -> Array:
    """Return (count, J): the sum of the rows (m, J) of each group (m,)."""
    return np.stack([np.bincount(groups, weights=column, minlength=count) for column in rows.T], axis=1)


def count_answers(chunks: Chunks, users: int) -> Array:
    """Return (U,) how many comparisons each user answered."""
    total = np.zeros(users)
    for chunk in chunks:
        total += np.bincount(chunk.users, minlength=users)
    return total


def second_moment(chunks: Chunks, loadings: Array) -> Array:
    """Return (J, J) the mean of z zᵀ over the comparisons."""
    total, count = np.zeros((len(loadings), len(loadings))), 0
    for chunk in chunks:
        z = chunk.scores(loadings)
        total += z.T @ z
        count += len(z)
    return total / max(count, 1)
