"""The doctor's findings about what is stored; with the real models it is run in `cli/test_for_real.py`."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from localpersona import paths
from localpersona.doctor import Finding, examine
from localpersona.store import Store


def finding(part: str) -> Finding:
    """Return the first finding about a part; those after it are not looked for."""
    return next(found for found in examine() if found.part == part)


def test_a_fresh_home_is_not_written_to(private_home: Path) -> None:
    assert finding("Database").state == "works"
    assert not private_home.exists()


def test_a_database_in_use_is_undamaged() -> None:
    with Store.open(paths.database()) as store:
        store.profile()
        assert finding("Database").state == "works"


def test_damage_is_told_from_a_newer_version_and_from_what_cannot_be_read(private_home: Path) -> None:
    Store.open(paths.database()).close()
    with closing(sqlite3.connect(paths.database())) as newer, newer:
        newer.execute("UPDATE _sqlite_migrations SET name = 'm999_of_the_future' WHERE name LIKE 'm001%'")
    assert "newer LocalPersona" in finding("Database").said
    paths.database().write_bytes(b"garbage" * 1000)
    assert "is damaged" in finding("Database").said
    paths.database().unlink()
    paths.database().mkdir()
    assert "cannot be read" in finding("Database").said


def test_a_home_that_is_or_lies_below_a_file_cannot_be_written(private_home: Path) -> None:
    private_home.write_text("a file")
    assert finding("Data").state == "fails"
