"""What is kept: profiles, chats, comparisons, drafts, in one SQLite file that never leaves the machine."""

from __future__ import annotations

from localpersona.store.encrypting import convert, convert_copy, require_encryption
from localpersona.store.encryption import is_encrypted, key_for
from localpersona.store.errors import LockedError, StoreError
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
from localpersona.store.restoring import erase_file, restore
from localpersona.store.store import Store

__all__ = [
    "Added",
    "ChatCopy",
    "ChatOptions",
    "ChatRow",
    "ComparisonRow",
    "Hit",
    "LockedError",
    "MessageCopy",
    "MessageRow",
    "MessageState",
    "ProfileRow",
    "Store",
    "StoreError",
    "convert",
    "convert_copy",
    "erase_file",
    "inspect",
    "is_encrypted",
    "key_for",
    "require_encryption",
    "restore",
]
