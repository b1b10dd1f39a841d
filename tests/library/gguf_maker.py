"""Write small GGUF files by hand, well formed or not."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

Value = str | int | float | bool | list[str] | list[int]


def text(value: str) -> bytes:
    content = value.encode()
    return struct.pack("<Q", len(content)) + content


def entry(key: str, value: Value) -> bytes:
    if isinstance(value, bool):
        return text(key) + struct.pack("<I?", 7, value)
    if isinstance(value, int):
        return text(key) + struct.pack("<II", 4, value)
    if isinstance(value, float):
        return text(key) + struct.pack("<If", 6, value)
    if isinstance(value, str):
        return text(key) + struct.pack("<I", 8) + text(value)
    if value and isinstance(value[0], str):
        return text(key) + struct.pack("<IIQ", 9, 8, len(value)) + b"".join(text(str(item)) for item in value)
    return text(key) + struct.pack("<IIQ", 9, 5, len(value)) + struct.pack(f"<{len(value)}i", *value)


MODEL: dict[str, Value] = {
    "general.architecture": "llama",
    "general.name": "Tiny",
    "general.file_type": 7,
    "llama.block_count": 2,
    "llama.context_length": 2048,
    "llama.embedding_length": 64,
    "llama.attention.head_count": 4,
    "llama.attention.head_count_kv": 2,
    "tokenizer.ggml.tokens": ["a", "bc", ""] * 100,
    "tokenizer.ggml.scores": [1, 2, 3] * 1000,
    "tokenizer.chat_template": "x" * 10_000,
}
TENSORS = {"token_embd.weight": (8, (64, 300)), "output_norm.weight": (0, (64,))}


def gguf(
    entries: Mapping[str, Value] = MODEL,
    tensors: Mapping[str, tuple[int, tuple[int, ...]]] = TENSORS,
    most_bytes: int = 1 << 20,
) -> bytes:
    """Return a file with Q8_0 and F32 tensors (types 8 and 0) of zeros, at most so many."""
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(entries))
    head += b"".join(entry(key, value) for key, value in entries.items())
    offset = 0
    for name, (kind, shape) in tensors.items():
        head += text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, offset)
        count = 1
        for length in shape:
            count *= length
        offset += count // 32 * 34 if kind == 8 else count * 4
    return head + bytes(-len(head) % 32) + bytes(min(offset, most_bytes))


def write(path: Path, content: bytes | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gguf() if content is None else content)
    return path
