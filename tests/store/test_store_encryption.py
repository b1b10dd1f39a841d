"""Encrypted databases: unreadable without the passphrase, converted whole or not at all, and as safe as plain ones.

That everything else holds for them too is tested beside what holds for plain ones: look for "encrypted" there.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from encrypted import PASSPHRASE, derive_quickly, name_passphrase_file
from test_store_damage import fill, noise
from test_store_model import StoreAgainstLists

from localpersona.store import (
    LockedError,
    Store,
    StoreError,
    convert,
    inspect,
    is_encrypted,
    opening,
    restore,
)
from localpersona.store.encryption import PASSPHRASE_FILE, from_file

PAGE = 4096
SECRET = "xylophone"
ENCRYPTED = pytest.mark.parametrize("path", ["encrypted"], indirect=True)


def write(path: Path, text: str = SECRET) -> None:
    with Store.open(path) as store:
        store.add_message(store.create_chat(store.profile().id, text), None, "user", text)


def says(path: Path, passphrase: str | None = None) -> list[str]:
    with Store.open(path, passphrase=passphrase) as store:
        assert store.notices == ()
        return [hit.snippet for hit in store.search(SECRET) if hit.message_id is not None]


def holding(folder: Path) -> list[str]:
    return [
        file.name for file in folder.rglob("*") if file.is_file() and SECRET.encode() in file.read_bytes()
    ]


def test_a_plain_database_becomes_encrypted_and_plain_again(path: Path, quick_keys: None) -> None:
    write(path)
    assert holding(path.parent) == [path.name]
    assert not is_encrypted(path)
    convert(path, PASSPHRASE)
    assert is_encrypted(path)
    assert holding(path.parent) == []
    assert path.stat().st_mode & 0o777 == 0o600 or os.name != "posix"
    assert says(path, PASSPHRASE) == [SECRET]
    convert(path, "another, it's longer", PASSPHRASE)
    assert says(path, "another, it's longer") == [SECRET]
    with pytest.raises(LockedError, match="does not open"):
        Store.open(path, passphrase=PASSPHRASE)
    convert(path, None, "another, it's longer")
    assert says(path) == [SECRET]
    assert sorted(file.name for file in path.parent.iterdir()) == [path.name, f"{path.name}.lock"]


@ENCRYPTED
def test_no_text_can_be_read_in_any_file_while_it_is_used(path: Path, tmp_path: Path) -> None:
    with Store.open(path) as store:
        chat = store.create_chat(store.profile().id, SECRET)
        for number in range(30):
            store.add_message(chat, None, "user", f"{SECRET} {number}")
        assert path.with_name(f"{path.name}-wal").stat().st_size > 0
        store.back_up(tmp_path / "backup.db")
        assert holding(tmp_path) == []
        store.search(SECRET)
        store.compact()
        assert holding(tmp_path) == []
    assert is_encrypted(tmp_path / "backup.db")
    assert len(says(tmp_path / "backup.db")) == 30


def test_without_the_passphrase_nothing_is_opened_nor_put_aside(
    path: Path, quick_keys: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(path)
    convert(path, PASSPHRASE)
    before = path.read_bytes()
    for attempt in (lambda: Store.open(path), lambda: inspect(path), lambda: convert(path, None)):
        with pytest.raises(LockedError, match=PASSPHRASE_FILE) as missing:
            attempt()
        assert not missing.value.wrong
    for attempt in (
        lambda: Store.open(path, passphrase="wrong horse"),
        lambda: inspect(path, "wrong horse"),
        lambda: convert(path, None, "wrong horse"),
        lambda: restore(path, path.with_name("other.db"), "wrong horse"),
    ):
        with pytest.raises(LockedError, match="does not open") as wrong:
            attempt()
        assert wrong.value.wrong
    assert [file.name for file in path.parent.iterdir() if file.suffix != ".lock"] == [path.name]
    assert path.read_bytes() == before


def test_a_database_is_not_converted_while_it_is_used(path: Path, quick_keys: None) -> None:
    write(path)
    with Store.open(path) as store, pytest.raises(StoreError, match="running"):
        convert(path, PASSPHRASE)
    assert not is_encrypted(path)
    assert store.notices == ()


def test_a_damaged_database_is_not_converted(path: Path, quick_keys: None) -> None:
    with Store.open(path) as store:
        store.together(lambda: fill(store))
    content = bytearray(path.read_bytes())
    content[20 * PAGE : 24 * PAGE] = noise(4 * PAGE)
    path.write_bytes(content)
    with pytest.raises(StoreError, match="damaged"):
        convert(path, PASSPHRASE)
    assert path.read_bytes() == content
    assert not list(path.parent.glob(".*"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
@pytest.mark.parametrize("to_encrypted", [True, False], ids=["encrypting", "decrypting"])
def test_a_conversion_killed_at_any_step_leaves_one_whole_database(
    path: Path, passphrase_file: Path, quick_keys: None, to_encrypted: bool
) -> None:
    write(path)
    if not to_encrypted:
        convert(path, PASSPHRASE)
    before = path.read_bytes()
    outcomes = []
    for steps in range(1, 100, 3 if to_encrypted else 5):
        path.write_bytes(before)
        if not _killed_after(steps, lambda: convert(path, PASSPHRASE if to_encrypted else None)):
            break
        outcomes.append(is_encrypted(path))
        assert says(path) == [SECRET], steps
        left = {file.name for file in path.parent.iterdir()} - {path.name, f"{path.name}.lock"}
        assert left == set(), "the next start removes what is half done"
    assert set(outcomes) == {True, False}, "it was killed before and after the new one took its place"
    assert is_encrypted(path) == to_encrypted
    assert says(path) == [SECRET]


def _killed_after(steps: int, work: Callable[[], None]) -> bool:
    """Run work in a child that is gone, as if killed, before so many lines of it ran; return whether it was."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    seen = 0

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal seen
        if frame.f_code.co_name not in ("convert", "convert_copy", "_write", "give_name"):
            return None
        seen += event == "line"
        if seen == steps:
            os._exit(9)
        return trace

    try:
        sys.settrace(trace)
        work()
        os._exit(0)
    except BaseException:
        os._exit(1)


