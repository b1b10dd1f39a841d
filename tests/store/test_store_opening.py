"""Opening: whatever lies at the path, the app starts or says clearly why not, and nothing is lost."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlite_utils import Database, Migrations

from localpersona.store import Store, StoreError, opening
from localpersona.values import Comparison


def remember(store: Store) -> None:
    chat = store.create_chat(store.profile().id, "before")
    store.add_message(chat, None, "user", "hello")
    store.add_comparison(store.profile().id, Comparison("p", "a", "b", 1.0))


def remembers(store: Store) -> bool:
    return [chat.title for chat in store.chats()] == ["before"] and len(store.search("hello")) == 1


@pytest.fixture
def later_schema(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return what makes the app one of a later version, whose schema has another step."""

    def m002_later(database: Database) -> None:
        database.execute("CREATE TABLE later (id INTEGER PRIMARY KEY)")

    def upgrade() -> None:
        later = Migrations("localpersona")
        for step in (*opening.migrations.pending(Database(memory=True)),):
            later(name=step.name)(step.fn)
        later()(m002_later)
        monkeypatch.setattr(opening, "migrations", later)

    return upgrade


@pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX's")
def test_only_the_owner_can_read_the_files_whatever_the_umask(path: Path) -> None:
    former = os.umask(0)
    try:
        with Store.open(path) as store:
            remember(store)
            modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    finally:
        os.umask(former)
    assert {"localpersona.db", "localpersona.db-wal", "localpersona.db-shm"} < modes.keys()
    assert set(modes.values()) == {0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX's")
def test_files_that_were_readable_by_others_no_longer_are(path: Path) -> None:
    with Store.open(path) as store:
        remember(store)
    path.chmod(0o644)
    with Store.open(path):
        assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX's")
def test_a_directory_that_is_not_ours_stays_as_it_is(tmp_path: Path, private_home: Path) -> None:
    for folder in (tmp_path / "shared", private_home):
        folder.mkdir(mode=0o755)
        with Store.open(folder / "localpersona.db"):
            pass
    assert (tmp_path / "shared").stat().st_mode & 0o777 == 0o755
    assert private_home.stat().st_mode & 0o777 == 0o700


def test_a_store_in_memory_leaves_no_files(path: Path, private_home: Path) -> None:
    with Store.open(None) as store:
        remember(store)
        assert remembers(store)
        assert store.notices == ()
    assert not path.parent.exists() and not private_home.exists()


def test_the_usual_place_is_the_data_directory(private_home: Path) -> None:
    with Store.open():
        assert (private_home / "localpersona.db").is_file()


def test_an_older_database_is_copied_before_it_is_brought_up_to_date(
    path: Path, later_schema: Callable[[], None]
) -> None:
    with Store.open(path) as store:
        remember(store)
        assert store.notices == ()
    later_schema()
    with Store.open(path) as store:
        (notice,) = store.notices
        assert remembers(store)
    (backup,) = path.parent.glob("localpersona.db.backup-*")
    assert backup.name in notice
    assert backup.stat().st_mode & 0o777 == 0o600 or os.name != "posix"
    with closing(sqlite3.connect(backup)) as copy:
        assert copy.execute("SELECT title FROM chats").fetchall() == [("before",)]
        assert not copy.execute("SELECT 1 FROM sqlite_master WHERE name = 'later'").fetchall()


def test_only_the_newest_backups_are_kept(path: Path, later_schema: Callable[[], None]) -> None:
    Store.open(path).close()
    for year in range(2001, 2006):
        path.with_name(f"localpersona.db.backup-{year}0101-000000").touch()
    later_schema()
    Store.open(path).close()
    kept = sorted(file.name for file in path.parent.glob("*.backup-*"))
    assert len(kept) == 3
    assert kept[0].endswith("20040101-000000")


@pytest.mark.parametrize("path", ["plain", "encrypted"], indirect=True)
def test_a_failing_migration_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store.open(path) as store:
        remember(store)

    def m002_fails(database: Database) -> None:
        database.execute("DELETE FROM messages")
        raise sqlite3.OperationalError("no such function: frobnicate")

    broken = Migrations("localpersona")
    for step in opening.migrations.pending(Database(memory=True)):
        broken(name=step.name)(step.fn)
    broken()(m002_fails)
    with monkeypatch.context() as patched:
        patched.setattr(opening, "migrations", broken)
        with pytest.raises(StoreError, match="frobnicate"):
            Store.open(path)
    with Store.open(path) as store:
        assert remembers(store)


def test_a_newer_database_is_refused_and_left_as_it_is(
    path: Path, later_schema: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(opening, "migrations", opening.migrations)
        later_schema()
        with Store.open(path) as store:
            remember(store)
        patched.undo()
    monkeypatch.undo()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="newer LocalPersona"):
        Store.open(path)
    assert path.read_bytes() == before


def test_another_programs_database_is_refused_and_left_as_it_is(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as foreign:
        foreign.execute("CREATE TABLE bookmarks (url TEXT)")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="another program"):
        Store.open(path)
    assert path.read_bytes() == before


def test_where_no_directory_can_be_made_the_app_works_in_memory_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a directory")
    with Store.open(tmp_path / "file" / "data" / "localpersona.db") as store:
        (notice,) = store.notices
        assert notice.startswith("Nothing will be kept")
        remember(store)
        assert remembers(store)


@pytest.fixture
def unwritable() -> Iterator[Path]:
    """A database in a directory that may only be read. Root may write anyway, so root becomes nobody."""
    if os.name != "posix":
        pytest.skip("permission bits are POSIX's")
    with TemporaryDirectory() as name:
        folder = Path(name)
        with Store.open(folder / "localpersona.db") as store:
            remember(store)
        if os.geteuid() == 0:
            for file in (folder, *folder.iterdir()):
                os.chown(file, 65534, 65534)
            os.seteuid(65534)
        folder.chmod(0o500)
        (folder / "localpersona.db").chmod(0o400)
        try:
            yield folder / "localpersona.db"
        finally:
            folder.chmod(0o700)
            os.seteuid(os.getuid())


def test_a_read_only_database_can_be_read_and_nothing_else_is_promised(unwritable: Path) -> None:
    before = unwritable.read_bytes()
    with Store.open(unwritable) as store:
        (notice,) = store.notices
        assert "Nothing will be kept" in notice and "can be read" in notice
        assert remembers(store)
        store.create_chat(store.profile().id, "lost")
        assert store.recover() == 0
    assert unwritable.read_bytes() == before
    assert {file.name for file in unwritable.parent.iterdir()} == {"localpersona.db", "localpersona.db.lock"}


@pytest.mark.parametrize("path", ["plain", "encrypted"], indirect=True)
def test_a_full_disk_refuses_the_write_and_keeps_what_there_was(path: Path) -> None:
    with Store.open(path) as store:
        remember(store)
        connection = store._connection  # the only way to fill a disk without filling the disk
        pages = connection.read(lambda: connection.execute("PRAGMA page_count").fetchone()[0])
        connection.read(lambda: connection.execute(f"PRAGMA max_page_count = {pages}").fetchone())
        with pytest.raises(StoreError, match="disk is full"):
            store.add_message(store.chats()[0].id, None, "user", "x" * 100_000)
        assert remembers(store)
        connection.read(lambda: connection.execute("PRAGMA max_page_count = 1000000").fetchone())
        store.add_message(store.chats()[0].id, None, "user", "room again")
    with Store.open(path) as store:
        assert len(store.search("room again")) == 1


def test_a_damaged_database_that_cannot_be_put_aside_is_said_and_left(unwritable: Path) -> None:
    unwritable.chmod(0o600)
    damaged = unwritable.read_bytes()[:20_000]
    unwritable.write_bytes(damaged)
    unwritable.chmod(0o400)
    with Store.open(unwritable) as store:
        assert "is damaged" in store.notices[0] and "starts empty" in store.notices[0]
        remember(store)
    assert unwritable.read_bytes() == damaged


def test_a_full_disk_is_called_so_at_the_start(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object) -> None:
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR
        raise error

    with Store.open(path) as store:
        remember(store)
    monkeypatch.setattr("localpersona.store.opening.check", full)
    monkeypatch.setattr("localpersona.store.files.disk_is_full", lambda path: True)
    with Store.open(path) as store:
        assert "(the disk is full)" in store.notices[0]
