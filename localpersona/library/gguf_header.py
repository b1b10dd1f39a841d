"""What a GGUF file says it is. Without llama.cpp: files come from strangers, and it aborts on some of them.

Pure Python, so that a malformed file is at worst a `GgufError`. No number from the file is trusted: counts
and lengths are checked against what is left of the file before anything is read, and nothing large is kept.
Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. Not known: whether the weights are good.
"""

from __future__ import annotations

import struct
from collections import Counter
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import BinaryIO

from localpersona.library.gguf_types import ARRAY, FILE_TYPES, SCALARS, STRING, TENSOR_TYPES
from localpersona.text import one_line

Value = int | float | bool | str | tuple[int, ...]

_MOST_HEADER_BYTES = 48 << 20  # vocabularies of 260,000 tokens with their merges need about 12 MB
_MOST_ENTRIES = 10_000
_MOST_TENSORS = 100_000
_MOST_KEY_BYTES = 65_535  # the format's own limit
_MOST_TEXT_BYTES = 4_096  # longer texts (chat templates) are not kept
_MOST_NUMBERS = 1_024  # longer arrays are not kept; a number for each layer is the most we need
_PIECE = 1 << 18


class GgufError(Exception):
    """The file is not a usable GGUF. str(error) is one plain line."""


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """The facts that choosing a model needs. Texts are harmless and on one line; 0 means: not said."""

    name: str
    architecture: str
    kind: str
    """"model", or what else it is: "adapter", "imatrix", "mmproj" …"""
    parameters: int
    quantisation: str
    context_length: int
    """The most tokens that the model was trained for."""
    layers: int
    heads: int
    kv_heads: int
    """Summed over the layers: they need not be alike."""
    head_size: int
    size_bytes: int
    part: int = 0
    """Which part of a split file this is, from 0."""
    parts: int = 1

    @property
    def kv_bytes_per_token(self) -> int:
        """Memory that a token of context takes: keys and values, 16 bits each, in every layer."""
        return 2 * self.kv_heads * self.head_size * 2


def read_header(path: Path) -> GgufHeader:
    """Return what the file at path says of itself; raises GgufError when it is not a whole GGUF."""
    try:
        with path.open("rb") as file:
            return _header(_Bytes(file, path.stat().st_size), path.stem)
    except OSError as error:
        raise GgufError(f"The file cannot be read: {error.strerror or error}") from error


class _Bytes:
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
                raise GgufError("The file is cut off; download it again")
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

    def skip_texts(self, count: int) -> None:
        """Step over `count` strings. Vocabularies are long: only the lengths are looked at."""
        length_at = struct.Struct("<Q").unpack_from
        while count:
            self.require(8)
            self._file.seek(self.position)
            piece = self._file.read(_PIECE)
            at, last = 0, len(piece) - 8
            while count and at <= last:
                at += 8 + length_at(piece, at)[0]
                count -= 1
            self.skip(max(at, 1))  # never stands still, even when the file shrinks meanwhile


def _header(source: _Bytes, stem: str) -> GgufHeader:
    if source.size < 24 or source.take(4) != b"GGUF":
        raise GgufError("This is not a GGUF file")
    version = int(source.number("<I"))
    if version not in (2, 3):
        raise GgufError(f"GGUF version {version} is not known")
    tensors = source.count(24, _MOST_TENSORS)
    entries = source.count(13, _MOST_ENTRIES)
    said = dict(_entry(source) for _ in range(entries))
    parameters, common_type = _weigh(source, tensors, said)
    return _described(said, stem, parameters, common_type, source.size)


def _entry(source: _Bytes) -> tuple[str, Value | None]:
    key = source.text(_MOST_KEY_BYTES)
    kind = int(source.number("<I"))
    if kind in SCALARS:
        return key, source.number(SCALARS[kind])
    if kind == STRING:
        return key, source.text(_MOST_TEXT_BYTES)
    if kind == ARRAY:
        return key, _array(source)
    raise GgufError("The file's header makes no sense: a value of an unknown type")


def _array(source: _Bytes) -> tuple[int, ...] | None:
    """Return a short array of numbers; step over any other."""
    kind = int(source.number("<I"))
    if kind == STRING:
        source.skip_texts(source.count(8, _MOST_HEADER_BYTES))
        return None
    if kind not in SCALARS:
        raise GgufError("The file's header makes no sense: an array of an unknown type")
    width = struct.calcsize(SCALARS[kind])
    count = source.count(width, _MOST_HEADER_BYTES)
    if count > _MOST_NUMBERS or SCALARS[kind] in ("<f", "<d"):
        source.skip(count * width)
        return None
    return tuple(int(source.number(SCALARS[kind])) for _ in range(count))


def _weigh(source: _Bytes, tensors: int, said: dict[str, Value | None]) -> tuple[int, str]:
    """Return the number of weights and their commonest type, having checked that all are in the file."""
    weights: Counter[str] = Counter()
    needed = 0
    for _ in range(tensors):
        source.text(_MOST_KEY_BYTES)
        dimensions = int(source.number("<I"))
        if dimensions > 8:  # GGML has at most 4
            raise GgufError("The file's header makes no sense: a tensor of too many dimensions")
        count = prod(int(source.number("<Q")) for _ in range(dimensions))
        name, block, block_bytes = TENSOR_TYPES.get(int(source.number("<I")), ("unknown", 1, 0))
        offset = int(source.number("<Q"))
        weights[name] += count
        needed = max(needed, offset + count // block * block_bytes)
    alignment = _whole(said.get("general.alignment")) or 32
    start = -(-source.position // alignment) * alignment
    if tensors and start + needed > source.size:
        raise GgufError("The file is cut off: some of the weights are missing; download it again")
    return weights.total(), weights.most_common(1)[0][0] if weights else ""


def _described(
    said: dict[str, Value | None], stem: str, parameters: int, common_type: str, size: int
) -> GgufHeader:
    architecture = one_line(str(said.get("general.architecture") or ""), 40)
    if not architecture:
        raise GgufError("The file does not say what architecture the model has")

    def of_model(key: str) -> Value | None:
        return said.get(f"{architecture}.{key}")

    layers = _whole(of_model("block_count"))
    heads = _whole(of_model("attention.head_count"))
    width = _whole(of_model("embedding_length"))
    per_layer = of_model("attention.head_count_kv")
    return GgufHeader(
        name=one_line(str(said.get("general.name") or stem)),
        architecture=architecture,
        kind=one_line(str(said.get("general.type") or "model"), 20),
        parameters=parameters or _whole(said.get("general.parameter_count")),
        quantisation=FILE_TYPES.get(_whole(said.get("general.file_type"), -1), common_type),
        context_length=_whole(of_model("context_length")),
        layers=layers,
        heads=heads,
        kv_heads=sum(per_layer) if isinstance(per_layer, tuple) else (_whole(per_layer) or heads) * layers,
        head_size=_whole(of_model("attention.key_length")) or (width // heads if heads else 0),
        size_bytes=size,
        part=_whole(said.get("split.no")),
        parts=max(_whole(said.get("split.count")), 1),
    )


def _whole(value: Value | None, otherwise: int = 0) -> int:
    """Return value if it is a whole number (of an array, the largest) of at least `otherwise`, else that."""
    if isinstance(value, tuple):
        value = max(value, default=otherwise)
    return max(value, otherwise) if type(value) is int else otherwise
