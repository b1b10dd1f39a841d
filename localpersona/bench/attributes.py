"""PReF's Attributes protocol (arXiv 2503.06358, §5): 84 users, each of whom likes two signed attributes.

Seven attributes (length, formality, humour, elicitation, politeness, enthusiasm, confidence) in two directions make
14 traits; a user wants two traits of different attributes, so there are C(14, 2) − 7 = 84. In the paper GPT-4o
judges pairs of responses as each user. Here the judge is a rating of every response on each attribute, made without
knowledge of users: a user prefers the response with the larger sum of the two signed ratings, and pairs with equal
sums are left out, as the paper leaves ties out. These are constructed users, not people, and they never err.

Because ratings are the label, they must not be among the features: responses are described by scores of models that
never saw their prompt (`scoring`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np

from localpersona.bench.data import Ints
from localpersona.bench.judgements import Collector, Judgements, lines, text_of
from localpersona.bench.protocol import BenchError
from localpersona.preferences.arrays import Array

ATTRIBUTES = ("length", "formality", "humour", "elicitation", "politeness", "enthusiasm", "confidence")
"""PReF's seven, which are seven of our twelve traits by the same names."""
PAIRS = 500
"""Compared by each user: a fifth of them, held out, are 100 to test on, as many as in the paper."""


@dataclass(frozen=True)
class Wish:
    """One user: two attributes, and for each whether its high pole is wanted (1) or its low one (−1)."""

    attributes: tuple[str, str]
    signs: tuple[int, int]

    @property
    def name(self) -> str:
        """For instance "+length −humour"."""
        return " ".join(
            f"{'+' if sign > 0 else '−'}{attribute}"
            for attribute, sign in zip(self.attributes, self.signs, strict=True)
        )

    def worth(self, ratings: Mapping[str, Array]) -> Array:
        """Return (n,) how much this user likes responses with the given ratings (n,) by attribute."""
        one, other = self.attributes
        return self.signs[0] * ratings[one] + self.signs[1] * ratings[other]


WISHES = tuple(
    Wish(attributes, (one, other))
    for attributes in combinations(ATTRIBUTES, 2)
    for one, other in product((1, -1), repeat=2)
)
"""All 84."""


def read(folder: Path, pairs: int = PAIRS, seed: int = 0) -> Judgements:
    """Return the comparisons of the 84 users over the rated responses of the folder `styles`.

    Each compares `pairs` pairs of responses to the same prompt, drawn for each user, in a drawn order. Raises
    BenchError.
    """
    prompts, texts, ratings = _responses(folder / "responses.jsonl")
    generator = np.random.default_rng(seed)
    candidates = _pairs(prompts, generator)
    collector = Collector()
    for wish in WISHES:
        worth = wish.worth(ratings)
        first, second = candidates[worth[candidates[:, 0]] != worth[candidates[:, 1]]].T
        for row in generator.permutation(len(first))[:pairs]:
            one, other = int(first[row]), int(second[row])
            collector.add(wish.name, prompts[one], texts[one], texts[other], float(worth[one] > worth[other]))
    return collector.judgements("Attributes, constructed users")


def _responses(path: Path) -> tuple[list[str], list[str], dict[str, Array]]:
    prompts, texts, rated = [], [], []
    for place, row in lines(path):
        prompts.append(text_of(row, "prompt", place))
        texts.append(text_of(row, "text", place))
        rated.append(_ratings(row, place))
    columns = np.array(rated, dtype=float).reshape(len(rated), len(ATTRIBUTES)).T
    return prompts, texts, dict(zip(ATTRIBUTES, columns, strict=True))


def _ratings(row: dict[str, Any], place: str) -> list[float]:
    try:
        return [float(row["ratings"][name]) for name in ATTRIBUTES]
    except (KeyError, TypeError, ValueError):
        raise BenchError(f"{place}: there are no ratings of {', '.join(ATTRIBUTES)}.") from None


def _pairs(prompts: list[str], generator: np.random.Generator) -> Ints:
    """Return (m, 2) all pairs of different responses to one prompt, which of the two is first being drawn."""
    rows_of: dict[str, list[int]] = {}
    for row, prompt in enumerate(prompts):
        rows_of.setdefault(prompt, []).append(row)
    pairs = np.array(
        [pair for rows in rows_of.values() for pair in combinations(rows, 2)], dtype=np.int64
    ).reshape(-1, 2)
    swapped = generator.random(len(pairs)) < 0.5
    pairs[swapped] = pairs[swapped][:, ::-1]
    return pairs
