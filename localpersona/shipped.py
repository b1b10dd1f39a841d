"""The files that ship with the package: the reward model, the question bank, the catalogue."""

from __future__ import annotations

from pathlib import Path


def models() -> Path:
    """Return the directory of shipped data: in the installed package, or `models/` beside it in a checkout."""
    packaged = Path(__file__).with_name("models")
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / "models"


def reward_model() -> Path:
    return models() / "reward"


def question_bank() -> Path:
    return models() / "questions.json"
