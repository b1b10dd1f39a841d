"""ChatGPT's export: conversations.json, a list of trees of messages.

    [{"conversation_id": …, "title": …, "create_time": seconds, "update_time": seconds, "current_node": id,
      "mapping": {id: {"parent": id | null, "children": [id, …], "message": null |
          {"author": {"role": …}, "recipient": "all" | a tool's name, "create_time": seconds,
           "content": {"content_type": "text" | "multimodal_text" | …, "parts": [text or picture, …]},
           "metadata": {"model_slug": …, "is_visually_hidden_from_conversation": true}}}}}, …]

What was said is imported, with all branches, and the user's custom instructions as the chat's own system prompt.
Left out: what ChatGPT told itself and its tools. A picture becomes the words "[picture]".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from localpersona.store import ChatCopy, ChatOptions, MessageCopy
from localpersona.transfer import chatgpt_instructions
from localpersona.transfer.checking import fields_of, mapping, moment, text, title_of
from localpersona.values import Role

_SAID = ("text", "multimodal_text")


@dataclass
class _Said:
    """A message that is imported."""

    message: MessageCopy
    when: str
    above: _Said | None


def read(conversations: list[Any]) -> Iterator[ChatCopy]:
    """Yield the chats of an export in which something was said. Raises TransferError."""
    for number, entry in enumerate(conversations, start=1):
        conversation = mapping(entry, f"conversation {number}")
        chat = _chat(
            conversation, mapping(conversation.get("mapping"), f'"mapping" of conversation {number}')
        )
        if chat is not None:
            yield chat


def _chat(conversation: Mapping[str, Any], nodes: Mapping[str, Any]) -> ChatCopy | None:
    said = _in_order(nodes)
    # Parents first, else by time: the store takes the message with the highest id for the newest.
    ordered = sorted({id(one): one for one in said.values() if one}.values(), key=lambda one: one.when)
    uid = conversation.get("conversation_id") or conversation.get("id")
    if not ordered or not isinstance(uid, str):
        return None
    places = {id(one): place for place, one in enumerate(ordered)}
    messages = tuple(
        replace(one.message, parent=None if one.above is None else places[id(one.above)]) for one in ordered
    )
    last = said.get(text(conversation.get("current_node")))
    created = moment(conversation.get("create_time")) or messages[0].created
    return ChatCopy(
        uid=f"chatgpt:{uid[:100]}",
        title=title_of(conversation.get("title"), messages[0].text),
        created=created,
        updated=moment(conversation.get("update_time")) or created,
        messages=messages,
        shown=None if last is None else places[id(last)],
        options=ChatOptions(system_prompt=chatgpt_instructions.of(nodes) or None),
    )


def _in_order(nodes: Mapping[str, Any]) -> dict[str, _Said | None]:
    """Return, for each node, the message that is imported for it: its own, or the nearest one above it."""
    children: dict[str | None, list[str]] = {}
    for name, node in nodes.items():
        parent = node.get("parent") if isinstance(node, Mapping) else None
        children.setdefault(parent if isinstance(parent, str) and parent in nodes else None, []).append(name)
    said: dict[str, _Said | None] = {}
    # By parents, not by lists of children, so that no node is met twice and a circle is not met at all.
    waiting: list[tuple[str, _Said | None, bool]] = [(name, None, False) for name in children.get(None, [])]
    while waiting:
        name, above, goes_on = waiting.pop()
        message = _message(nodes[name].get("message")) if isinstance(nodes[name], Mapping) else None
        if message is None:
            said[name] = above
        elif goes_on and above is not None and message.role == above.message.role == "assistant":
            # An answer with tools in between comes in parts; to a reader, and to a chat template, it is one.
            above.message = replace(above.message, text=f"{above.message.text}\n\n{message.text}")
            said[name] = above
        else:
            said[name] = _Said(message, max(message.created, above.when if above else ""), above)
        below = children.get(name, [])
        only = len(below) == 1 and (goes_on or message is not None)
        waiting += [(child, said[name], only) for child in reversed(below)]
    return said


def _message(message: Any) -> MessageCopy | None:
    """Return what was said, or None for what only ChatGPT and its tools heard."""
    if not isinstance(message, Mapping):
        return None
    author, content, metadata = (fields_of(message.get(name)) for name in ("author", "content", "metadata"))
    role: Role | None = {"user": "user", "assistant": "assistant"}.get(text(author.get("role")))  # type: ignore[assignment]
    hidden = metadata.get("is_visually_hidden_from_conversation") is True
    if role is None or hidden or message.get("recipient", "all") != "all":
        return None
    if content.get("content_type") not in _SAID:
        return None
    parts = content.get("parts")
    words = "\n\n".join(filter(None, map(_part, parts if isinstance(parts, list) else [])))
    if not words.strip():
        return None
    return MessageCopy(
        role, words, created=moment(message.get("create_time")), model=text(metadata.get("model_slug"))
    )


def _part(part: object) -> str:
    if isinstance(part, str):
        return part
    fields = fields_of(part)
    return text(fields.get("text")) if fields.get("content_type") == "audio_transcription" else "[picture]"
