"""Changes single fields of a GGUF's header, to values that no honest writer would write."""

from __future__ import annotations

import struct
from pathlib import Path

Number = int | float


class GgufBytes:
    """A whole file in memory. Fields are found by the text before them; `save` writes what became of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.data = bytearray(path.read_bytes())

    def save(self, size: int | None = None) -> Path:
        self.path.write_bytes(self.data[:size])
        return self.path

    def put(self, at: int, form: str, *values: Number) -> GgufBytes:
        struct.pack_into(f"<{form}", self.data, at, *values)
        return self

    def replace(self, old: bytes, new: bytes) -> GgufBytes:
        """Replace the first occurrence, keeping all positions."""
        assert old in self.data and len(old) == len(new)
        self.data = self.data.replace(old, new, 1)
        return self

    def value(self, key: str) -> int:
        """Return the position of a metadata value's type; the value itself begins four bytes later."""
        return self._after(key)

    def set(self, key: str, form: str, value: Number) -> GgufBytes:
        return self.put(self.value(key) + 4, form, value)

    def retype(self, key: str, kind: int) -> GgufBytes:
        return self.put(self.value(key), "I", kind)

    def array(self, key: str, *, kind: int | None = None, length: int | None = None) -> GgufBytes:
        """Change the type or the length that an array claims to have."""
        at = self.value(key) + 4
        if kind is not None:
            self.put(at, "I", kind)
        return self if length is None else self.put(at + 4, "Q", length)

    def tensor(
        self,
        name: str,
        *,
        dimensions: int | None = None,
        shape: tuple[int, ...] = (),
        kind: int | None = None,
        offset: int | None = None,
    ) -> GgufBytes:
        at = self._after(name)
        (count,) = struct.unpack_from("<I", self.data, at)
        if shape:
            self.put(at + 4, f"{len(shape)}Q", *shape)
        if kind is not None:
            self.put(at + 4 + 8 * count, "I", kind)
        if offset is not None:
            self.put(at + 8 + 8 * count, "Q", offset)
        return self if dimensions is None else self.put(at, "I", dimensions)

    def offset_of(self, name: str) -> int:
        """Return where a tensor's weights begin, from the first tensor's."""
        at = self._after(name)
        (dimensions,) = struct.unpack_from("<I", self.data, at)
        offset: int = struct.unpack_from("<Q", self.data, at + 8 + 8 * dimensions)[0]
        return offset

    def weights(self, name: str, value: float, count: int) -> GgufBytes:
        """Overwrite the first `count` weights of an F32 tensor."""
        return self.put(self._weights_begin() + self.offset_of(name), f"{count}f", *[value] * count)

    def _weights_begin(self) -> int:
        """Return where the weights begin: after the last tensor's description, which is the output's here."""
        names = [b"output.weight", b"output_norm.weight", b"token_embd.weight", b"ffn_down.weight"]
        last = max(self.data.rindex(name) + len(name) for name in names if name in self.data)
        (dimensions,) = struct.unpack_from("<I", self.data, last)
        return -(-(last + 4 + 8 * dimensions + 12) // 32) * 32

    def _after(self, text: str) -> int:
        content = text.encode()
        found = struct.pack("<Q", len(content)) + content
        assert self.data.count(found) == 1, text
        return self.data.index(found) + len(found)
