"""A store in a file of its own, with one profile.

`@pytest.mark.parametrize("path", KINDS, indirect=True)` runs a test on an encrypted database as well: there is one at
`path` already, and LOCALPERSONA_PASSPHRASE_FILE opens it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from encrypted import passphrase_file, quick_keys

from localpersona.store import Store, convert

__all__ = ["passphrase_file", "quick_keys"]


@pytest.fixture
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "data" / "localpersona.db"
    kind = getattr(request, "param", "plain")
    if kind != "plain":
        if kind == "encrypted":  # those that start other processes need "encrypted for all"
            request.getfixturevalue("quick_keys")
        Store.open(path).close()
        convert(path, request.getfixturevalue("passphrase_file").read_text())
    return path


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
