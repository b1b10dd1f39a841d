"""Comparisons as arrays: what every method is trained and tested on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from localpersona.preferences.arrays import Array

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Features:
    """What a method may know of the responses in m comparisons."""

    traits_first: Array
    """(m, J) standardised trait scores of the first response."""
    traits_second: Array
    embedding_first: Array
    """(m, E) of the first response; E may be 0."""
    embedding_second: Array

    def __len__(self) -> int:
        return len(self.traits_first)

    @property
    def difference(self) -> Array:
        """(m, J) traits of the first response minus those of the second."""
        return self.traits_first - self.traits_second

    @property
    def embedding_difference(self) -> Array:
        """(m, E) embedding of the first response minus that of the second."""
        return self.embedding_first - self.embedding_second

    def take(self, rows: NDArray[np.integer | np.bool_]) -> Features:
        """Return some of the comparisons: by number, or by a mask (m,)."""
        return Features(
            self.traits_first[rows],
            self.traits_second[rows],
            self.embedding_first[rows],
            self.embedding_second[rows],
        )


@dataclass(frozen=True, eq=False)
class Comparisons:
    """m comparisons by U people."""

    features: Features
    users: Ints
    """(m,) 0 … U − 1, each of which occurs."""
    prompts: Ints
    """(m,) equal where both comparisons are about the same prompt."""
    outcomes: Array
    """(m,) 1 first preferred, 0 second, 0.5 a tie."""

    def __len__(self) -> int:
        return len(self.users)

    def take(self, rows: NDArray[np.integer | np.bool_]) -> Comparisons:
        """Return some of the comparisons; the people in them are numbered anew."""
        users = np.unique(self.users[rows], return_inverse=True)[1].astype(np.int64)
        return Comparisons(self.features.take(rows), users, self.prompts[rows], self.outcomes[rows])

    def by_user(self) -> list[Ints]:
        """Return each person's rows, in order."""
        order = np.argsort(self.users, kind="stable")
        return np.split(order, np.flatnonzero(np.diff(self.users[order])) + 1) if len(order) else []


@dataclass(frozen=True, eq=False)
class Dataset:
    """m comparisons between n responses, whose features are stored once."""

    users: Ints
    """(m,) who compared."""
    prompts: Ints
    """(m,) on which prompt."""
    first: Ints
    """(m,) row of the first response."""
    second: Ints
    outcomes: Array
    """(m,) 1 first preferred, 0 second, 0.5 a tie."""
    traits: Array
    """(n, J), standardised."""
    embedding: Array
    """(n, E); E may be 0."""
    names: tuple[str, ...]
    """(J,) of the traits."""
    texts: Ints | None = None
    """(n,) equal where two responses, to whatever prompts, have the same text; None: all differ."""

    def __len__(self) -> int:
        return len(self.users)

    def features(self, rows: Ints) -> Features:
        """Return what is known of the responses in the comparisons `rows`."""
        first, second = self.first[rows], self.second[rows]
        return Features(
            self.traits[first], self.traits[second], self.embedding[first], self.embedding[second]
        )

    def comparisons(self, rows: Ints) -> Comparisons:
        """Return the comparisons `rows`, with people numbered from 0."""
        users = np.unique(self.users[rows], return_inverse=True)[1].astype(np.int64)
        return Comparisons(self.features(rows), users, self.prompts[rows], self.outcomes[rows])
