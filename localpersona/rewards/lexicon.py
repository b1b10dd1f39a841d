"""The words of a text as numbers: terms that the training responses use, each with a weight by rarity.

An encoder's mean vector blurs the single telling phrase ("I'm so sorry to hear", "it should be noted"), and
those carry style. A term is a word, a mark, a pair of neighbours, or how the text begins and ends.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

_TOKEN = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*|\d+|[^\w\s]")


def terms_of(text: str) -> list[str]:
    """Return the terms of text, repeated as often as they occur. Any number is "0"; case does not matter."""
    words = ["0" if word[0].isdigit() else word for word in _TOKEN.findall(text.lower().replace("’", "'"))]
    pairs = [f"{one} {two}" for one, two in pairwise(words)]
    ends = [f"^ {words[0]}", f"^ {' '.join(words[:2])}", f"$ {words[-1]}"] if words else []
    return words + pairs + ends


@dataclass(frozen=True, eq=False)
class Lexicon:
    """V terms and their rarities."""

    terms: tuple[str, ...]
    rarity: NDArray[np.float32]
    """(V,) log of (training texts / texts with the term)."""
    _column: dict[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_column", {term: column for column, term in enumerate(self.terms)})

    @classmethod
    def of(cls, texts: Sequence[str], least: int = 3) -> Lexicon:
        """Return the terms that occur in at least `least` of the texts, sorted."""
        counts = Counter(term for text in texts for term in set(terms_of(text)))
        terms = tuple(sorted(term for term, count in counts.items() if count >= least))
        rarity = [math.log(len(texts) / counts[term]) for term in terms]
        return cls(terms, np.array(rarity, dtype=np.float32))

    def row(self, text: str) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the columns that text fills, and their values: (1 + log count) · rarity, of length 1."""
        counts = Counter(self._columns(terms_of(text)))
        columns = np.fromiter(counts.keys(), dtype=np.int64, count=len(counts))
        found = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
        values = (1.0 + np.log(found)) * self.rarity[columns] if len(counts) else found
        return columns, np.asarray(values / max(float(np.linalg.norm(values)), 1e-9), dtype=np.float32)

    def _columns(self, terms: Iterable[str]) -> Iterable[int]:
        return (self._column[term] for term in terms if term in self._column)
