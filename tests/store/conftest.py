"""A store in a file of its own, with one profile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from localpersona.store import Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "localpersona.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store.open(path) as opened:
        yield opened


@pytest.fixture
def profile_id(store: Store) -> int:
    return store.profile().id


@pytest.fixture
def chat_id(store: Store, profile_id: int) -> int:
    return store.create_chat(profile_id, "A chat")
