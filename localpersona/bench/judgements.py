"""Who preferred which of two responses, as texts: the JSONL form, and what the other forms are turned into.

    {"user": "ada", "prompt": "How do I …?", "first": "One answer", "second": "Another", "outcome": 1}

outcome: 1 the first was preferred, 0 the second, 0.5 neither.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, TypeVar

import numpy as np

from localpersona.bench.data import Ints
from localpersona.bench.protocol import BenchError
from localpersona.preferences.arrays import Array
from localpersona.text import one_line

LONGEST_LINE = 1_000_000
"""Bytes of a line; longer ones are no comparison of two answers."""
MOST_COMPARISONS = 1_000_000
MOST_CHARACTERS = 500_000_000
"""Of all different texts together: what fits into memory."""

Value = TypeVar("Value")

FORM = "user, prompt, first, second and outcome (1, 0 or 0.5)"


@dataclass(frozen=True, eq=False)
class Judgements:
    """m comparisons, with the different prompts and responses in them."""

    name: str
    """Of the data set, for tables."""
    prompts: tuple[str, ...]
    responses: tuple[tuple[int, str], ...]
    """n pairs of a prompt's number and a text."""
    users: Ints
    """(m,) who compared, numbered."""
    first: Ints
    """(m,) row of the response."""
    second: Ints
    outcomes: Array
    """(m,)."""


@dataclass
class Collector:
    """Numbers users, prompts and responses as they come."""

    users: dict[str | int, int] = field(default_factory=dict)
    prompts: dict[str, int] = field(default_factory=dict)
    responses: dict[tuple[int, str], int] = field(default_factory=dict)
    rows: list[tuple[int, int, int, float]] = field(default_factory=list)
    characters: int = 0

    def add(self, user: str | int, prompt: str, first: str, second: str, outcome: float) -> None:
        """Add one comparison. Raises BenchError when it is one too many."""
        if len(self.rows) >= MOST_COMPARISONS:
            raise BenchError(
                f"There are more than {MOST_COMPARISONS:,} comparisons. Take fewer people or fewer prompts."
            )
        asked = self._number(self.prompts, prompt, len(prompt))
        one, other = (self._number(self.responses, (asked, text), len(text)) for text in (first, second))
        self.rows.append((self._number(self.users, user, 0), one, other, outcome))

    def _number(self, known: dict[Any, int], key: Any, characters: int) -> int:
        if key not in known:
            known[key] = len(known)
            self.characters += characters
            if self.characters > MOST_CHARACTERS:
                raise BenchError("The texts are too large for memory. Take fewer people or fewer prompts.")
        return known[key]

    def judgements(self, name: str) -> Judgements:
        """Return all of them. Raises BenchError when there is nothing to split."""
        if len(self.users) < 2 or len(self.prompts) < 2:
            raise BenchError(
                f"Only {len(self.users)} person and {len(self.prompts)} prompt in {name}:"
                " people and prompts are held out, so at least two of each are needed."
            )
        users, first, second, outcomes = zip(*self.rows, strict=True)
        return Judgements(
            name,
            tuple(self.prompts),
            tuple(self.responses),
            np.array(users, dtype=np.int64),
            np.array(first, dtype=np.int64),
            np.array(second, dtype=np.int64),
            np.array(outcomes, dtype=float),
        )


def read_jsonl(path: Path) -> Judgements:
    """Return the comparisons in a JSONL file (also .gz). Raises BenchError with the line that is wrong."""
    collector = Collector()
    for place, row in lines(path):
        if "user" not in row:
            raise BenchError(f"{place}: there is no user. Each line needs {FORM}.")
        texts = [text_of(row, name, place) for name in ("prompt", "first", "second")]
        collector.add(user_of(row, place), texts[0], texts[1], texts[2], outcome_of(row, place))
    return collector.judgements(path.name)


def user_of(row: dict[str, Any], place: str) -> str | int:
    """Return the user. Raises BenchError unless it is a name or a number."""
    user = row.get("user")
    if isinstance(user, bool) or not isinstance(user, str | int) or user == "":
        raise BenchError(f"{place}: the user must be a name or a whole number, not {_shown(user)}.")
    return user


def text_of(row: dict[str, Any], name: str, place: str) -> str:
    """Return a text. Raises BenchError unless there is one."""
    if name not in row:
        raise BenchError(f"{place}: there is no {name}. Each line needs {FORM}.")
    text = row[name]
    if not isinstance(text, str):
        raise BenchError(f"{place}: {name} must be a text, not {_shown(text)}.")
    return text


def outcome_of(row: dict[str, Any], place: str) -> float:
    """Return the outcome. Raises BenchError unless it is 1, 0 or 0.5."""
    outcome = row.get("outcome")
    if isinstance(outcome, bool) or outcome not in (0, 0.5, 1):
        raise BenchError(
            f"{place}: the outcome must be 1 (first), 0 (second) or 0.5 (a tie), not {_shown(outcome)}."
        )
    return float(outcome)


def named(known: Mapping[str, Value], row: dict[str, Any], which: str, place: str, file: str) -> Value:
    """Return what the id in the field `which` stands for. Raises BenchError when `file` does not have it."""
    identifier = text_of(row, which, place)
    if identifier not in known:
        raise BenchError(f"{place}: {file} has no {one_line(identifier, 40)!r}.")
    return known[identifier]


def lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each line's place, for messages, and what it says; empty lines are skipped. Raises BenchError."""
    with _opened(path) as file:
        number = 0
        while line := file.readline(LONGEST_LINE + 1):
            number += 1
            place = f"{path.name}, line {number}"
            if len(line) > LONGEST_LINE:
                raise BenchError(f"{place}: it is longer than {LONGEST_LINE:,} bytes. Is this a JSONL file?")
            if line.strip():
                yield place, _parsed(line, place)


def _parsed(line: bytes, place: str) -> dict[str, Any]:
    try:
        row = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError:
        raise BenchError(f"{place}: it is not UTF-8. Save the file as UTF-8.") from None
    except (ValueError, RecursionError):
        raise BenchError(f"{place}: it is not JSON. Each line must be one JSON object of its own.") from None
    if not isinstance(row, dict):
        raise BenchError(f"{place}: it is no JSON object. Each line needs {FORM}.")
    return row


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    try:
        with path.open("rb") as plain:
            yield gzip.GzipFile(fileobj=plain) if path.suffix == ".gz" else plain  # type: ignore[misc]
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise BenchError(f"{path.name} is damaged or not gzip: {error}") from None
    except OSError as error:
        raise BenchError(f"{one_line(str(path), 160)} cannot be read: {error.strerror or error}") from None


def _shown(value: object) -> str:
    return one_line(json.dumps(value, ensure_ascii=False), 40)
