"""Messages over a pipe: four bytes of length (big-endian), then that many bytes of JSON.

JSON and not pickle, because the child reads hostile model files and must not be able to run code in the app.
"""

from __future__ import annotations

import json
import struct
from typing import Any, BinaryIO

LARGEST = 64 * 2**20
"""Bytes; far above any conversation. A longer frame means that the stream is damaged."""

Message = dict[str, Any]


class FramingError(Exception):
    """The stream is not what the other side should have written, or it ended inside a message."""


def write_message(stream: BinaryIO, message: Message) -> None:
    """Write and flush. Text may hold lone surrogates. Raises FramingError, OSError."""
    body = json.dumps(message, separators=(",", ":")).encode("ascii")
    if len(body) > LARGEST:
        raise FramingError(f"a message of {len(body)} bytes is longer than the {LARGEST} allowed")
    stream.write(struct.pack(">I", len(body)) + body)
    stream.flush()


def read_message(stream: BinaryIO) -> Message | None:
    """Return the next message, None at the end of the stream. Raises FramingError, OSError."""
    header = stream.read(4)
    if not header:
        return None
    (size,) = struct.unpack(">I", header) if len(header) == 4 else (LARGEST + 1,)
    if size > LARGEST:
        raise FramingError("the stream is damaged")
    body = stream.read(size)
    if len(body) < size:
        raise FramingError("the stream ended inside a message")
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as error:  # the latter: lists within lists, thousands deep
        raise FramingError(f"not JSON: {error}") from error
    if not isinstance(message, dict):
        raise FramingError("not an object")
    return message
