"""Trait scores of the answers by two models, the one that selected and the one that only judges; and how probable
the plain language model finds them.

A second pass over the answers, with a file of its own for each model beside them, so that it can be stopped and
gone on with as well.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from localpersona.bench.alignment_answers import Answer, Progress
from localpersona.bench.scoring import key_of
from localpersona.engine.protocol import Engine
from localpersona.preferences.arrays import Array

SENSE = "sense"
"""Stands where reward models have their version."""


class Scorer(Protocol):
    """What is needed of a `RewardModel`."""

    @property
    def version(self) -> str: ...

    def score(self, prompt: str, responses: Sequence[str], finished: bool = True) -> NDArray[np.float32]: ...

    def close(self) -> None: ...


class Sense:
    """A `Scorer` with one score: the mean log-probability of a response's tokens by the plain model."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def version(self) -> str:
        return SENSE

    def score(self, prompt: str, responses: Sequence[str], finished: bool = True) -> NDArray[np.float32]:
        """Return (n, 1)."""
        return np.array(self._engine.likelihood(prompt, responses), dtype=np.float32)[:, None]

    def close(self) -> None:
        """The engine is closed by whoever started it."""


class Scores:
    """One model's trait scores, by prompt and text."""

    def __init__(self, version: str, rows: dict[str, Array]) -> None:
        self.version = version
        self._rows = rows

    def of(self, prompt: str, text: str) -> Array:
        """Return (J,)."""
        return self._rows[key_of(prompt, text)]


def score(
    answers: Iterable[Answer],
    prompts: Sequence[str],
    beside: Path,
    version: str,
    load: Callable[[], Scorer],
    progress: Progress,
) -> Scores:
    """Return the scores of all the answers; load: called only when some are not in the file yet."""
    path = beside.with_name(f"{beside.name}.{version}")
    rows = _read(path)
    missing: dict[int, set[str]] = {}
    for answer in answers:
        if key_of(prompts[answer.prompt], answer.text) not in rows:
            missing.setdefault(answer.prompt, set()).add(answer.text)
    if missing:
        model = load()
        try:
            for number, (at, texts) in enumerate(sorted(missing.items())):
                progress("prompts judged", number, len(missing))
                rows |= _scored(model, prompts[at], sorted(texts), path)
        finally:
            model.close()
    return Scores(version, rows)


def _scored(model: Scorer, prompt: str, texts: list[str], path: Path) -> dict[str, Array]:
    """Score the answers to one prompt, and write that down."""
    keys = [key_of(prompt, text) for text in texts]
    traits = np.asarray(model.score(prompt, texts), dtype=float).round(5)  # as it will be read again
    with path.open("a", encoding="ascii") as file:
        for key, row in zip(keys, traits, strict=True):
            file.write(json.dumps([key, row.tolist()]) + "\n")
    return dict(zip(keys, traits, strict=True))


def _read(path: Path) -> dict[str, Array]:
    """Return what the file holds; a line that was cut off is left out, and will be made again."""
    rows: dict[str, Array] = {}
    if path.is_file():
        for line in path.read_text(encoding="ascii", errors="replace").split("\n"):
            try:
                key, traits = json.loads(line)
                rows[str(key)] = np.array(traits, dtype=float)
            except (ValueError, TypeError):
                continue
    return rows
