"""The question bank: prompts with two answers that differ in taste, for getting to know a new user.

The texts are synthetic (written by a large language model for this project, CC0). As stored, format 2:

    {"format": 2, "note": …, "version": of the reward model, "carries": one of CARRIES, "names": the J traits,
     "questions": [{"id", "domain", "prompt", "first", "second", "differs": clearly different traits,
                    "traits": [J numbers of first, J of second]}, …]}

The shipped bank carries ratings and scores: its answers were rated, and people are learned sooner from questions
whose traits are half the rating and half the reward model's score (scripts/measure_weights.py compares them).
Format 1, without "carries", held the reward model's scores.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from localpersona import shipped
from localpersona.rewards.errors import RewardModelError

Carries = Literal["scores", "ratings", "ratings and scores"]
CARRIES: tuple[Carries, ...] = get_args(Carries)
"""What the traits of a bank's answers are: the reward model's scores; ratings on the same scale; the mean of both."""
_CURRENT_FORMAT = 2


@dataclass(frozen=True, eq=False)
class Questions:
    """n questions; entry i of every field is about question i."""

    id: tuple[str, ...]
    """Stable over releases for the same two texts."""
    prompt: tuple[str, ...]
    first: tuple[str, ...]
    second: tuple[str, ...]
    domain: tuple[str, ...]
    """What the prompt is about, such as "cooking and food"."""
    names: tuple[str, ...]
    """The J traits."""
    traits: NDArray[np.float32]
    """(n, 2, J) traits of first and second, on the scale of the reward model `version`; see `carries`."""
    version: str
    carries: Carries = "scores"

    def __len__(self) -> int:
        return len(self.id)

    @property
    def differences(self) -> NDArray[np.float32]:
        """(n, J) traits of the first response minus traits of the second."""
        return self.traits[:, 0] - self.traits[:, 1]


def question_bank(path: Path | None = None) -> Questions:
    """Read the bank, by default the shipped one. Raises RewardModelError."""
    path = path or shipped.question_bank()
    try:
        return _from_json(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise RewardModelError(f"The question bank cannot be read: {error}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RewardModelError(f"The question bank is damaged: {path}") from error


def _from_json(data: dict[str, Any]) -> Questions:
    if data["format"] not in (1, _CURRENT_FORMAT):
        raise ValueError("unknown format")
    carries = "scores" if data["format"] == 1 else data["carries"]
    if carries not in CARRIES:
        raise ValueError("unknown kind of traits")
    rows, names = data["questions"], tuple(data["names"])
    traits = np.array([row["traits"] for row in rows], dtype=np.float32).reshape(len(rows), 2, len(names))
    if not np.isfinite(traits).all():
        raise ValueError("scores must be finite")
    columns = {name: tuple(str(row[name]) for row in rows) for name in _TEXTS}
    return Questions(
        **columns, names=names, traits=traits, version=str(data["version"]), carries=cast(Carries, carries)
    )


_TEXTS = ("id", "prompt", "first", "second", "domain")
