"""Our own JSON, and Markdown."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from localpersona.store import ChatCopy, ChatOptions, MessageCopy, Store
from localpersona.transfer import TransferError, as_json, as_markdown, chats_in, store_all
from localpersona.transfer.chat_json import read
from localpersona.values import Candidate

WHEN = "2026-01-02T03:04:05.678+00:00"
CANDIDATES = (
    Candidate("short", seed=1, tokens=3, traits=(0.5,), spread=(0.1,), reading=-1.25),
    Candidate("long \x1b[31m", "why"),
)
CHAT = ChatCopy(
    "u1",
    "A title",
    WHEN,
    WHEN,
    (
        MessageCopy("user", "one\x1b]0;evil\x07", created=WHEN),
        MessageCopy("assistant", "short", 0, created=WHEN, finish_reason="stop", model="tiny", candidates=CANDIDATES,
                    version="v1"),
        MessageCopy("assistant", "½ other", 0, created=WHEN, state="stopped", reasoning="hm"),
    ),
    shown=2,
    options=ChatOptions(pinned=True, system_prompt="Be kind", temperature=0.3),
)  # fmt: skip


def document(**changes: Any) -> Any:
    """Return a document of one chat, changed in places: `messages__1__role` is messages[1]["role"]."""
    content = json.loads("".join(as_json([CHAT])))
    for where, value in changes.items():
        *path, last = [int(step) if step.isdecimal() else step for step in where.split("__")]
        place = content["chats"][0]
        for step in path:
            place = place[step]
        place[last] = value
    return content


def test_what_is_written_is_read_again_as_it_was(tmp_path: Path) -> None:
    chats = [CHAT, replace(CHAT, uid="u2", messages=(), shown=None)]
    file = tmp_path / "chats.json"
    file.write_text("".join(as_json(chats)))
    assert list(chats_in(file)) == chats
    assert "\x1b" not in file.read_text()


def test_only_role_text_and_uid_must_be_there() -> None:
    (chat,) = read({"format": "localpersona-chats", "version": 1, "chats": [
        {"uid": "x", "messages": [{"role": "user", "text": "Hello there"}]}]})  # fmt: skip
    assert (chat.title, chat.messages) == ("Hello there", (MessageCopy("user", "Hello there"),))
    assert chat.options == ChatOptions()  # files of before there were any


@pytest.mark.parametrize(
    "changes",
    [
        {"uid": ""},
        {"uid": 3},
        {"messages": "none"},
        {"messages__0": []},
        {"messages__1__role": "tool"},
        {"messages__1__text": None},
        {"messages__1__parent": 1},
        {"messages__1__parent": 2},
        {"messages__1__parent": -1},
        {"messages__1__parent": True},
        {"messages__1__candidates": {}},
        {"messages__1__chosen": 2},
        {"shown": 3},
        {"options": 3},
    ],
)
def test_what_would_not_fit_together_is_refused_in_one_line(changes: dict[str, Any]) -> None:
    with pytest.raises(TransferError, match=r"^Nothing was imported: .*\.$"):
        list(read(document(**changes)))


def test_odd_values_that_harm_nobody_become_usual_ones() -> None:
    changes = {"created": "yesterday", "messages__1__state": "odd", "messages__1__finish_reason": 5,
               "messages__1__candidates__0__traits": [float("nan")],
               "messages__1__candidates__0__reading": "good", "messages__1__candidates__0__spread": [10**400],
               "messages__1__candidates__1__tokens": 10**400,
               "messages__2__reasoning": None,
               "options": {"pinned": "yes", "system_prompt": 3, "temperature": 99}}  # fmt: skip
    (chat,) = read(document(**changes))
    assert chat.created == WHEN
    assert chat.options == ChatOptions(temperature=2.0)
    assert (chat.messages[1].state, chat.messages[1].finish_reason) == ("complete", None)
    assert chat.messages[1].candidates[0].reading is None
    assert (chat.messages[1].candidates[0].traits, chat.messages[1].candidates[1].tokens) == ((), 0)


def test_other_json_is_refused_with_a_hint(tmp_path: Path) -> None:
    for content, hint in {
        "hello": "neither JSON nor a zip",
        "[" * 100_000: "neither JSON",
        "{}": "no chats",
        '{"format": "localpersona-profile", "version": 1}': "localpersona profile import",
        '{"format": "localpersona-chats", "version": 9}': "version '9'",
        "[1]": "not a JSON object",
        "PK\x03\x04": "cannot be unpacked",
    }.items():
        (tmp_path / "file").write_text(content)
        with pytest.raises(TransferError, match=hint):
            list(chats_in(tmp_path / "file"))


def test_markdown_shows_the_branch_that_is_shown_and_is_harmless() -> None:
    assert as_markdown(CHAT) == (
        "# A title\n\n*2026-01-02 03:04 UTC*\n\n*1 message of other branches left out*\n\n"
        "## You\n\none␛]0;evil␇\n\n## Assistant\n\n½ other\n\n*(stopped)*\n"
    )
    assert as_markdown(replace(CHAT, messages=(), shown=None, title="")).startswith("# Untitled")


def test_many_chats_are_stored_a_few_at_a_time(tmp_path: Path) -> None:
    chats = [replace(CHAT, uid=str(number)) for number in range(50)]
    with Store.open(None) as store:
        profile = store.profile().id
        steps = [(done.chats, done.known, done.messages) for done in store_all(store, profile, chats)]
        assert steps == [(20, 0, 60), (40, 0, 120), (50, 0, 150)]
        assert [(d.chats, d.known, d.messages) for d in store_all(store, profile, chats[:3])] == [(0, 3, 0)]
