"""The header of a GGUF file as data: entries and tensors, but no vocabulary and no weights.

Pure Python, so that a malformed file is at worst a `GgufError`. No number from the file is trusted: counts
and lengths are checked against what is left of the file before anything is read, and nothing large is kept.
Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. Not known: whether the weights are good.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path

from localpersona.library.gguf_bytes import BoundedReader, GgufError
from localpersona.library.gguf_types import ARRAY, SCALARS, STRING, TENSOR_TYPES

Value = int | float | bool | str | tuple[int, ...]

TOKENS = "tokenizer.ggml.tokens"

_MOST_ENTRIES = 10_000
_MOST_TENSORS = 100_000
_MOST_KEY_BYTES = 65_535  # the format's own limit
_MOST_TEXT_BYTES = 4_096  # longer texts (chat templates) are not kept
_MOST_NUMBERS = 1_024  # longer arrays are not kept; a number for each layer is the most we need


@dataclass(frozen=True, slots=True)
class Tensor:
    name: str
    weights: int
    kind: str
    """Such as "Q4_0"; "unknown" for types that are newer than this list."""
    size_bytes: int
    """0 when the type is unknown."""
    offset: int


@dataclass(frozen=True, slots=True)
class GgufContents:
    entries: Mapping[str, Value | None]
    """None: too long to keep."""
    tensors: tuple[Tensor, ...]
    size_bytes: int
    """Of the whole file."""
    weights_begin: int
    """Where in the file the tensors' offsets count from."""
    repeated_token: str | None
    """A token that is twice in the vocabulary, if that was looked at and there is one."""


def read_contents(path: Path, *, look_at_tokens: bool = False) -> GgufContents:
    """Return what the file's header holds; raises GgufError when it is not a whole GGUF.

    look_at_tokens: search the vocabulary for repetitions, which takes some 10 ms for 50,000 tokens.
    """
    try:
        with path.open("rb") as file:
            return _contents(BoundedReader(file, path.stat().st_size), look_at_tokens)
    except OSError as error:
        raise GgufError(f"The file cannot be read: {error.strerror or error}") from error


def _contents(source: BoundedReader, look_at_tokens: bool) -> GgufContents:
    if source.size < 24 or source.take(4) != b"GGUF":
        raise GgufError("This is not a GGUF file")
    version = int(source.number("<I"))
    if version not in (2, 3):
        raise GgufError(f"GGUF version {version} is not known")
    tensors = source.count(24, _MOST_TENSORS)
    entries: dict[str, Value | None] = {}
    repeated: list[bytes] = []
    for _ in range(source.count(13, _MOST_ENTRIES)):
        key, value = _entry(source, repeated if look_at_tokens else None)
        if key in entries:
            raise GgufError("The file's header makes no sense: it says something twice")
        entries[key] = value
    held = tuple(_tensor(source) for _ in range(tensors))
    begin = _aligned(source.position, entries)
    if held and begin + max(tensor.offset + tensor.size_bytes for tensor in held) > source.size:
        raise GgufError("The file is cut off: some of the weights are missing")
    word = repeated[0].decode("utf-8", "replace") if repeated else None
    return GgufContents(entries, held, source.size, begin, word)


def _entry(source: BoundedReader, repeated: list[bytes] | None) -> tuple[str, Value | None]:
    key = source.text(_MOST_KEY_BYTES)
    kind = int(source.number("<I"))
    if kind in SCALARS:
        return key, source.number(SCALARS[kind])
    if kind == STRING:
        return key, source.text(_MOST_TEXT_BYTES)
    if kind == ARRAY:
        return key, _array(source, repeated if key == TOKENS else None)
    raise GgufError("The file's header makes no sense: a value of an unknown type")


def _array(source: BoundedReader, repeated: list[bytes] | None) -> tuple[int, ...] | None:
    """Return a short array of numbers; step over any other. Repetitions among texts are added to `repeated`."""
    kind = int(source.number("<I"))
    if kind == STRING:
        count, seen = source.count(8, source.size), set[bytes]()

        def look(text: bytes) -> None:
            if (
                text in seen and text and repeated is not None
            ):  # llama.cpp gives empty ones names of their own
                repeated.append(text)
            seen.add(text)

        source.skip_texts(count, None if repeated is None else look)
        return None
    if kind not in SCALARS:
        raise GgufError("The file's header makes no sense: an array of an unknown type")
    width = struct.calcsize(SCALARS[kind])
    count = source.count(width, source.size)
    if count > _MOST_NUMBERS or SCALARS[kind] in ("<f", "<d"):
        source.skip(count * width)
        return None
    return tuple(int(source.number(SCALARS[kind])) for _ in range(count))


def _tensor(source: BoundedReader) -> Tensor:
    name = source.text(_MOST_KEY_BYTES)
    dimensions = int(source.number("<I"))
    if dimensions > 8:  # GGML has at most 4
        raise GgufError("The file's header makes no sense: a tensor of too many dimensions")
    weights = prod(int(source.number("<Q")) for _ in range(dimensions))
    kind, block, block_bytes = TENSOR_TYPES.get(int(source.number("<I")), ("unknown", 1, 0))
    offset = int(source.number("<Q"))
    return Tensor(name, weights, kind, weights // block * block_bytes, offset)


def _aligned(position: int, entries: Mapping[str, Value | None]) -> int:
    alignment = entries.get("general.alignment", 32)
    if not isinstance(alignment, int) or alignment < 1 or alignment & (alignment - 1):
        raise GgufError("The file's header makes no sense: an alignment that is no power of two")
    return -(-position // alignment) * alignment