@ENCRYPTED
@pytest.mark.parametrize(
    ("damage", "least"),
    [
        (lambda content: content[: 30 * PAGE] + noise(4 * PAGE) + content[34 * PAGE :], 20),
        (lambda content: content[: 4 * PAGE] + bytes(PAGE) + content[5 * PAGE :], 30),
        (lambda content: content[: len(content) // 2], 0),
        (lambda content: content[:-1_000], 0),
    ],
    ids=["middle", "zeroed page", "cut in half", "cut a little"],
)
def test_what_can_be_read_of_a_damaged_one_is_carried_over_into_an_encrypted_one(
    path: Path, damage: Callable[[bytes], bytes], least: int
) -> None:
    with Store.open(path) as store:
        store.together(lambda: fill(store))
    damaged = damage(path.read_bytes())
    path.write_bytes(damaged)
    with Store.open(path) as store:
        (notice,) = store.notices
        (kept,) = path.parent.glob("*.damaged-????????-??????")
        assert kept.name in notice
        assert kept.read_bytes() == damaged
        found = [len(store.comparisons(profile.id)) for profile in store.profiles()]
        assert sum(found) >= least
    write(path)
    assert is_encrypted(path)
    assert says(path) == [SECRET]


@ENCRYPTED
def test_with_its_first_page_an_encrypted_database_is_lost_but_never_replaced(path: Path) -> None:
    write(path)
    damaged = noise(PAGE) + path.read_bytes()[PAGE:]
    path.write_bytes(damaged)
    with pytest.raises(LockedError, match="localpersona restore"):
        Store.open(path)
    assert path.read_bytes() == damaged


@ENCRYPTED
def test_what_takes_the_place_of_one_in_use_is_encrypted_too(path: Path) -> None:
    with Store.open(path) as store:
        path.rename(path.with_name("elsewhere.db"))
        with pytest.raises(StoreError, match="moved or replaced"):
            store.create_chat(store.profile().id, "lost")
        store.create_chat(store.profile().id, SECRET)
    assert is_encrypted(path)
    assert holding(path.parent) == []


@ENCRYPTED
def test_where_nothing_can_be_written_it_is_read_into_memory(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(path)

    def refuse(_path: Path) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(opening, "alone", refuse)
    with Store.open(path) as store:
        assert store.in_memory
        assert "can be read" in store.notices[0]
        assert len(store.search(SECRET)) == 2
        store.create_chat(store.profile().id, "lost")
    with pytest.raises(LockedError):
        Store.open(path, passphrase="wrong horse")


def test_what_is_encrypted_is_told_from_what_is_damaged(tmp_path: Path, path: Path) -> None:
    Store.open(path).close()
    plain = path.read_bytes()
    for name, content in {
        "none": None,
        "empty": b"",
        "plain": plain,
        "zeros": bytes(20 * PAGE),
        "text": b"hello" * 20_000,
        "a few random bytes": noise(5_000),
        "header": noise(100) + plain[100:],
        "first page": noise(PAGE) + plain[PAGE:],
    }.items():
        if content is not None:
            (tmp_path / name).write_bytes(content)
        assert not is_encrypted(tmp_path / name), name
    for size in (PAGE, 3 * PAGE, 40 * PAGE, 40 * PAGE - 1_000):
        (tmp_path / "random").write_bytes(noise(size))
        assert is_encrypted(tmp_path / "random"), size


def test_the_passphrase_file_is_private_text(passphrase_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    passphrase_file.write_bytes("un café\n".encode())
    composed = from_file()
    passphrase_file.write_bytes("un cafe\u0301\r\n".encode())
    assert from_file() == composed == "un café", "however the é is written, and without the end of the line"
    for content in (b"", b"\n", b"\xff\xfe\xfd", b"a\0b"):
        passphrase_file.write_bytes(content)
        with pytest.raises(StoreError, match="passphrase"):
            from_file()
    if os.name == "posix":
        passphrase_file.chmod(0o640)
        with pytest.raises(StoreError, match="chmod 600"):
            from_file()
        reading, writing = os.pipe()
        os.write(writing, b"through a pipe\n")
        os.close(writing)
        monkeypatch.setenv(PASSPHRASE_FILE, f"/dev/fd/{reading}")
        assert from_file() == "through a pipe"
        os.close(reading)
    monkeypatch.setenv(PASSPHRASE_FILE, str(passphrase_file.with_name("none")))
    with pytest.raises(StoreError, match="cannot be read"):
        from_file()


def test_without_the_package_an_encrypted_database_is_left_and_the_remedy_said(
    path: Path, passphrase_file: Path, quick_keys: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    Store.open(path).close()
    convert(path, PASSPHRASE)
    before = path.read_bytes()
    monkeypatch.delitem(sys.modules, "localpersona.store.cipher")
    monkeypatch.delattr("localpersona.store.cipher")
    monkeypatch.setitem(sys.modules, "sqlcipher3", None)
    with pytest.raises(StoreError, match=r"pip install 'localpersona\[encryption\]'"):
        Store.open(path)
    assert path.read_bytes() == before


class EncryptedStoreAgainstLists(StoreAgainstLists):
    """The same promises as a plain store's, after any sequence of calls and restarts."""

    def __init__(self) -> None:
        super().__init__()
        self.store.close()
        self.patches = pytest.MonkeyPatch()
        derive_quickly(self.patches)
        name_passphrase_file(self.folder, self.patches)
        convert(self.folder / "localpersona.db", PASSPHRASE)
        self.store = Store.open(self.folder / "localpersona.db")

    def teardown(self) -> None:
        super().teardown()
        self.patches.undo()


EncryptedStoreAgainstLists.TestCase.settings = type(StoreAgainstLists.TestCase.settings)(
    StoreAgainstLists.TestCase.settings, max_examples=3
)
TestEncryptedStoreAgainstLists = EncryptedStoreAgainstLists.TestCase
