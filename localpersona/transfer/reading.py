"""Which kind of file it is, and the chats in it."""

from __future__ import annotations

import json
import re
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from localpersona.store import ChatCopy
from localpersona.store.connecting import connect_to_read
from localpersona.transfer import chat_json, chatgpt, llm_logs, oterm
from localpersona.transfer.checking import refuse

_MOST_BYTES = 1 << 30
_CONVERSATIONS = re.compile(r"(.*/)?conversations(-\d+)?\.json")


def chats_in(path: Path) -> Iterator[ChatCopy]:
    """Yield the chats of a file: our JSON, ChatGPT's (also zipped), a database of `llm` or of oterm.

    Raises TransferError (one line) for anything else, and OSError.
    """
    with path.open("rb") as file:
        head = file.read(16)
    if head == b"SQLite format 3\0":
        yield from _in_database(path)
    elif head.startswith(b"PK\x03\x04"):
        yield from _in_zip(path)
    else:
        if path.stat().st_size > _MOST_BYTES:
            refuse(f"{path.name} is larger than {_MOST_BYTES >> 30} GB")
        yield from _in_json(path.read_bytes(), path.name)


def _in_json(content: bytes, name: str) -> Iterator[ChatCopy]:
    try:
        data: Any = json.loads(content)
    except (ValueError, RecursionError):
        refuse(f"{name} is neither JSON nor a zip nor a database")
    if isinstance(data, list):
        yield from chatgpt.read(data)
    elif isinstance(data, dict) and data.get("format") == chat_json.FORMAT:
        yield from chat_json.read(data)
    elif isinstance(data, dict) and data.get("format") == "localpersona-profile":
        refuse(f"{name} holds a profile; to import it: localpersona profile import")
    else:
        refuse(f"{name} holds no chats that LocalPersona knows how to read")


def _in_zip(path: Path) -> Iterator[ChatCopy]:
    """Yield the chats of ChatGPT's export as it was downloaded."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = sorted(
                info.filename for info in archive.infolist() if _CONVERSATIONS.fullmatch(info.filename)
            )
            if not members:
                refuse(f"there is no conversations.json in {path.name}")
            for member in members:
                with archive.open(member) as file:
                    content = file.read(_MOST_BYTES + 1)  # whatever size the archive claims
                if len(content) > _MOST_BYTES:
                    refuse(f"{member} in {path.name} is larger than {_MOST_BYTES >> 30} GB")
                yield from _in_json(content, member)
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        RuntimeError,
        EOFError,
    ) as error:  # damaged, or with a password
        refuse(f"{path.name} cannot be unpacked ({error})")


def _in_database(path: Path) -> Iterator[ChatCopy]:
    try:
        with closing(connect_to_read(path.absolute()).conn) as connection:
            connection.execute("PRAGMA trusted_schema = OFF")  # views of strangers call no functions
            tables = {row["name"] for row in connection.execute("SELECT name FROM sqlite_master")}
            if llm_logs.is_llm(tables):
                yield from llm_logs.read(connection, tables)
            elif oterm.is_oterm(tables):
                yield from oterm.read(connection, path.stat().st_mtime)
            elif {"chats", "comparisons", "profiles"} <= tables:
                refuse(f"{path.name} is a database of LocalPersona; to go back to it: localpersona restore")
            else:
                refuse(f"{path.name} is a database that LocalPersona does not know")
    except sqlite3.Error as error:
        refuse(f"{path.name} cannot be read ({error})")
