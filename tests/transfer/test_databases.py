"""The databases of `llm` (old and new) and of oterm. Only the columns that matter are made here."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest

from localpersona.store import ChatCopy, Store
from localpersona.transfer import TransferError, chats_in

OLD_LLM = """
    CREATE TABLE conversations (id TEXT PRIMARY KEY, name TEXT, model TEXT);
    CREATE TABLE responses (id TEXT PRIMARY KEY, model TEXT, prompt TEXT, system TEXT, response TEXT,
        conversation_id TEXT, datetime_utc TEXT);
    CREATE TABLE fragments (id INTEGER PRIMARY KEY, content TEXT);
    CREATE TABLE prompt_fragments (response_id TEXT, fragment_id INTEGER, "order" INTEGER);
    INSERT INTO conversations VALUES ('c1', 'Sleep', 'gpt');
    INSERT INTO responses VALUES ('r2', 'gpt', 'And coffee?', '', 'No.', 'c1', '2024-01-02T00:00:02+00:00');
    INSERT INTO responses VALUES ('r1', 'gpt', 'How?', 'Be kind', 'In the dark.', 'c1', '2024-01-02T00:00:01+00:00');
    INSERT INTO responses VALUES ('r3', 'phi', '', NULL, 'A summary.', NULL, '2024-01-03T00:00:00');
    CREATE TABLE system_fragments (response_id TEXT, fragment_id INTEGER, "order" INTEGER);
    INSERT INTO fragments VALUES (7, 'A long text'), (8, 'House style');
    INSERT INTO system_fragments VALUES ('r1', 8, 0);
    INSERT INTO prompt_fragments VALUES ('r3', 7, 0);
"""

# From version 0.32 on.
NEW_LLM = """
    CREATE TABLE messages (hash TEXT PRIMARY KEY, parent_hash TEXT, role TEXT);
    CREATE TABLE parts (id INTEGER PRIMARY KEY, message_hash TEXT, position INTEGER, type TEXT, text TEXT,
        payload TEXT);
    CREATE TABLE threads (id TEXT PRIMARY KEY, name TEXT, tip_message_hash TEXT, datetime_utc TEXT);
    CREATE TABLE turns (id TEXT PRIMARY KEY, thread_id TEXT, tip_message_hash TEXT, model TEXT, datetime_utc TEXT);
    INSERT INTO threads VALUES ('c9', 'Trees', 'a2', '2026-01-01');
    INSERT INTO messages VALUES ('s', NULL, 'system'), ('q', 's', 'user'), ('a1', 'q', 'assistant'),
        ('tool', 'q', 'tool'), ('a2', 'tool', 'assistant');
    INSERT INTO parts VALUES (1, 's', 0, 'text', 'Be kind', NULL), (2, 'q', 0, 'text', NULL,
        '{"text_ref": [{"literal": "Sum up: "}, {"fragment": 7}]}'), (3, 'a1', 0, 'text', 'Short.', NULL),
        (4, 'a2', 0, 'reasoning', 'hm', NULL), (5, 'a2', 1, 'text', 'Long.', NULL);
    INSERT INTO turns VALUES ('t1', 'c9', 'a1', 'gpt', '2026-01-01T10:00:00'), ('t2', 'c9', 'a2', 'phi', '2026-01-02');
"""

OTERM = """
    CREATE TABLE chat (id INTEGER PRIMARY KEY, name TEXT, model TEXT, system TEXT);
    CREATE TABLE message (id INTEGER PRIMARY KEY, chat_id INTEGER, author TEXT, text TEXT);
    INSERT INTO chat VALUES (1, 'chat #1', 'llama3', 'Be kind'), (2, '', 'phi', NULL), (3, 'empty', 'phi', '');
    INSERT INTO message VALUES (1, 1, 'user', 'How?'), (2, 2, 'me', 'Old'), (3, 1, 'assistant', 'So.'),
        (4, 2, 'ollama', 'Older');
