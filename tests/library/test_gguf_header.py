"""Reading GGUF headers that strangers wrote."""

from __future__ import annotations

import struct
import tracemalloc
from pathlib import Path

import pytest
from gguf_maker import MODEL, entry, gguf, text, write
from hypothesis import given, settings
from hypothesis import strategies as st

from localpersona.library import GgufError, embedded_model, read_header

START = b"GGUF" + struct.pack("<I", 3)


def test_a_header_says_what_the_model_is(tmp_path: Path) -> None:
    header = read_header(write(tmp_path / "tiny.gguf"))
    assert (header.name, header.architecture, header.kind, header.quantisation) == (
        "Tiny",
        "llama",
        "model",
        "Q8_0",
    )
    assert (header.layers, header.heads, header.context_length) == (2, 4, 2048)
    assert header.parameters == 64 * 300 + 64
    assert (
        header.kv_bytes_per_token == 2 * (2 * 2) * 16 * 2
    )  # K and V, kv heads of both layers, head size, 16 bits
    assert header.size_bytes == len(gguf())


def test_the_embedded_model_is_what_it_is_said_to_be() -> None:
    path = embedded_model()
    if path is None:
        pytest.skip("the embedded model is not installed")
    header = read_header(path)
    assert (header.architecture, header.quantisation, header.layers) == ("llama", "Q4_1", 30)
    assert header.parameters == 134_515_008
    assert header.kv_bytes_per_token == 23_040  # 22.5 KB, as measured


def test_heads_may_differ_from_layer_to_layer(tmp_path: Path) -> None:
    entries = MODEL | {"llama.attention.head_count_kv": [4, 0], "llama.attention.key_length": 8}
    header = read_header(write(tmp_path / "hybrid.gguf", gguf(entries)))
    assert header.kv_bytes_per_token == 2 * 4 * 8 * 2


def test_texts_are_harmless_and_a_missing_name_is_the_files(tmp_path: Path) -> None:
    entries = MODEL | {"general.name": "evil \x1b[31m\nname" + "x" * 200, "general.type": "adap\x07ter"}
    header = read_header(write(tmp_path / "x.gguf", gguf(entries)))
    assert header.name.startswith("evil ␛[31m name") and len(header.name) <= 80
    assert header.kind == "adap␇ter"
    nameless = {key: value for key, value in MODEL.items() if key != "general.name"}
    assert read_header(write(tmp_path / "stem.gguf", gguf(nameless))).name == "stem"


REFUSED = [
    (b"", "not a GGUF"),
    (b"<!DOCTYPE html><html><body>404</body></html>", "not a GGUF"),
    (b"GGUF", "not a GGUF"),
    (b"GGUF" + struct.pack("<IQQ", 1, 0, 0), "version 1"),
    (START + struct.pack("<QQ", 2**63, 0), "makes no sense"),
    (START + struct.pack("<QQ", 0, 2**64 - 1), "makes no sense"),
    (START + struct.pack("<QQ", 0, 5), "cut off"),
    (START + struct.pack("<QQ", 0, 1) + struct.pack("<Q", 2**62) + b"x" * 50, "cut off"),
    (
        START + struct.pack("<QQ", 0, 1) + text("a") + struct.pack("<IIQ", 9, 8, 2**61) + b"x" * 50,
        "makes no sense",
    ),
    (
        START + struct.pack("<QQ", 0, 1) + text("a") + struct.pack("<IIQ", 9, 9, 1) + b"x" * 50,
        "unknown type",
    ),
    (START + struct.pack("<QQ", 0, 1) + text("a") + struct.pack("<I", 77) + b"x" * 50, "unknown type"),
    (START + struct.pack("<QQ", 0, 1) + entry("general.name", "no architecture"), "architecture"),
    (gguf()[:-1], "cut off"),
    (gguf()[:700], "cut off"),
    (gguf(tensors={"huge": (0, (2**20, 2**20))}), "cut off"),
]


@pytest.mark.parametrize(("content", "why"), REFUSED, ids=range(len(REFUSED)))
def test_what_is_no_whole_gguf_is_refused_in_one_line(tmp_path: Path, content: bytes, why: str) -> None:
    with pytest.raises(GgufError, match=why) as caught:
        read_header(write(tmp_path / "bad.gguf", content))
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GgufError, match="No such file"):
        read_header(tmp_path / "none.gguf")


@settings(derandomize=True, deadline=None, max_examples=400)
@given(data=st.data())
def test_no_change_to_a_header_does_worse_than_be_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(
        gguf(MODEL | {"tokenizer.ggml.scores": [1, 2], "tokenizer.chat_template": "x"})[:6000]
    )
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, 1500))
        change = data.draw(
            st.binary(min_size=1, max_size=9) | st.sampled_from([b"\xff" * 8, b"\0" * 8, b"\x7f" * 4])
        )
        content[at : at + len(change)] = change
    path = tmp_path_factory.mktemp("gguf") / "changed.gguf"
    path.write_bytes(content)
    try:
        header = read_header(path)
    except GgufError as error:
        assert "\n" not in str(error)
    else:
        assert header.kv_bytes_per_token >= 0 and header.parameters >= 0


def test_a_long_vocabulary_is_not_kept_in_memory(tmp_path: Path) -> None:
    entries = MODEL | {"tokenizer.ggml.tokens": ["some token"] * 300_000}
    path = write(tmp_path / "long.gguf", gguf(entries))
    tracemalloc.start()
    try:
        read_header(path)
        assert tracemalloc.get_traced_memory()[1] < 2 << 20
    finally:
        tracemalloc.stop()
