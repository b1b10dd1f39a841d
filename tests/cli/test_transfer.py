"""`localpersona export` and `import`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import Shell


def test_a_chat_is_read_as_markdown(shell: Shell, tmp_path: Path) -> None:
    shell("ask", "--plain", "How do I sleep better?")
    shown = shell("export", "1")
    assert shown.code == 0
    assert "# How do I sleep better?" in shown.out and "## Assistant" in shown.out
    file = tmp_path / "chat.md"
    assert "1 chat." in shell("export", "1", "-o", str(file)).err
    assert file.read_text() == shown.out
    assert file.stat().st_mode & 0o077 == 0, "it holds what was said"


def test_chats_travel_to_another_home_once(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell("ask", "--plain", "one")
    shell("ask", "--plain", "-c", "and more")
    shell("ask", "--plain", "two")
    file = tmp_path / "all.json"
    assert shell("export", "--all", "--json", "-o", str(file)).code == 0
    assert "2 already there; 0 new messages" in shell("import", str(file)).out
    monkeypatch.setenv("LOCALPERSONA_HOME", str(tmp_path / "elsewhere"))
    assert "2 new chats; 6 new messages." in shell("import", str(file)).out
    (again,) = json.loads(shell("import", "--json", str(file)).out)
    assert (again["chats"], again["known"], again["messages"]) == (0, 2, 0)
    assert [chat["title"] for chat in json.loads(shell("history", "list", "--json").out)] == ["two", "one"]
    assert "and more" in shell("export", "--all").out


def test_which_chats_must_be_said(shell: Shell) -> None:
    assert shell("export").code == 2
    assert shell("export", "--all", "1").code == 2
    assert shell("export", "--all").code == 0, "nothing is stored, so nothing is written"
    missing = shell("export", "7")
    assert missing.code == 1 and "no chat 7" in missing.err and missing.out == ""


def test_a_file_without_chats_changes_nothing(shell: Shell, tmp_path: Path) -> None:
    for content in (b"hello", b"[1]", b"PK\x03\x04", b"SQLite format 3\0", b"\x80" * 50):
        (tmp_path / "file").write_bytes(content)
        tried = shell("import", str(tmp_path / "file"))
        assert tried.code == 1, content
        assert tried.err.startswith("Error: Nothing was imported: ") and len(tried.err.splitlines()) <= 2
    good, bad = (
        {"uid": uid, "messages": [{"role": role, "text": "x"}]} for uid, role in (("1", "user"), ("2", "?"))
    )
    for chats in ([good, bad], [good] * 100 + [bad]):
        (tmp_path / "file").write_text(
            json.dumps({"format": "localpersona-chats", "version": 1, "chats": chats})
        )
        assert "Nothing was imported" in shell("import", str(tmp_path / "file")).err
    (tmp_path / "file").write_text("[]")
    assert "no chats in it" in shell("import", str(tmp_path / "file")).out
    assert json.loads(shell("history", "list", "--json").out) == []


def test_nothing_is_imported_where_no_chats_are_stored(
    shell: Shell, private_home: Path, tmp_path: Path
) -> None:
    private_home.mkdir()
    (private_home / "settings.toml").write_text("store_chats = false\n")
    (tmp_path / "file").write_text("[]")
    tried = shell("import", str(tmp_path / "file"))
    assert tried.code == 1 and "settings" in tried.err
