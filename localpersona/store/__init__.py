"""What is kept: profiles, chats, comparisons, drafts, in one SQLite file that never leaves the machine."""

from __future__ import annotations

from localpersona.store.errors import StoreError
from localpersona.store.inspecting import inspect
from localpersona.store.records import (
    Added,
    ChatCopy,
    ChatOptions,
    ChatRow,
    ComparisonRow,
    Hit,
    MessageCopy,
    MessageRow,
    MessageState,
    ProfileRow,
)
from localpersona.store.restoring import restore
from localpersona.store.store import Store

__all__ = [
    "Added",
    "ChatCopy",
    "ChatOptions",
    "ChatRow",
    "ComparisonRow",
    "Hit",
    "MessageCopy",
    "MessageRow",
    "MessageState",
    "ProfileRow",
    "Store",
    "StoreError",
    "inspect",
    "restore",
]
