"""The rated answers and the simulated people's choices, as arrays; and their embeddings, computed once."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from localpersona.rewards.encoder import Encoder
from localpersona.rewards.features import Features, extract
from localpersona.rewards.traits import TRAITS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NAMES = tuple(trait.name for trait in TRAITS)
CHUNK = 256  # texts between two saves, so that an interrupted run loses little


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


def load_features(answers: Answers, encoder: Path, cache: Path) -> Features:
    """Return what the heads see of all answers. Embeddings are kept in `cache`, by encoder and text."""
    prompts = [row["prompt"] for row in answers.rows]
    texts = [row["text"] for row in answers.rows]
    vectors = _embed([*texts, *prompts], encoder, cache)
    return extract(prompts, texts, vectors[len(texts) :], vectors[: len(texts)])


def _embed(texts: list[str], encoder: Path, cache: Path) -> NDArray[np.float32]:
    name = hashlib.sha256(encoder.read_bytes()).hexdigest()[:12]
    path = cache / f"embeddings-{name}.npz"
    known: dict[str, NDArray[np.float32]] = {}
    if path.is_file():
        with np.load(path, allow_pickle=False) as stored:
            known = dict(zip(stored["keys"].tolist(), stored["vectors"], strict=True))
    keys = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
    todo = list({key: text for key, text in zip(keys, texts, strict=True) if key not in known}.items())
    if todo:
        cache.mkdir(exist_ok=True)
        model = Encoder(encoder)
        for start in range(0, len(todo), CHUNK):
            print(f"\r  embedding {start} of {len(todo)} texts", end="", flush=True)
            some = todo[start : start + CHUNK]
            known.update(zip((key for key, _ in some), model.embed([text for _, text in some]), strict=True))
            np.savez(path, keys=np.array(list(known)), vectors=np.stack(list(known.values())))
        model.close()
        print(f"\r  embedded {len(todo)} texts           ")
    return np.stack([known[key] for key in keys])


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _number(prompt_id: str) -> int:
    return int(prompt_id[1:])
