"""Damaged databases: kept aside, never deleted, and what can be read is carried over."""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from localpersona.store import Store, StoreError, inspect
from localpersona.values import Comparison

PAGE = 4096


@pytest.fixture
def filled(path: Path) -> Path:
    with Store.open(path) as store:
        store.together(lambda: fill(store))
    return path


def fill(store: Store) -> None:
    profile = store.profile("Ann")
    for number in range(50):
        chat = store.create_chat(profile.id, f"chat {number}")
        prompt = store.add_message(chat, None, "user", f"question {number} " + "word " * 200)
        answer = store.add_message(chat, prompt, "assistant", "answer " * 200)
        store.add_comparison(profile.id, Comparison("p", "a" * 300, "b" * 300, 1.0), message_id=answer)


def noise(count: int) -> bytes:
    return random.Random(0).randbytes(count)


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "random bytes": lambda content: noise(5_000),
    "a few letters": lambda content: b"hello",
    "first page": lambda content: noise(PAGE) + content[PAGE:],
    "header": lambda content: noise(100) + content[100:],
    "cut in half": lambda content: content[: len(content) // 2],
    "cut a little": lambda content: content[:-1_000],
    "middle": lambda content: content[: 30 * PAGE] + noise(4 * PAGE) + content[34 * PAGE :],
    "zeroed page": lambda content: content[: 4 * PAGE] + bytes(PAGE) + content[5 * PAGE :],
}
LEAST_COMPARISONS = {"header": 50, "cut in half": 1, "cut a little": 40, "middle": 30, "zeroed page": 40}


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_database_is_kept_aside_and_the_app_goes_on(filled: Path, kind: str) -> None:
    damaged = DAMAGE[kind](filled.read_bytes())
    filled.write_bytes(damaged)
    with Store.open(filled) as store:
        (notice,) = store.notices
        (kept,) = filled.parent.glob("*.damaged-????????-??????")
        assert kept.name in notice and len(notice) < 250
        assert kept.read_bytes() == damaged
        ids = [profile.id for profile in store.profiles()]
        assert sum(len(store.comparisons(profile)) for profile in ids) >= LEAST_COMPARISONS.get(kind, 0)
        chat = store.create_chat(store.profile().id)
        store.add_message(chat, None, "user", "life goes on")
        assert store.search("life goes")
        connection = store._connection
        assert not connection.read(lambda: connection.execute("PRAGMA foreign_key_check").fetchall())
    with Store.open(filled) as store:
        assert store.notices == ()


def test_a_log_without_its_database_is_kept_as_well(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    log = path.with_name(path.name + "-wal")
    log.write_bytes(noise(5_000))
    with Store.open(path) as store:
        assert "damaged" in store.notices[0]
    (kept,) = path.parent.glob("*.damaged-*-wal")
    assert kept.read_bytes() == noise(5_000)


def test_damage_that_shows_only_later_is_dealt_with_then(filled: Path) -> None:
    with Store.open(filled) as store:
        connection = store._connection
        connection.read(lambda: connection.execute("PRAGMA shrink_memory").fetchall())  # forget all pages
        pages = filled.stat().st_size // PAGE
        with filled.open("r+b") as file:
            for page in range(2, pages - 10):
                file.seek(page * PAGE)
                file.write(noise(PAGE))
        with pytest.raises(StoreError, match=r"kept as .* try again"):
            for chat in store.chats():
                assert chat.last_message_id is not None
                store.path(chat.last_message_id)
        assert "damaged" in store.notices[-1]
        profile = store.profile("Ann").id
        store.add_comparison(profile, Comparison("p", "a", "b", 0.0))
        last = store.last_comparison(profile)
        assert last is not None and last.comparison.outcome == 0.0


def test_a_damaged_search_index_is_made_anew_and_nothing_else(filled: Path) -> None:
    with closing(sqlite3.connect(filled)) as direct:
        direct.execute("UPDATE messages_search_data SET block = x'00ff00ff' WHERE id > 1")
        direct.commit()
    with Store.open(filled) as store:
        running = store.add_message(store.chats()[0].id, None, "assistant", "hidden", state="running")
        with pytest.raises(StoreError, match="try again"):
            for word in ("question", "answer", "word"):
                store.search(word)
                store.update_message(store.chats()[-1].last_message_id or 0, text="changed")
        assert len(store.search("question", limit=100)) == 50
        assert store.search("hidden") == []
        store.finish_answer(running, text="shown")
        assert [hit.message_id for hit in store.search("shown")] == [running]
        assert not list(filled.parent.glob("*.damaged-*"))


def test_a_database_that_is_taken_away_is_noticed_before_anything_is_lost(filled: Path) -> None:
    with Store.open(filled) as store:
        profile = store.profile("Ann").id
        filled.rename(filled.with_name("elsewhere.db"))
        with pytest.raises(StoreError, match="moved or replaced"):
            store.add_comparison(profile, Comparison("p", "a", "b", 1.0))
        store.add_comparison(store.profile("Ann").id, Comparison("p", "a", "b", 1.0))
    with Store.open(filled) as store:
        assert len(store.comparisons(store.profile("Ann").id)) == 1


def test_a_small_database_that_was_cut_off_still_gives_what_is_there(path: Path) -> None:
    """Some of its tables begin beyond the end, with which SQLite declares the whole schema malformed."""
    with Store.open(path) as store:
        chat = store.create_chat(store.profile().id, "kept")
        store.add_message(chat, None, "user", "still there")
    os.truncate(path, 24 * PAGE)
    with Store.open(path) as store:
        assert "could be read: 1 chat, 1 message," in store.notices[0]
        assert [hit.title for hit in store.search("still there")] == ["kept"]


def test_looking_changes_nothing_and_tells_damage_from_the_rest(filled: Path) -> None:
    def listing() -> dict[str, bytes]:
        return {file.name: file.read_bytes() for file in filled.parent.iterdir()}

    before = listing()
    assert inspect(filled) == ""
    assert listing() == before
    os.truncate(filled, 10 * PAGE)
    assert "malformed" in inspect(filled)
    with closing(sqlite3.connect(filled.with_name("foreign.db"))) as foreign:
        foreign.execute("CREATE TABLE bookmarks (url TEXT)")
    with pytest.raises(StoreError, match="another program"):
        inspect(filled.with_name("foreign.db"))
    filled.with_name("folder.db").mkdir()
    with pytest.raises(StoreError, match="cannot be read"):
        inspect(filled.with_name("folder.db"))
