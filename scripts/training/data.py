"""The rated answers and the simulated people's choices, as arrays."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from localpersona.rewards.encoder import Encoder
from localpersona.rewards.traits import TRAITS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NAMES = tuple(trait.name for trait in TRAITS)
COMPONENTS = 64  # of an embedding: what the benchmark's methods get beside the traits


@dataclass(frozen=True, eq=False)
class Answers:
    """n rated answers."""

    rows: list[dict[str, Any]]
    ratings: Floats
    """(n, J)."""
    prompts: Ints
    """(n,) the number of the prompt; p012 and q012 are the same prompt."""
    folds: Ints
    """(n,)."""
    written: NDArray[np.bool_]
    """(n,) False for the small model's answers."""


@dataclass(frozen=True, eq=False)
class Choices:
    """m choices between two answers to one prompt."""

    people: Ints
    """(m,)."""
    prompts: Ints
    first: Ints
    """(m,) rows of the answers."""
    second: Ints
    outcomes: Floats


def load_answers(folder: Path) -> Answers:
    rows = _lines(folder / "responses.jsonl")
    return Answers(
        rows=rows,
        ratings=np.array([[row["ratings"][name] for name in NAMES] for row in rows], dtype=float),
        prompts=np.array([_number(row["prompt_id"]) for row in rows]),
        folds=np.array([row["fold"] for row in rows]),
        written=np.array([row["source"] == "written" for row in rows]),
    )


def load_choices(folder: Path, answers: Answers) -> Choices:
    row_of = {row["response_id"]: index for index, row in enumerate(answers.rows)}
    rows = _lines(folder / "choices.jsonl")
    people = sorted({row["user"] for row in rows})
    return Choices(
        people=np.array([people.index(row["user"]) for row in rows]),
        prompts=np.array([_number(row["prompt_id"]) for row in rows]),
        first=np.array([row_of[row["first"]] for row in rows]),
        second=np.array([row_of[row["second"]] for row in rows]),
        outcomes=np.array([row["outcome"] for row in rows], dtype=float),
    )


def write_unseen(path: Path, answers: Answers, scores: Floats, original: Path) -> None:
    """Write scores that were made without seeing an answer's prompt, for honest benchmarks on these answers.

    keys: 16 hexadecimal digits of SHA-256 of prompt and text; traits (n, J); embedding (n, COMPONENTS), the
    principal components of the original encoder's vectors, to which no rating contributed.
    """
    pairs = [(row["prompt"], row["text"]) for row in answers.rows]
    model = Encoder(original)
    vectors = model.embed(pairs)[:, : model.width]
    model.close()
    embedding = (vectors - vectors.mean(axis=0)) @ principal_components(vectors)
    np.savez_compressed(
        path,
        keys=np.array(_keys(answers)),
        traits=scores.astype(np.float16),
        embedding=embedding.astype(np.float16),
    )


def load_unseen(path: Path, answers: Answers) -> Floats:
    """Return the traits (n, J) of the answers from what `write_unseen` wrote."""
    with np.load(path, allow_pickle=False) as stored:
        place = {str(key): row for row, key in enumerate(stored["keys"])}
        return np.asarray(stored["traits"][[place[key] for key in _keys(answers)]], dtype=float)


def principal_components(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (d, COMPONENTS) for vectors (n, d), scaled so that what is projected has variance 1 in the first."""
    centred = vectors - vectors.mean(axis=0)
    _, sizes, directions = np.linalg.svd(centred, full_matrices=False)
    return np.asarray(directions[:COMPONENTS].T * np.float32(np.sqrt(len(vectors)) / sizes[0]))


def _keys(answers: Answers) -> list[str]:
    pairs = [f"{row['prompt']}\0{row['text']}" for row in answers.rows]
    return [hashlib.sha256(pair.encode()).hexdigest()[:16] for pair in pairs]


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _number(prompt_id: str) -> int:
    return int(prompt_id[1:])
