"""A folder as scripts/train_judge.py writes it, with weights that are known, and reward models that only count."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scripted_engine import fake_traits

from localpersona.bench.alignment_users import PEOPLE
from localpersona.preferences import Weights
from localpersona.rewards.traits import TRAITS

NAMES = tuple(trait.name for trait in TRAITS)
PERSON = np.linspace(-1.0, 1.2, len(NAMES))
"""The weights of every simulated person."""


def write_judges(folder: Path, **figures: object) -> Path:
    """Write judge and selector; figures: what is known of the judge."""
    for name in ("judge", "selector"):
        (folder / name).mkdir(parents=True)
        prior = Weights.gaussian(np.full(len(NAMES), 0.1), np.eye(len(NAMES)), NAMES, name)
        _write(folder / name / "prior.json", prior.to_dict())
        person = {"description": "Likes this and that.", "mean": PERSON.tolist()}
        person |= {"covariance": (0.01 * np.eye(len(NAMES))).tolist()}
        people = [{"user": user, **person} for user in PEOPLE]
        _write(folder / name / "people.json", {"version": name, "people": people})
    if figures:
        _write(folder / "judge" / "figures.json", figures)
    return folder


class Counting:
    """A reward model that scores as the scripted engine does; its version is its folder's name."""

    def __init__(self, folder: Path) -> None:
        self.version = folder.name
        self.texts = 0

    def score(self, prompt: str, responses: Sequence[str], finished: bool = True) -> NDArray[np.float32]:
        self.texts += len(responses)
        return np.array([fake_traits(response) for response in responses], dtype=np.float32)

    def close(self) -> None:
        pass


def _write(path: Path, data: object) -> None:
    path.write_text(json.dumps(data), encoding="utf-8")
