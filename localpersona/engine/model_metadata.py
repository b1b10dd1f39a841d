"""What a loaded model says of itself beyond its weights: single values, and its chat templates."""

from __future__ import annotations

import ctypes
from typing import Any

from llama_cpp import llama_cpp as L

from localpersona.engine.chat_template import OWN

_NAMED = "tokenizer.chat_template."
_MOST_KEYS = 10_000
_FIRST = ("default", "chat")


def value(model: Any, key: str) -> str:
    """Return the value of at most 255 bytes; "" when the model does not say."""
    buffer = ctypes.create_string_buffer(256)
    length = L.llama_model_meta_val_str(model, key.encode(), buffer, len(buffer))
    return buffer.value.decode("utf-8", "replace") if length > 0 else ""


def chat_templates(model: Any) -> dict[str, str]:
    """Return the model's templates as {what to call it: source}, the one meant for plain chats first.

    A model may have several, by name, for tools and the like; the one without a name is the default.
    """
    names = sorted(_named(model), key=lambda name: (name not in _FIRST, name))
    said = {OWN if not names else f"{OWN} (the default one of {len(names) + 1})": None} | {
        f"{OWN} ({name!r})": name for name in names
    }
    sources = {
        origin: L.llama_model_chat_template(model, name and name.encode()) for origin, name in said.items()
    }
    return {origin: source.decode("utf-8", "replace") for origin, source in sources.items() if source}


def _named(model: Any) -> list[str]:
    keys = []
    buffer = ctypes.create_string_buffer(256)
    for index in range(min(L.llama_model_meta_count(model), _MOST_KEYS)):
        if 0 < L.llama_model_meta_key_by_index(model, index, buffer, len(buffer)) < len(buffer):
            keys.append(buffer.value.decode("utf-8", "replace"))
    return [key.removeprefix(_NAMED) for key in keys if key.startswith(_NAMED)]
