"""Every test has a home of its own, so that no test can read or touch what the person running it has stored."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def private_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    monkeypatch.setenv("LOCALPERSONA_HOME", str(home))
    return home
