"""Reading what others wrote: each value is looked at before it is believed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn

from localpersona.text import one_line

_TITLE_LENGTH = 60


class TransferError(ValueError):
    """Not a file with chats that can be read. str(error) is one plain line."""


def refuse(why: str) -> NoReturn:
    raise TransferError(f"Nothing was imported: {why}.")


def mapping(value: object, what: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        refuse(f"{what} is not a JSON object")
    return value


def fields_of(value: object) -> Mapping[str, Any]:
    """Return value if it is a JSON object; anything else becomes an empty one."""
    return value if isinstance(value, Mapping) else {}


def listed(value: object, what: str) -> list[Any]:
    if not isinstance(value, list):
        refuse(f"{what} is not a list")
    return value


def text(value: object) -> str:
    """Return value if it is text; anything else becomes empty text."""
    return value if isinstance(value, str) else ""


def moment(value: object) -> str:
    """Return a time (ISO-8601, or seconds since 1970) as the store writes it; "" when it is none."""
    try:
        if isinstance(value, str):
            when = datetime.fromisoformat(value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            when = datetime.fromtimestamp(value, UTC)
        else:
            return ""
        when = when if when.tzinfo else when.replace(tzinfo=UTC)
        return when.astimezone(UTC).isoformat(timespec="milliseconds")
    except (ValueError, OverflowError, OSError):
        return ""


def title_of(given: object, prompt: str) -> str:
    """Return the title a chat came with, or one made of its first words as the app makes them."""
    return one_line(text(given), 200) or one_line(prompt, _TITLE_LENGTH)
