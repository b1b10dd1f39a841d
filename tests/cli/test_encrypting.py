"""`localpersona encrypt` and `decrypt`, and the other commands while the database is encrypted."""

from __future__ import annotations

import getpass
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from encrypted import PASSPHRASE, passphrase_file, quick_keys

from localpersona import paths
from localpersona.doctor import examine
from localpersona.store import Store, inspect, is_encrypted

from .conftest import Outcome, Shell

__all__ = ["passphrase_file", "quick_keys"]

SECRET = "xylophone"
Terminal = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def _quick(quick_keys: None) -> None: ...


@pytest.fixture
def terminal(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Run `localpersona` with arguments, somebody typing these passphrases when asked; all must be asked for."""

    def run(*arguments: str, types: tuple[str, ...] = (), piped: bytes = b"") -> Outcome:
        left = list(types)
        monkeypatch.setattr(getpass, "getpass", lambda _prompt: left.pop(0))
        outcome = shell(*arguments, piped=piped)
        assert left == []
        return outcome

    return run


@pytest.fixture
def encrypted(terminal: Terminal) -> Terminal:
    terminal("ask", "--plain", SECRET)
    done = terminal("encrypt", types=(PASSPHRASE, PASSPHRASE))
    assert done.code == 0 and "Nobody can recover" in done.out
    return terminal


def titles(terminal: Terminal, *types: str) -> list[str]:
    listed = terminal("history", "list", "--json", types=types)
    assert listed.code == 0, listed.err
    return [chat["title"] for chat in json.loads(listed.out)]


def holding(folder: Path) -> set[str]:
    return {
        file.name for file in folder.rglob("*") if file.is_file() and SECRET.encode() in file.read_bytes()
    }


def test_from_then_on_every_command_asks_and_no_file_can_be_read(
    encrypted: Terminal, private_home: Path
) -> None:
    assert holding(private_home) == set()
    assert titles(encrypted, PASSPHRASE) == [SECRET]
    assert encrypted("ask", "--plain", f"{SECRET} again", types=(PASSPHRASE,)).code == 0
    assert holding(private_home) == set()
    assert len(titles(encrypted, "a slip", "", PASSPHRASE)) == 2
    refused = encrypted("history", "list", types=("wrong 1", "wrong 2", "wrong 3"))
    assert refused.code == 1 and refused.err.count("not the passphrase") == 2
    assert "does not open localpersona.db" in refused.err
    assert "Traceback" not in refused.err and "wrong" not in refused.err


def test_a_new_passphrase_is_typed_twice_and_long_enough(terminal: Terminal) -> None:
    assert "The two differ" in terminal("encrypt", types=(PASSPHRASE, "correct hose")).err
    assert "shorter" in terminal("encrypt", types=("short", "short")).err
    assert not is_encrypted(paths.database())
    assert terminal("encrypt", types=(PASSPHRASE, PASSPHRASE)).code == 0, "also before anything is stored"
    terminal("backup", types=(PASSPHRASE,))
    typing = (PASSPHRASE, "another horse", "another horse")
    assert terminal("encrypt", "--change", "--copies", "encrypt", types=typing).code == 0
    (backup,) = paths.backups().iterdir()
    assert inspect(backup, "another horse") == ""
    assert titles(terminal, PASSPHRASE, "another horse") == []
    assert "encrypted already" in terminal("encrypt", types=("another horse",)).out


def test_it_is_decrypted_again_when_that_is_confirmed(encrypted: Terminal, private_home: Path) -> None:
    assert encrypted("decrypt", piped=b"n\n").code == 130
    assert encrypted("decrypt", types=(PASSPHRASE,), piped=b"y\n").code == 0
    assert holding(private_home) == {"localpersona.db"}
    assert titles(encrypted) == [SECRET]
    for arguments in (("decrypt", "--yes"), ("encrypt", "--change")):
        assert "is not encrypted" in encrypted(*arguments).err


def test_scripts_name_files_instead(
    terminal: Terminal, passphrase_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal("ask", "--plain", SECRET)
    assert terminal("encrypt").code == 0
    assert titles(terminal) == [SECRET]
    other = passphrase_file.with_name("other")
    other.touch(mode=0o600)
    other.write_text("another horse\n")
    monkeypatch.setenv("LOCALPERSONA_NEW_PASSPHRASE_FILE", str(other))
    assert terminal("encrypt", "--change").code == 0
    refused = terminal("history", "list")
    assert refused.code == 1 and "does not open" in refused.err
    other.replace(passphrase_file)
    assert titles(terminal) == [SECRET]


@pytest.mark.parametrize(("fate", "left"), [("encrypt", 3), ("erase", 0), ("leave", 3)])
def test_copies_that_are_not_encrypted_are_seen_to(
    terminal: Terminal, private_home: Path, fate: str, left: int
) -> None:
    terminal("ask", "--plain", SECRET)
    terminal("backup")
    (backup,) = (private_home / "backups").iterdir()
    copies = [backup, private_home / "localpersona.db.replaced-20200101-000000"]
    copies.append(private_home / "localpersona.db.damaged-20200101-000000")
    copies[1].write_bytes(backup.read_bytes())
    copies[2].write_bytes(f"no database: {SECRET}".encode())
    (private_home / ".localpersona.db.restored").write_text(SECRET)
    done = terminal("encrypt", "--copies", fate, types=(PASSPHRASE, PASSPHRASE))
    assert done.code == 0 and all(copy.name in done.out for copy in copies)
    assert sum(copy.exists() for copy in copies) == left
    readable = {"encrypt": {copies[2].name}, "erase": set(), "leave": {copy.name for copy in copies}}[fate]
    assert holding(private_home) == readable
    assert [copy.name for copy in copies if f"{copy.name} stays as it is" in done.err] == (
        [copies[2].name] if fate == "encrypt" else []
    )
    assert ("not all copies" in terminal("privacy").out) == bool(readable)
    names = [
        path.name for path in private_home.rglob("*") if path.name.endswith((".lock", ".rewritten", "-wal"))
    ]
    assert names == ["localpersona.db.lock"], "nothing else is left beside them"
    if readable:
        assert copies[2].name in terminal("encrypt", "--copies", "erase", types=(PASSPHRASE,)).out
        assert holding(private_home) == set()


def test_backups_are_encrypted_and_going_back_to_one_asks_for_its_passphrase(
    encrypted: Terminal, tmp_path: Path
) -> None:
    backup = str(tmp_path / "backup.db")
    assert "same passphrase" in encrypted("backup", backup, types=(PASSPHRASE,)).out
    assert encrypted("decrypt", "--yes", types=(PASSPHRASE,)).code == 0
    plain = str(tmp_path / "plain.db")
    encrypted("backup", plain)
    restored = encrypted("restore", backup, "--yes", types=("a slip", PASSPHRASE))
    assert "passphrase of that backup" in restored.out
    assert titles(encrypted, PASSPHRASE) == [SECRET]
    restored = encrypted("restore", plain, "--yes")
    assert "will not be either" in restored.err
    assert "encrypt it again" in restored.out
    assert titles(encrypted) == [SECRET]


def test_what_is_said_and_purged_needs_no_passphrase(encrypted: Terminal, private_home: Path) -> None:
    told = json.loads(encrypted("privacy", "--json").out)
    assert {Path(file["path"]).name: file["encrypted"] for file in told["files"]} == {
        "localpersona.db": True, "localpersona.db.lock": None,
    } | {name: None for name in ("settings.toml",) if (private_home / name).exists()}  # fmt: skip
    assert "The database is encrypted;" in encrypted("privacy").out
    database = next(finding for finding in examine() if finding.part == "Database")
    assert database.state == "works" and "encrypted" in database.said
    with Store.open(paths.database(), passphrase=PASSPHRASE):
        assert "running" in encrypted("purge", piped=b"purge\n").err
    assert encrypted("purge", "--deleted", piped=b"purge\n", types=(PASSPHRASE,)).code == 0
    assert "not be encrypted" in encrypted("purge", piped=b"purge\n").out
    assert not paths.database().exists()
    assert titles(encrypted) == []


def test_the_engines_process_gets_no_way_to_the_passphrase(
    passphrase_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from localpersona.engine import child

    given: dict[str, str] = {}

    def started(*_arguments: object, env: dict[str, str], close_fds: bool = True, **_options: object) -> None:
        given.update(env)
        assert close_fds
        raise OSError("not started")

    monkeypatch.setattr(child.subprocess, "Popen", started)
    reward_model = next(finding for finding in examine() if finding.part == "Reward model")
    assert reward_model.state == "fails"
    assert "PATH" in given and not [name for name in given if "PASSPHRASE" in name]
