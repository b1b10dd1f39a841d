"""`localpersona models optimise`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from localpersona.library.optimise import Measured

from .conftest import Shell


class Jobs:
    """Makes copies that are twice as fast and lose as much as the test says."""

    rise = 0.0

    def __init__(self, **options: int) -> None:
        pass

    def measure(self, path: Path, *, read_page: bool) -> Measured:
        return (
            Measured(1.0, 2.0, 10.0 * (1 + self.rise))
            if "optimised" in path.name
            else Measured(2.0, 4.0, 10.0)
        )

    def quantise(self, source: Path, target: Path, kind: str, tell: Callable[[float], None]) -> None:
        tell(0.5)
        target.write_bytes(b"copy")

    def close(self) -> None:
        pass


@pytest.fixture(autouse=True)
def jobs(monkeypatch: pytest.MonkeyPatch) -> type[Jobs]:
    monkeypatch.setattr("localpersona.engine.optimiser.Optimiser", Jobs)
    monkeypatch.setattr(Jobs, "rise", 0.0)
    return Jobs


def in_use(shell: Shell) -> dict[str, object]:
    (model,) = [model for model in json.loads(shell("models", "list", "--json").out) if model["in_use"]]
    return dict(model)


def test_a_copy_that_is_worth_it_is_kept_listed_and_undone(shell: Shell) -> None:
    done = shell("models", "optimise")
    assert done.code == 0, done.err
    assert "2.00 times as fast" in done.out and "original is untouched" in done.out
    assert "Making a copy as Q4_0" in done.err and "50 %" not in done.err  # nobody watches
    assert in_use(shell)["optimised"] is not None
    assert "optimised" in shell("models", "list").out
    assert shell("models", "optimise", "--undo").code == 0
    assert in_use(shell)["optimised"] is None
    assert "no optimised copy" in shell("models", "optimise", "smollm", "--undo").err


def test_a_copy_that_loses_too_much_is_refused_with_the_figures(shell: Shell, jobs: type[Jobs]) -> None:
    jobs.rise = 0.1
    refused = shell("models", "optimise", "embedded")
    assert refused.code == 1 and "perplexity +10.0%" in refused.err and "Nothing was changed" in refused.err
    assert in_use(shell)["optimised"] is None


def test_a_file_that_is_no_model_is_said_so(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "page.gguf").write_text("<html>")
    refused = shell("models", "optimise", str(tmp_path / "page.gguf"))
    assert refused.code == 1 and "page.gguf: This is not a GGUF file" in refused.err
    assert shell("models", "optimise", "no-such-model").code == 1
