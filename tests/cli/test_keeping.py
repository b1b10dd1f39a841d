"""`localpersona backup`, `restore`, `privacy`, `purge`."""

from __future__ import annotations

import json
from pathlib import Path

from localpersona import paths

from .conftest import Shell

SECRET = b"xylophone"


def files(home: Path) -> set[str]:
    return {str(file.relative_to(home)) for file in home.rglob("*") if file.is_file()}


def holding(home: Path, content: bytes) -> list[str]:
    return [file.name for file in home.rglob("*") if file.is_file() and content in file.read_bytes()]


def test_a_backup_is_made_and_gone_back_to(shell: Shell, private_home: Path, tmp_path: Path) -> None:
    shell("ask", "--plain", "before")
    made = json.loads(shell("backup", "--json").out)
    assert Path(made["file"]).parent == private_home / "backups"
    assert Path(made["file"]).stat().st_mode & 0o077 == 0
    assert shell("backup", str(tmp_path / "mine.db")).code == 0
    assert shell("backup", str(tmp_path / "mine.db")).code == 1, "nothing is written over"
    assert shell("backup", str(tmp_path)).code == 0, "a folder gets a new file"
    nowhere = shell("backup", str(tmp_path / "no" / "folder.db"))
    assert nowhere.code == 1 and nowhere.err.endswith(f"{tmp_path / 'no'}\n")
    shell("ask", "--plain", "after")
    assert "Nothing was changed" in shell("restore", made["file"], piped=b"n\n").out
    assert "is kept as" in shell("restore", made["file"], "--yes").out
    assert [chat["title"] for chat in json.loads(shell("history", "list", "--json").out)] == ["before"]


def test_there_is_nothing_to_back_up_or_purge_in_a_fresh_home(shell: Shell, private_home: Path) -> None:
    for command in ("backup", "purge"):
        tried = shell(command, piped=b"purge\n")
        assert tried.code == 1 and "nothing" in tried.err.lower()
    assert not private_home.exists()


def test_privacy_names_every_file_with_its_mode_and_every_connection(
    shell: Shell, private_home: Path
) -> None:
    shell("ask", "--plain", "hello")
    shell("backup")
    (private_home / "stranger.txt").touch()
    told = json.loads(shell("privacy", "--json").out)
    assert {str(Path(file["path"]).relative_to(private_home)) for file in told["files"]} == files(
        private_home
    )
    assert {file["mode"] for file in told["files"] if "not made by" not in file["what"]} == {"-rw-------"}
    assert told["connections"]
    shown = shell("privacy").out
    assert "localpersona.db" in shown and "no network connection" in shown and "stranger.txt" in shown


def test_purge_leaves_no_trace_but_models_and_settings(shell: Shell, private_home: Path) -> None:
    shell("ask", "--plain", SECRET.decode())
    shell("profile", "use", "Xena")
    shell("backup")
    for name in ("localpersona.db.backup-20200101-000000", "localpersona.db.damaged-20200101-000000-wal",
                 "localpersona.db.replaced-20200101-000000", "engine.log", "errors.log"):  # fmt: skip
        (private_home / name).write_bytes(SECRET)
    (paths.make_private(paths.cache()) / "steering").mkdir()
    (paths.cache() / "steering" / "x.bin").write_bytes(SECRET)
    paths.models().mkdir()
    for kept in (paths.models() / "mine.gguf", private_home / "letter.txt"):
        kept.write_bytes(b"kept")
    purged = shell("purge", piped=b"purge\n")
    assert purged.code == 0
    assert holding(private_home, SECRET) == []
    assert files(private_home) == {
        "localpersona.db", "localpersona.db.lock", "settings.toml", "models/mine.gguf", "letter.txt",
    }  # fmt: skip
    for name in files(private_home):
        assert name in purged.out, "what remains is said"
    assert json.loads(shell("history", "list", "--json").out) == []


def test_purge_needs_its_word_typed(shell: Shell, private_home: Path) -> None:
    shell("ask", "--plain", SECRET.decode())
    for typed in (b"", b"\n", b"yes\n", b"y\n"):
        assert shell("purge", piped=typed).code != 0
    assert holding(private_home, SECRET)
    assert json.loads(shell("purge", "--json", piped=b" Purge\n").out)["remains"]


def test_only_what_was_deleted_is_purged_when_asked_for_that(shell: Shell, private_home: Path) -> None:
    shell("ask", "--plain", "umbrella")
    shell("ask", "--plain", SECRET.decode())
    shell("history", "delete", "2")
    shell("backup")
    purged = shell("purge", "--deleted", piped=b"purge\n")
    assert purged.code == 0 and "1 chat," in purged.out
    assert holding(private_home, SECRET) == []
    assert [chat["title"] for chat in json.loads(shell("history", "list", "--json").out)] == ["umbrella"]
