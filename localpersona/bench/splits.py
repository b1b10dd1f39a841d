"""Splits by user and by prompt at once: nobody is tested who was trained on, on no prompt that anybody saw."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from localpersona.bench.data import Dataset, Ints


@dataclass(frozen=True, eq=False)
class Examinee:
    """A held-out person. All are rows of the data set."""

    user: int
    pool: Ints
    """Comparisons on prompts of the training part: what this person can be asked."""
    test: Ints
    """Comparisons on the held-out prompts, without ties: what is predicted."""


@dataclass(frozen=True, eq=False)
class Part:
    """What is learned from, and who is held out."""

    train: Ints
    """Other people's comparisons on other prompts."""
    examinees: tuple[Examinee, ...]
    shared: int
    """Test comparisons left out because one of their texts also occurs under a prompt that was seen."""


def split(data: Dataset, parts: int, seed: int, most_answers: int) -> Iterator[Part]:
    """Yield each part: every person is held out once, and every prompt once."""
    for number in range(parts):
        yield part_of(data, parts, number, seed, most_answers)


def part_of(data: Dataset, parts: int, number: int, seed: int, most_answers: int) -> Part:
    """Return part `number` of the people together with the same part of the prompts, held out.

    People without `most_answers` answers to be asked, or with nothing to be tested on, are no examinees.
    """
    mine = assign(data.users, parts, seed) == number
    held_out = assign(data.prompts, parts, seed + 1) == number
    repeated = _repeated_texts(data, held_out)
    testable = held_out & (data.outcomes != 0.5) & ~repeated
    examinees = []
    for user in np.unique(data.users[mine]):
        theirs = data.users == user
        pool, test = np.flatnonzero(theirs & ~held_out), np.flatnonzero(theirs & testable)
        if len(pool) >= max(most_answers, 1) and len(test):
            examinees.append(Examinee(int(user), pool, test))
    shared = int((repeated & held_out & mine).sum())
    return Part(np.flatnonzero(~mine & ~held_out), tuple(examinees), shared)


def assign(labels: Ints, parts: int, seed: int) -> Ints:
    """Return (m,) the part, 0 … parts − 1, of each label: equal labels, equal parts, of nearly equal size."""
    different, rows = np.unique(labels, return_inverse=True)
    part_of = np.random.default_rng(seed).permutation(np.arange(len(different)) % parts)
    return np.asarray(part_of[rows], dtype=np.int64)


def _repeated_texts(data: Dataset, held_out: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return (m,) where one of the texts is also compared under a prompt that is not held out."""
    if data.texts is None:
        return np.zeros(len(data), dtype=bool)
    first, second = data.texts[data.first], data.texts[data.second]
    seen = np.union1d(first[~held_out], second[~held_out])
    return np.asarray(np.isin(first, seen) | np.isin(second, seen))
