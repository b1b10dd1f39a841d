"""The shipped reward model, loaded once: it is the same for every test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from localpersona import shipped
from localpersona.rewards import RewardModel


@pytest.fixture(scope="session")
def model() -> Iterator[RewardModel]:
    with RewardModel.load() as loaded:
        yield loaded


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A folder with the shipped model's files, the small ones copied, that a test may damage."""
    folder = tmp_path / "reward"
    folder.mkdir()
    for name in ("heads.npz", "prior.json"):
        (folder / name).write_bytes((shipped.reward_model() / name).read_bytes())
    (folder / "encoder.gguf").symlink_to(shipped.reward_model() / "encoder.gguf")
    return folder