"""


def made(path: Path, *scripts: str) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        for script in scripts:
            connection.executescript(script)
    return path


def said(chats: Iterable[ChatCopy]) -> list[tuple[str, str, list[tuple[str, str, int | None]]]]:
    return [(c.uid, c.title, [(m.role, m.text, m.parent) for m in c.messages]) for c in chats]


def test_the_responses_of_a_conversation_follow_each_other(tmp_path: Path) -> None:
    file = made(tmp_path / "logs.db", OLD_LLM)
    assert said(chats_in(file)) == [
        ("llm:c1", "Sleep", [("user", "How?", None), ("assistant", "In the dark.", 0),
                             ("user", "And coffee?", 1), ("assistant", "No.", 2)]),
        ("llm:response:r3", "A long text", [("user", "A long text", None), ("assistant", "A summary.", 0)]),
    ]  # fmt: skip
    assert [chat.updated[:19] for chat in chats_in(file)] == ["2024-01-02T00:00:02", "2024-01-03T00:00:00"]


def test_the_latest_system_prompt_is_the_chats_own(tmp_path: Path) -> None:
    file = made(tmp_path / "logs.db", OLD_LLM, NEW_LLM)
    prompts = {chat.uid: chat.options.system_prompt for chat in chats_in(file)}
    assert prompts == {"llm:c1": "House style\n\nBe kind", "llm:response:r3": None, "llm:c9": "Be kind"}
    changed = "UPDATE responses SET system = 'Be brief' WHERE id = 'r2'"
    (chat, *_) = chats_in(made(tmp_path / "later.db", OLD_LLM, changed))
    assert chat.options.system_prompt == "Be brief"
    store = made(tmp_path / "store.db", OTERM)
    assert [chat.options.system_prompt for chat in chats_in(store)] == ["Be kind", None]
    early = made(tmp_path / "early.db", OTERM, "ALTER TABLE chat DROP COLUMN system")
    assert [chat.options.system_prompt for chat in chats_in(early)] == [None, None]


def test_a_thread_comes_with_its_branches(tmp_path: Path) -> None:
    file = made(tmp_path / "logs.db", OLD_LLM, NEW_LLM)
    thread = list(chats_in(file))[-1]
    assert said([thread]) == [
        ("llm:c9", "Trees", [("user", "Sum up: A long text", None), ("assistant", "Short.", 0),
                             ("assistant", "Long.", 0)])
    ]  # fmt: skip
    assert thread.shown == 2
    assert [message.model for message in thread.messages] == ["", "gpt", "phi"]


def test_oterms_chats_come_over_old_authors_too(tmp_path: Path) -> None:
    file = made(tmp_path / "store.db", OTERM)
    before = file.read_bytes()
    first, second = chats_in(file)
    assert said([first])[0][1:] == ("chat #1", [("user", "How?", None), ("assistant", "So.", 0)])
    assert said([second])[0][1:] == ("Old", [("user", "Old", None), ("assistant", "Older", 0)])
    assert first.uid != second.uid and first.messages[1].model == "llama3"
    assert file.read_bytes() == before and [entry.name for entry in tmp_path.iterdir()] == ["store.db"]


def test_other_databases_are_refused_by_name(tmp_path: Path) -> None:
    other = made(tmp_path / "other.db", "CREATE TABLE bookmarks (url TEXT)")
    with pytest.raises(TransferError, match="does not know"):
        list(chats_in(other))
    with Store.open(tmp_path / "ours.db") as store:
        store.profile()
    with pytest.raises(TransferError, match="localpersona restore"):
        list(chats_in(tmp_path / "ours.db"))
    broken = made(tmp_path / "logs.db", OLD_LLM)
    broken.write_bytes(broken.read_bytes()[:10_000])
    with pytest.raises(TransferError, match="cannot be read"):
        list(chats_in(broken))
    made(tmp_path / "odd.db", "CREATE TABLE chat (x TEXT); CREATE TABLE message (y TEXT)")
    with pytest.raises(TransferError, match="cannot be read"):
        list(chats_in(tmp_path / "odd.db"))
