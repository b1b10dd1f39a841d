"""Backups: whole while the app writes, private, and one can go back to them."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from localpersona.store import Store, StoreError, inspect, restore
from localpersona.values import Comparison


def titles(path: Path) -> list[str]:
    with Store.open(path) as store:
        return [chat.title for chat in store.chats()]


@pytest.mark.parametrize("path", ["plain", "encrypted"], indirect=True)
def test_a_backup_made_while_others_write_is_whole(path: Path, tmp_path: Path) -> None:
    stop = threading.Event()

    def pairs() -> None:
        """Write two comparisons in each transaction: a backup has both or neither."""
        with Store.open(path) as busy:
            profile = busy.profile().id
            said = Comparison("p", "a" * 2_000, "b" * 2_000, 1.0)
            while not stop.is_set():
                busy.together(lambda: [busy.add_comparison(profile, said) for _ in range(2)])

    with Store.open(path) as store:
        store.profile()
        writer = threading.Thread(target=pairs)
        writer.start()
        try:
            for number in range(5):
                store.back_up(tmp_path / f"{number}.db")
        finally:
            stop.set()
            writer.join()
    for number in range(5):
        copy = tmp_path / f"{number}.db"
        assert inspect(copy) == ""
        assert copy.stat().st_mode & 0o777 == 0o600 or os.name != "posix"
        with Store.open(copy) as store:
            assert len(store.comparisons(store.profile().id)) % 2 == 0


def test_a_backup_replaces_no_file(store: Store, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    with pytest.raises(FileExistsError):
        store.back_up(tmp_path / "precious")
    assert (tmp_path / "precious").read_text() == "mine"


@pytest.mark.parametrize("path", ["plain", "encrypted"], indirect=True)
def test_one_goes_back_to_a_backup_and_what_was_there_is_kept(path: Path, tmp_path: Path) -> None:
    with Store.open(path) as store:
        store.create_chat(store.profile().id, "before")
        store.back_up(tmp_path / "backup.db")
        store.create_chat(store.profile().id, "after")
    kept = restore(tmp_path / "backup.db", path)
    assert kept is not None
    assert titles(path) == ["before"]
    assert titles(kept) == ["after", "before"]
    assert titles(tmp_path / "backup.db") == ["before"]
    assert path.stat().st_mode & 0o777 == 0o600 or os.name != "posix"


def test_a_backup_makes_a_database_where_there_is_none(path: Path, tmp_path: Path) -> None:
    with Store.open(tmp_path / "backup.db") as store:
        store.create_chat(store.profile().id, "before")
    assert restore(tmp_path / "backup.db", path) is None
    assert titles(path) == ["before"]


@pytest.mark.parametrize("path", ["plain", "encrypted"], indirect=True)
def test_nothing_is_restored_while_the_database_is_in_use(path: Path, tmp_path: Path) -> None:
    with Store.open(path) as store:
        store.back_up(tmp_path / "backup.db")
        store.create_chat(store.profile().id, "now")
        with pytest.raises(StoreError, match="running"):
            restore(tmp_path / "backup.db", path)
        assert [chat.title for chat in store.chats()] == ["now"]


def test_what_is_no_whole_backup_is_refused(path: Path, tmp_path: Path) -> None:
    with Store.open(path) as store:
        store.create_chat(store.profile().id, "now")
        store.back_up(tmp_path / "cut.db")
    content = (tmp_path / "cut.db").read_bytes()
    (tmp_path / "cut.db").write_bytes(content[: len(content) // 2])
    (tmp_path / "empty.db").touch()
    (tmp_path / "text.db").write_text("hello")
    for name in ("cut.db", "empty.db", "text.db"):
        with pytest.raises(StoreError, match="Nothing was changed"):
            restore(tmp_path / name, path)
    assert titles(path) == ["now"]
