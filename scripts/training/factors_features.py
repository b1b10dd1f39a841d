"""What is known of the responses in a spool, and the spool's comparisons as the factorisation takes them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from localpersona.bench.judgements import Judgements, lines, text_of
from localpersona.bench.protocol import BenchError
from localpersona.bench.scoring import EMBEDDING, NAMES, Scorer, dataset_of
from localpersona.preferences.factorization import feature_scale
from localpersona.preferences.factorization_chunks import Chunk
from training.factors_spool import Rows, Spool

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

FEATURES = (*NAMES, *(f"embedding {number}" for number in range(1, EMBEDDING + 1)))
"""(D,)"""
BLOCK = 20_000
"""Responses whose texts are in memory at once."""
FEWEST = 60
"""Comparisons of a person who is to be asked 40 questions, and tested."""


def features_of(spool: Spool, scores: Path | None, load_model: Callable[[], Scorer]) -> Singles:
    """Return (n, D) trait scores and embedding of the responses, standardised.

    scores: an .npz of scores that come before the reward model's. Raises BenchError.
    """
    found: list[Singles] = []
    nobody = np.empty(0, dtype=np.int64)
    texts = lines(spool.texts)
    while block := [
        (text_of(row, "prompt", at), text_of(row, "text", at)) for at, row in islice(texts, BLOCK)
    ]:
        numbers: dict[str, int] = {}
        responses = tuple((numbers.setdefault(prompt, len(numbers)), text) for prompt, text in block)
        asked = Judgements(spool.path.name, tuple(numbers), responses, nobody, nobody, nobody, np.empty(0))
        data = dataset_of(asked, scores, load_model, _show)
        found.append(np.hstack([data.traits, data.embedding]).astype(np.float32))
    return np.concatenate(found)


@dataclass(frozen=True, eq=False)
class SpoolChunks:
    """The whole spool, for `fit_chunks`."""

    spool: Spool
    by_pair: bool
    """Whether a row of the design is a pair; otherwise it is a response."""

    def __iter__(self) -> Iterator[Chunk]:
        for rows in self.spool:
            outcomes = rows["outcome"].astype(np.float64)
            if self.by_pair:
                yield Chunk(rows["user"], outcomes, rows["item"])
            else:
                yield Chunk(rows["user"], outcomes, rows["first"], rows["second"])


def scale_of(spool: Spool, features: Singles, importance: Floats) -> Floats:
    """Return the scale (D,) to divide features (n, D) by before `fit_chunks` has them."""
    total = np.zeros(features.shape[1])
    for rows in spool:
        differences = features[rows["first"]] - features[rows["second"]]
        total += np.einsum("ij,ij->j", differences, differences, dtype=np.float64)
    return feature_scale(total / spool.count, importance)


def sample(spool: Spool, people: int, each: int, seed: int) -> Rows:
    """Return about `each` comparisons of `people` people who made at least FEWEST, or of all there are.

    Raises BenchError when there are not two.
    """
    counts = np.zeros(spool.users, dtype=np.int64)
    for rows in spool:
        counts += np.bincount(rows["user"], minlength=spool.users)
    generator = np.random.default_rng(seed)
    chosen = generator.permutation(np.flatnonzero(counts >= FEWEST))[:people]
    if len(chosen) < 2:
        raise BenchError(f"Fewer than two people made {FEWEST} comparisons: nobody can be held out.")
    share = np.zeros(spool.users)
    share[chosen] = each / counts[chosen]
    return np.concatenate([rows[generator.random(len(rows)) < share[rows["user"]]] for rows in spool])


def _show(what: str, done: int, total: int) -> None:
    print(f"\r  {what}: {done:,} of {total:,}", end="", file=sys.stderr, flush=True)
