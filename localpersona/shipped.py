"""Where the files that ship with the package are: the reward model and the question bank."""

from __future__ import annotations

from pathlib import Path


def models() -> Path:
    """Return the directory of shipped data: in the installed package, or `models/` beside it in a checkout."""
    packaged = Path(__file__).with_name("models")
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / "models"


def reward_model() -> Path:
    """Return the directory of the encoder, the heads and the prior."""
    return models() / "reward"


def question_bank() -> Path:
    """Return the JSON file of the questions."""
    return models() / "questions.json"
