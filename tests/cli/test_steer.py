"""`localpersona models steer`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from engine.tiny_gguf import write_gguf

from localpersona.engine.steering_file import place

from .conftest import Shell


class Jobs:
    """Writes vectors that are none."""

    def __init__(self, **options: int) -> None:
        pass

    def steer(self, model: Path, target: Path, tell: Callable[[float], None]) -> None:
        tell(0.5)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(b"vectors")

    def close(self) -> None:
        pass


def test_vectors_are_made_and_deleted(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = write_gguf(tmp_path / "model.gguf")
    with monkeypatch.context() as patch:
        patch.setattr("localpersona.engine.optimiser.Optimiser", Jobs)
        ran = shell("models", "steer", str(model))
    assert ran.code == 0 and "The steering vectors of model.gguf are made." in ran.out
    assert place(str(model)).read_bytes() == b"vectors"
    assert shell("models", "steer", str(model), "--undo").code == 0
    assert not place(str(model)).exists()
    again = shell("models", "steer", str(model), "--undo")
    assert again.code == 1 and "There are no steering vectors of model.gguf." in again.err


def test_a_model_that_cannot_be_steered_is_told_by_the_child(shell: Shell, tmp_path: Path) -> None:
    model = write_gguf(tmp_path / "flat.gguf")
    ran = shell("models", "steer", str(model))
    assert ran.code == 1 and "too few layers" in ran.err
    assert not place(str(model)).exists()
