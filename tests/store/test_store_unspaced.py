"""Search in scripts without spaces: any part of a sentence finds it, and nothing else does."""

from __future__ import annotations

import sqlite3
import unicodedata
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database, Migrations

from localpersona.store import ChatCopy, MessageCopy, Store, connecting
from localpersona.store.migrations import migrations

SLEEP = "怎样改善睡眠质量"
INSERT = "INSERT INTO messages (id, chat_id, role, text, state, created) VALUES (?, ?, 'user', ?, 'complete', '2026')"


def say(store: Store, chat_id: int, *texts: str) -> list[int]:
    return [store.add_message(chat_id, None, "user", text) for text in texts]


def found(store: Store, query: str) -> list[int | None]:
    return [hit.message_id for hit in store.search(query)]


def test_a_part_of_a_sentence_finds_it_newest_first(store: Store, chat_id: int) -> None:
    one, two, thai, kana = say(store, chat_id, SLEEP, "睡眠不足。没睡", "การนอนหลับที่ดี", "眠れない夜・ｺｰﾋｰ")
    assert found(store, "睡眠") == [two, one]
    assert found(store, "睡") == [two, one]
    assert found(store, "改善睡眠质") == [one]
    assert found(store, "量") == [one]
    assert found(store, "眠睡") == found(store, "睡质") == []
    assert found(store, "หลับ") == [thai]
    assert found(store, "コーヒー") == found(store, "夜") == [kana]


def test_words_of_both_kinds_must_all_occur_and_the_last_may_be_unfinished(
    store: Store, chat_id: int
) -> None:
    one, two = say(store, chat_id, "iPhone手机壳 很好", "Die Katze heißt ＧＰＵ显存")
    assert found(store, "手机 iph") == found(store, "手机iPhone") == found(store, '"手机壳" 很') == [one]
    assert found(store, "iph 手机") == found(store, '手机 "iph"') == []
    assert found(store, "显存 gpu") == found(store, "katze 显") == [two]


def test_a_snippet_marks_what_was_looked_for(store: Store, chat_id: int) -> None:
    say(store, chat_id, "长" * 200 + "如何\x1b[31m改善睡眠？睡眠 Apps" + "短" * 200)
    (hit,) = store.search("睡眠 app")
    assert [hit.snippet[start:end] for start, end in hit.matches] == ["睡眠", "睡眠", "App"]
    assert hit.snippet.startswith("…长") and hit.snippet.endswith("短…") and "␛[31m" in hit.snippet
    assert len(hit.snippet) < 200


LETTERS = "睡眠改善よるカタ不人々นอน"


@settings(derandomize=True, deadline=None, max_examples=100)
@given(st.lists(st.text(LETTERS + " a。", max_size=12), max_size=4), st.text(LETTERS, min_size=1, max_size=4))
def test_what_is_found_is_exactly_what_holds_it(texts: list[str], query: str) -> None:
    with Store.open(None) as store:
        ids = say(store, store.create_chat(store.profile().id), *texts)
        holding = [number for number, text in zip(ids, texts, strict=True) if query in text]
        assert found(store, query) == holding[::-1]


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.text(max_size=20), st.text("\uff02\"'*()^ \0\uff9e睡々゛・ｱ", max_size=20))
def test_nothing_that_can_be_typed_is_syntax(before: str, after: str) -> None:
    query = f"{before}睡{after}"
    with Store.open(None) as store:
        say(store, store.create_chat(store.profile().id), query)
        for hit in store.search(query):
            assert all(0 <= start < end <= len(hit.snippet) for start, end in hit.matches)


def test_what_was_written_by_others_changed_or_removed_is_known(path: Path) -> None:
    with Store.open(path) as store:
        chat_id = store.create_chat(store.profile().id)
        one, two = say(store, chat_id, SLEEP, "睡眠不足")
        assert found(store, "睡眠") == [two, one]
        with closing(sqlite3.connect(path)) as other:  # another program, or an older LocalPersona
            other.execute(INSERT, (98, chat_id, "睡眠"))
            other.execute("DELETE FROM messages WHERE id = 98")  # before anybody indexed it
            other.execute(INSERT, (99, chat_id, "他们的睡眠"))
            other.execute("DELETE FROM messages WHERE id = ?", [one])
            other.execute("UPDATE messages SET text = '早起' WHERE id = ?", [two])
            other.commit()
        assert found(store, "睡眠") == [99]
        assert found(store, "早起") == [two]


def test_an_answer_is_found_once_it_has_ended_and_an_imported_chat_at_once(
    store: Store, chat_id: int
) -> None:
    answer = store.add_message(chat_id, None, "assistant", "睡", state="running")
    assert found(store, "睡") == []
    store.finish_answer(answer, text="早睡")
    assert found(store, "睡") == [answer]
    copy = ChatCopy("u", "t", "2026", "2026", (MessageCopy("user", "进口睡眠"),))
    imported = store.add_copy(store.profile().id, copy).chat_id
    assert [hit.chat_id for hit in store.search("睡眠")] == [imported]


def test_while_another_process_writes_what_was_indexed_before_is_found(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connecting, "_BUSY_SECONDS", 0.01)
    with Store.open(path) as store:
        chat_id = store.create_chat(store.profile().id)
        (one,) = say(store, chat_id, SLEEP)
        assert found(store, "睡眠") == [one]
        (two,) = say(store, chat_id, "睡眠不足")
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert found(store, "睡眠") == [one]
            other.execute("ROLLBACK")
        assert found(store, "睡眠") == [two, one]


def test_chats_of_an_earlier_version_are_found(path: Path) -> None:
    earlier = Migrations("localpersona")
    for step in list(migrations.pending(Database(memory=True)))[:3]:
        earlier(name=step.name)(step.fn)
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        earlier.apply(Database(connection))
        connection.execute("INSERT INTO profiles (id, name, created) VALUES (1, 'default', '2026')")
        connection.execute(
            "INSERT INTO chats (id, uid, profile_id, created, updated, touched) VALUES (1, 'u', 1, '2026', '2026', 1)"
        )
        connection.execute(INSERT, (7, 1, SLEEP))
        connection.execute(INSERT, (8, 1, "no sleep"))
        connection.commit()
    with Store.open(path) as store:
        assert found(store, "睡眠") == [7]


def test_normal_forms_of_the_same_text_are_the_same(store: Store, chat_id: int) -> None:
    (one,) = say(store, chat_id, unicodedata.normalize("NFD", "がんばって"))
    assert found(store, "がんば") == [one]
