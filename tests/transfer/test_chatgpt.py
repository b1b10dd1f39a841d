"""ChatGPT's export: what was said comes over, with its branches; the rest stays behind."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localpersona.store import ChatCopy
from localpersona.transfer import TransferError, chats_in
from localpersona.transfer.markdown import shown_branch


def node(name: str, parent: str | None, role: str = "user", *parts: object, **message: Any) -> dict[str, Any]:
    said = {
        "author": {"role": role},
        "create_time": 1_700_000_000.5 + len(name),
        "content": {"content_type": "text", "parts": list(parts)},
        "metadata": {},
        **message,
    }
    return {"id": name, "parent": parent, "children": [], "message": said if parts else None}


def conversation(*nodes: dict[str, Any], **fields: Any) -> dict[str, Any]:
    mapping = {entry["id"]: entry for entry in nodes}
    for entry in nodes:
        if entry["parent"] in mapping:
            mapping[entry["parent"]]["children"].append(entry["id"])
    return {
        "conversation_id": "c1",
        "title": "Sleep",
        "create_time": 1_700_000_000,
        "mapping": mapping,
        **fields,
    }


def read(path: Path, *conversations: object) -> list[ChatCopy]:
    file = path / "conversations.json"
    file.write_text(json.dumps(conversations))
    return list(chats_in(file))


def test_both_answers_come_over_and_the_one_shown_is_shown(tmp_path: Path) -> None:
    (chat,) = read(
        tmp_path,
        conversation(
            node("root", None),
            node(
                "system",
                "root",
                "system",
                "You are ChatGPT",
                metadata={"is_visually_hidden_from_conversation": True},
            ),
            node("q", "system", "user", "How do I sleep?"),
            node("a1", "q", "assistant", "Badly.", metadata={"model_slug": "gpt-4o"}),
            node("a22", "q", "assistant", "In the dark."),
            current_node="a1",
        ),
    )
    assert (chat.uid, chat.title) == ("chatgpt:c1", "Sleep")
    assert chat.created == "2023-11-14T22:13:20.000+00:00"
    assert [(m.role, m.text, m.parent, m.model) for m in chat.messages] == [
        ("user", "How do I sleep?", None, ""),
        ("assistant", "Badly.", 0, "gpt-4o"),
        ("assistant", "In the dark.", 0, ""),
    ]
    assert [message.text for message in shown_branch(chat)] == ["How do I sleep?", "Badly."]


HIDDEN = {"is_visually_hidden_from_conversation": True, "is_user_system_message": True}
TYPED = {"about_user_message": "I am a nurse.", "about_model_message": "Answer briefly."}
CONTEXT = {
    "content_type": "user_editable_context",
    "user_profile": "Preface:\nUser profile:\n```I am a nurse.```",
    "user_instructions": "The user wants you to respond so:\n```Answer briefly.```",
}


@pytest.mark.parametrize(
    ("role", "fields", "prompt"),
    [
        ("user", {"content": CONTEXT, "metadata": HIDDEN}, "About the user: I am a nurse.\n\nAnswer briefly."),
        ("system", {"metadata": {**HIDDEN, "user_context_message_data": TYPED}},
         "About the user: I am a nurse.\n\nAnswer briefly."),
        ("user", {"content": {**CONTEXT, "user_profile": ""}, "metadata": HIDDEN}, "Answer briefly."),
        ("user", {"content": {**CONTEXT, "user_profile": 3, "user_instructions": None}, "metadata": HIDDEN}, None),
        ("system", {"content": {"content_type": "text", "parts": ["Be", 3, "kind"]}}, "Be\n\nkind"),
        ("system", {"content": {"content_type": "text", "parts": ["inner"]}, "metadata": HIDDEN}, None),
    ],
)  # fmt: skip
def test_custom_instructions_are_the_chats_own_system_prompt(
    tmp_path: Path, role: str, fields: dict[str, Any], prompt: str | None
) -> None:
    told = node("told", "root", role, "", **fields)
    (chat,) = read(tmp_path, conversation(node("root", None), told, node("q", "told", "user", "Hello")))
    assert chat.options.system_prompt == prompt
    assert [message.text for message in chat.messages] == ["Hello"]


def test_an_answer_with_tools_in_between_is_one_answer(tmp_path: Path) -> None:
    (chat,) = read(
        tmp_path,
        conversation(
            node("q", None, "user", "What is the weather?"),
            node("think", "q", "assistant", "hm", content={"content_type": "thoughts", "thoughts": []}),
            node("a", "think", "assistant", "Let me look."),
            node("call", "a", "assistant", "search(…)", recipient="web"),
            node("tool", "call", "tool", "rain"),
            node("b", "tool", "assistant", "It rains."),
            current_node="b",
        ),
    )
    assert [message.text for message in chat.messages] == [
        "What is the weather?",
        "Let me look.\n\nIt rains.",
    ]
    assert chat.shown == 1


def test_pictures_are_words_voices_are_their_text_and_the_hidden_stays_hidden(tmp_path: Path) -> None:
    picture = {"content_type": "image_asset_pointer", "asset_pointer": "file://x"}
    voice = {"content_type": "audio_transcription", "text": "spoken"}
    (chat,) = read(
        tmp_path,
        conversation(
            node("memory", None, "user", "secret", metadata={"is_visually_hidden_from_conversation": True}),
            node("q", "memory", "user", picture, voice, "What is this?",
                 content={"content_type": "multimodal_text", "parts": [picture, voice, "What is this?"]}),
        ),
    )  # fmt: skip
    assert [message.text for message in chat.messages] == ["[picture]\n\nspoken\n\nWhat is this?"]


def test_the_zip_is_read_as_it_was_downloaded(tmp_path: Path) -> None:
    export = json.dumps([conversation(node("q", None, "user", "hello"))])
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr("chat.html", "<html>")
        archive.writestr("conversations-000.json", export)
    (chat,) = chats_in(tmp_path / "export.zip")
    assert chat.messages[0].text == "hello"
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("photo.jpg", "")
    with pytest.raises(TransferError, match=r"no conversations\.json"):
        list(chats_in(tmp_path / "other.zip"))


def test_a_circle_of_messages_is_not_walked_for_ever(tmp_path: Path) -> None:
    entries = conversation(
        node("a", "b", "user", "x"), node("b", "a", "assistant", "y"), node("c", None, "user", "z")
    )
    (chat,) = read(tmp_path, entries)
    assert [message.text for message in chat.messages] == ["z"]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(derandomize=True, deadline=None, max_examples=150)
@given(
    anything,
    st.sampled_from(["author", "content", "metadata", "create_time", "recipient", "parts"]),
    st.data(),
)
def test_a_strange_value_anywhere_costs_at_most_its_message(
    strange: Any, where: str, data: st.DataObject
) -> None:
    from localpersona.transfer import chatgpt

    bad = node("bad", "q", "assistant", "odd")
    if where == "parts":
        bad["message"]["content"]["parts"] = strange
    else:
        bad["message"][where] = strange
    entry = conversation(node("q", None, "user", "first"), bad, node("last", "bad", "user", "still here"))
    for field in data.draw(st.sets(st.sampled_from(["title", "create_time", "update_time", "current_node"]))):
        entry[field] = strange
    (chat,) = chatgpt.read([entry])
    said = [message.text for message in chat.messages]
    assert said[0] == "first" and said[-1] == "still here"
