"""The beginning of a file that a stranger wrote, read without trusting any number in it."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import BinaryIO

_MOST_HEADER_BYTES = 48 << 20  # vocabularies of 260,000 tokens with their merges need about 12 MB
_PIECE = 1 << 18


class GgufError(Exception):
    """The file is not a usable GGUF. str(error) is one plain line."""


class BoundedReader:
    """The beginning of a file, read piece by piece, never beyond its end or the bound on headers."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.size = size
        self.position = 0
        self._file = file
        self._end = min(size, _MOST_HEADER_BYTES)
        self._read = b""
        self._offset = 0  # where in the file _read begins

    def take(self, count: int) -> bytes:
        self.require(count)
        start = self.position - self._offset
        if start < 0 or start + count > len(self._read):
            self._file.seek(self.position)
            self._read, self._offset, start = self._file.read(max(count, _PIECE)), self.position, 0
            if len(self._read) < count:
                raise GgufError("The file is cut off")
        self.position += count
        return self._read[start : start + count]

    def skip(self, count: int) -> None:
        self.require(count)
        self.position += count

    def require(self, count: int) -> None:
        """Refuse a length that the file cannot have."""
        if not 0 <= count <= self._end - self.position:
            whole = self._end == self.size
            raise GgufError(
                "The file is cut off or damaged" if whole else "The file's header is far too large"
            )

    def number(self, form: str) -> int | float | bool:
        value: int | float | bool = struct.unpack(form, self.take(struct.calcsize(form)))[0]
        return value

    def count(self, least_bytes_each: int, most: int) -> int:
        """Return a count of things that follow, if the file has room for so many of them."""
        number = int(self.number("<Q"))
        if number > most:
            raise GgufError("The file's header makes no sense: it promises too much")
        self.require(number * least_bytes_each)
        return number

    def text(self, most: int) -> str:
        """Return a string; empty when it is longer than `most` bytes."""
        length = int(self.number("<Q"))
        if length > most:
            self.skip(length)
            return ""
        return self.take(length).decode("utf-8", "replace")

    def skip_texts(self, count: int, seen: Callable[[bytes], object] | None = None) -> None:
        """Step over `count` strings. Vocabularies are long: without `seen`, only the lengths are looked at."""
        length_at = struct.Struct("<Q").unpack_from
        while count:
            self.require(8)
            self._file.seek(self.position)
            piece = self._file.read(_PIECE)
            at, last = 0, len(piece) - 8
            while count and at <= last:
                length = length_at(piece, at)[0]
                if seen is not None:
                    if at + 8 + length > len(piece) and at:
                        break  # it goes on beyond this piece, so the next one begins with it
                    seen(piece[at + 8 : at + 8 + length])  # longer than a whole piece: the beginning will do
                at += 8 + length
                count -= 1
            self.skip(max(at, 1))  # never stands still, even when the file shrinks meanwhile
