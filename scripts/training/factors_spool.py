"""Comparisons from a JSONL of any length, as a file of 20 bytes each that is gone through in chunks.

What stays in memory grows with the different people, pairs and responses, not with the comparisons: their numbers,
under digests of 8 bytes. The responses' texts go to a second file, for the reward model to score.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from localpersona.bench.data import Ints
from localpersona.bench.judgements import Judgements, lines, outcome_of, text_of, user_of
from localpersona.bench.protocol import BenchError
from localpersona.bench.scoring import key_of

ROW = np.dtype([("user", "<i4"), ("first", "<i4"), ("second", "<i4"), ("item", "<i4"), ("outcome", "<f4")])
CHUNK = 65_536

Rows = NDArray[np.void]


class Comparison(NamedTuple):
    """One line of the JSONL."""

    user: str | int
    prompt: str
    first: str
    second: str
    outcome: float


@dataclass(frozen=True, eq=False)
class Spool:
    """m comparisons by U people between n responses."""

    path: Path
    """m records of ROW, item being the pair's number. The response seen earlier comes first, whichever way round
    the JSONL had the two; the outcome is turned with them."""
    texts: Path
    """JSONL of prompt and text of each response."""
    count: int
    """m."""
    users: int
    """U."""
    items: int
    """P, different pairs of responses."""
    prompts: Ints
    """(n,) number of the prompt that each response answers."""

    def __iter__(self) -> Iterator[Rows]:
        """Yield chunks of records. They are read, not mapped: mapped pages would count as memory used."""
        with self.path.open("rb") as file:
            while len(rows := np.fromfile(file, ROW, CHUNK)):
                yield rows


def from_jsonl(path: Path) -> Iterator[Comparison]:
    """Yield the comparisons in a JSONL file (also .gz). Raises BenchError with the line that is wrong."""
    for place, row in lines(path):
        prompt, first, second = (text_of(row, name, place) for name in ("prompt", "first", "second"))
        yield Comparison(user_of(row, place), prompt, first, second, outcome_of(row, place))


def from_judgements(judgements: Judgements) -> Iterator[Comparison]:
    """Yield comparisons that are in memory already."""
    columns = judgements.users, judgements.first, judgements.second, judgements.outcomes
    for user, one, other, outcome in zip(*columns, strict=True):
        (prompt, first), (_, second) = judgements.responses[one], judgements.responses[other]
        yield Comparison(int(user), judgements.prompts[prompt], first, second, float(outcome))


def write_spool(comparisons: Iterable[Comparison], folder: Path) -> Spool:
    """Number people, responses and pairs as they come; write both files into folder. Raises BenchError."""
    numbers, path, texts, count = Numbers(), folder / "comparisons.bin", folder / "texts.jsonl", 0
    rows: list[tuple[int, int, int, int, float]] = []
    with path.open("wb") as binary, texts.open("w", encoding="utf-8") as words:
        for comparison in comparisons:
            row, new = numbers.record(comparison)
            rows.append(row)
            for text in new:
                words.write(json.dumps({"prompt": comparison.prompt, "text": text}) + "\n")
            if len(rows) == CHUNK:
                np.array(rows, ROW).tofile(binary)
                count += len(rows)
                rows.clear()
                print(f"\r  {count:,} comparisons read", end="", file=sys.stderr, flush=True)
        np.array(rows, ROW).tofile(binary)
    count += len(rows)
    print(f"\r  {count:,} comparisons read", file=sys.stderr)
    if not count:
        raise BenchError("There are no comparisons to learn from.")
    return Spool(path, texts, count, len(numbers.users), len(numbers.items), np.array(numbers.prompt_of))


class Numbers:
    """Who and what has been seen so far, in the order of appearance."""

    def __init__(self) -> None:
        self.users: dict[int, int] = {}
        self.prompts: dict[int, int] = {}
        self.responses: dict[int, int] = {}
        self.items: dict[int, int] = {}
        self.prompt_of: list[int] = []

    def record(self, comparison: Comparison) -> tuple[tuple[int, int, int, int, float], list[str]]:
        """Return the record, and the texts of responses that were not known."""
        before = len(self.responses)
        one, other = (
            self._response(comparison, comparison.first),
            self._response(comparison, comparison.second),
        )
        new = [comparison.first] * (one >= before) + [comparison.second] * (other >= before and other != one)
        outcome = comparison.outcome
        if one > other:
            one, other, outcome = other, one, 1.0 - outcome
        item = _number(self.items, one << 32 | other)
        return (_number(self.users, _digest(repr(comparison.user))), one, other, item, outcome), new

    def _response(self, comparison: Comparison, text: str) -> int:
        number = _number(self.responses, int(key_of(comparison.prompt, text), 16))
        if number == len(self.prompt_of):
            self.prompt_of.append(_number(self.prompts, _digest(comparison.prompt)))
        return number


def _number(known: dict[int, int], digest: int) -> int:
    return known.setdefault(digest, len(known))


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest())
