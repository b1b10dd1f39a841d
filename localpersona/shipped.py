"""Where the files that ship with the package are: the reward model, the question bank, the catalogue of LLMs."""

from __future__ import annotations

import os
from pathlib import Path

REWARDS = "LOCALPERSONA_REWARDS"
"""The environment variable that names another reward model's folder, for benchmarks."""


def models() -> Path:
    """Return the directory of shipped data: in the installed package, or `models/` beside it in a checkout."""
    packaged = Path(__file__).with_name("models")
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / "models"


def reward_model() -> Path:
    """Return the directory of the encoder, the heads and the prior: the shipped one, or the one in REWARDS."""
    return Path(os.environ.get(REWARDS) or models() / "reward")


def sense() -> Path:
    """Return the file of the probe that reads the embedded model's logits."""
    return models() / "sense.npz"


def question_bank() -> Path:
    """Return the JSON file of the questions."""
    return models() / "questions.json"


def catalogue() -> Path:
    """Return the JSON file of the LLMs that can be downloaded."""
    return models() / "catalogue.json"
