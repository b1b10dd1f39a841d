"""The system prompt of a conversation in ChatGPT's export: the user's custom instructions, or a system message.

Custom instructions are a hidden message, of the system until 2023 and of the user since:

    {"author": {"role": "system" | "user"},
     "content": {"content_type": "text" | "user_editable_context", "parts": [""],
                 "user_profile": "Preface …```about me```", "user_instructions": "Preface …```how to answer```"},
     "metadata": {"is_user_system_message": true,
                  "user_context_message_data": {"about_user_message": …, "about_model_message": …}}}

Hidden system messages without them are ChatGPT's own, and left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from localpersona.transfer.checking import fields_of, text

_IN_FENCE = re.compile(r"```(.*)```", re.DOTALL)


def of(nodes: Mapping[str, Any]) -> str:
    """Return the first system prompt among a conversation's nodes; "" when there is none."""
    messages = (fields_of(fields_of(node).get("message")) for node in nodes.values())
    return next(filter(None, map(_prompt, messages)), "")


def _prompt(message: Mapping[str, Any]) -> str:
    content, metadata = fields_of(message.get("content")), fields_of(message.get("metadata"))
    as_typed = fields_of(metadata.get("user_context_message_data"))
    about = _said(as_typed.get("about_user_message")) or _said(content.get("user_profile"))
    wanted = _said(as_typed.get("about_model_message")) or _said(content.get("user_instructions"))
    if about or wanted:
        return "\n\n".join(filter(None, [about and f"About the user: {about}", wanted]))
    hidden = metadata.get("is_visually_hidden_from_conversation") is True
    if hidden or fields_of(message.get("author")).get("role") != "system":
        return ""
    parts = content.get("parts")
    return "\n\n".join(filter(None, map(text, parts if isinstance(parts, list) else []))).strip()


def _said(value: object) -> str:
    """Return what the user wrote, without the preface that ChatGPT puts before it."""
    fenced = _IN_FENCE.search(text(value))
    return (fenced[1] if fenced else text(value)).strip()
