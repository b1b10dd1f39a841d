"""What llama.cpp is never shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from gguf_maker import MODEL, Value, gguf, write

from localpersona.library import GgufError, check, embedded_model, read_header

SOUND = MODEL | {"tokenizer.ggml.tokens": [f"word {number}" for number in range(40_000)]}
"""Long enough to be read in several pieces."""


def test_a_sound_file_is_described(tmp_path: Path) -> None:
    path = write(tmp_path / "sound.gguf", gguf(SOUND))
    assert check(path) == read_header(path)


def test_the_embedded_model_is_sound() -> None:
    path = embedded_model()
    if path is None:
        pytest.skip("the embedded model is not installed")
    header = check(path)
    assert len(header.layer_bytes) == 30 and len(set(header.layer_bytes)) == 1
    assert 0.5 < sum(header.layer_bytes) / header.size_bytes < 1


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        ({"general.type": "adapter"}, "LoRA adapter, not a language model"),
        ({"general.type": "surprise"}, "of the kind 'surprise'"),
        ({"general.architecture": "bert"}, "writes no text"),
        ({"split.no": 2, "split.count": 5}, "part 3 of 5"),
        ({"llama.block_count": 4_000}, "block_count is 4000"),
        ({"llama.embedding_length": 0}, "embedding_length is 0"),
        ({"llama.expert_count": 4, "llama.expert_used_count": 5}, "expert_used_count is 5"),
        ({"general.alignment": 48}, "power of two"),
        ({"tokenizer.ggml.tokens": SOUND["tokenizer.ggml.tokens"] + ["word 7"]}, "'word 7' twice"),  # type: ignore[operator]
        ({"tokenizer.ggml.tokens": ["a", "\x1b[31m", "\x1b[31m"]}, "'␛\\[31m' twice"),
    ],
)
def test_what_is_no_sound_model_is_refused_with_the_reason(
    tmp_path: Path, entries: dict[str, Value], why: str
) -> None:
    with pytest.raises(GgufError, match=why) as caught:
        check(write(tmp_path / "bad.gguf", gguf(SOUND | entries)))
    assert "\n" not in str(caught.value)


def test_what_is_not_said_is_not_held_against_a_file(tmp_path: Path) -> None:
    said = {key: value for key, value in SOUND.items() if not key.startswith("llama.")}
    assert check(write(tmp_path / "terse.gguf", gguf(said))).layers == 0


def test_empty_tokens_may_be_many(tmp_path: Path) -> None:
    assert check(write(tmp_path / "empty.gguf", gguf(SOUND | {"tokenizer.ggml.tokens": ["a", "", ""]})))


def test_weights_must_not_overlap_or_be_missing(tmp_path: Path) -> None:
    with pytest.raises(GgufError, match="no weights"):
        check(write(tmp_path / "empty.gguf", gguf(SOUND, {})))
    content = gguf(SOUND, {"a": (0, (64,)), "b": (0, (64,))})
    at = content.index(b"\x01\0\0\0\0\0\0\0b") + 9 + 4 + 8 + 4
    moved = content[:at] + (32).to_bytes(8, "little") + content[at + 8 :]
    with pytest.raises(GgufError, match="one over the other"):
        check(write(tmp_path / "moved.gguf", moved))
