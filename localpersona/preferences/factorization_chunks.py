"""Comparisons as the factorisation sees them: a chunk at a time, so that ten million need little memory.

A design turns loadings B (J, D) into base rewards (n, J), once for each pass over the comparisons; a chunk looks
up its own. n is the number of responses, or of pairs of responses:

    FeatureDesign   B x, of D features each: holds for new responses too
    FreeDesign      the columns of B themselves, D = n: PReF's matrix of users × comparisons

What B is multiplied with in a comparison should have a mean square length of about 1 (in a FreeDesign it is one of
D unit vectors). Then one strength of regularisation fits both, whatever D is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from localpersona.preferences.arrays import Array

Ints = NDArray[np.integer[Any]]
BLOCK = 65_536
"""Rows of single-precision features that are made double at a time."""


@dataclass(frozen=True, eq=False, slots=True)
class Chunk:
    """m comparisons by users 0 … U − 1."""

    users: Ints
    """(m,)"""
    outcomes: Array
    """(m,) 1 first preferred, 0 second, 0.5 a tie."""
    first: Ints
    """(m,) rows of the design."""
    second: Ints | None = None
    """(m,) rows to subtract; None where a row of the design is a pair."""
    offsets: Array | float = 0.0
    """(m,) log-odds that something else explains already."""

    def differences(self, rewards: Array) -> Array:
        """Return z (m, J) for base rewards (n, J)."""
        z = rewards[self.first]
        return z if self.second is None else np.asarray(z - rewards[self.second])

    def log_odds(self, weights: Array, differences: Array) -> Array:
        """Return (m,) w_u · z, and what is explained already."""
        return np.asarray(np.einsum("ij,ij->i", weights[self.users], differences) + self.offsets)

    def add_to(self, sums: Array, slopes: Array) -> None:
        """Add slopes by z (m, J) to the sums of slopes by base rewards (n, J)."""
        sums += sums_by(self.first, slopes, len(sums))
        if self.second is not None:
            sums -= sums_by(self.second, slopes, len(sums))


class Chunks(Protocol):
    """All comparisons, which can be gone through again and again."""

    def __iter__(self) -> Iterator[Chunk]: ...


class Design(Protocol):
    """What base rewards are made of."""

    @property
    def width(self) -> int:
        """D."""

    def rewards(self, loadings: Array) -> Array:
        """Return (n, J) for loadings (J, D)."""

    def collect(self, slopes: Array) -> Array:
        """Return slopes by loadings (J, D) from slopes by base rewards (n, J): the adjoint of `rewards`."""


@dataclass(frozen=True, eq=False, slots=True)
class FeatureDesign:
    """Base rewards that are linear in features."""

    features: NDArray[np.floating[Any]]
    """(n, D)."""

    @property
    def width(self) -> int:
        return int(self.features.shape[1])

    def rewards(self, loadings: Array) -> Array:
        return np.concatenate([block @ loadings.T for block in self._blocks()])

    def collect(self, slopes: Array) -> Array:
        parts = np.array_split(slopes, range(BLOCK, len(slopes), BLOCK))
        total = np.zeros((slopes.shape[1], self.width))
        for part, block in zip(parts, self._blocks(), strict=True):
            total += part.T @ block
        return total

    def _blocks(self) -> Iterator[Array]:
        for start in range(0, len(self.features), BLOCK):
            yield self.features[start : start + BLOCK].astype(np.float64, copy=False)


@dataclass(frozen=True, slots=True)
class FreeDesign:
    """Base rewards of pairs of which nothing is known."""

    width: int

    def rewards(self, loadings: Array) -> Array:
        return np.ascontiguousarray(loadings.T)

    def collect(self, slopes: Array) -> Array:
        return slopes.T


def sums_by(groups: Ints, rows: Array, count: int) -> Array:
    """Return (count, J): the sum of the rows (m, J) of each group (m,)."""
    return np.stack([np.bincount(groups, weights=column, minlength=count) for column in rows.T], axis=1)


def count_answers(chunks: Chunks, users: int) -> Array:
    """Return (U,) how many comparisons each user answered."""
    total = np.zeros(users)
    for chunk in chunks:
        total += np.bincount(chunk.users, minlength=users)
    return total


def second_moment(chunks: Chunks, rewards: Array) -> Array:
    """Return (J, J) the mean of z zᵀ over the comparisons, for base rewards (n, J)."""
    total, count = np.zeros((rewards.shape[1], rewards.shape[1])), 0
    for chunk in chunks:
        z = chunk.differences(rewards)
        total += z.T @ z
        count += len(z)
    return total / max(count, 1)
