"""Adapters and steering vectors: what they add, what is refused, and that no cache outlives a change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from localpersona.engine.llama import LlamaModel
from localpersona.engine.llama_decoder import LlamaDecoder
from localpersona.engine.protocol import Adapter, ModelError, ModelSpec

from .tiny_gguf import write_gguf
from .tiny_lora import write_lora

TOKENS = [5, 6, 7, 8, 9]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lora")


@pytest.fixture(scope="module")
def tiny(folder: Path) -> Iterator[LlamaModel]:
    model = LlamaModel(ModelSpec(str(write_gguf(folder / "tiny.gguf")), context_length=256))
    yield model
    model.close()


@pytest.fixture(scope="module")
def deep(model_path: Path) -> Iterator[LlamaModel]:
    """The embedded model: the tiny one has a single layer, and the first is never steered."""
    model = LlamaModel(ModelSpec(str(model_path), context_length=256))
    yield model
    model.close()


@pytest.fixture
def decoder(tiny: LlamaModel) -> LlamaDecoder:
    tiny.decoder.influence()
    tiny.decoder.drop(0)
    return tiny.decoder


def lora(folder: Path, scale: float, seed: int = 0) -> Adapter:
    path = folder / f"lora{seed}.gguf"
    return Adapter(str(path if path.exists() else write_lora(path, seed=seed)), scale)


def row(decoder: LlamaDecoder) -> NDArray[np.float32]:
    """Return the logits after TOKENS, of which only what the cache does not hold is processed."""
    decoder.append({0: TOKENS[decoder.reuse(TOKENS) :]})
    return decoder.logits(0).copy()


def test_scale_nought_is_the_plain_model_bit_for_bit(decoder: LlamaDecoder, folder: Path) -> None:
    plain = row(decoder)
    decoder.influence(adapters=[lora(folder, 0.0)])
    decoder.drop(0)
    assert np.array_equal(row(decoder), plain)
    decoder.influence(adapters=[lora(folder, 1.0)])
    assert np.abs(row(decoder) - plain).max() > 0.05
    decoder.influence()
    assert np.array_equal(row(decoder), plain)


def test_a_changed_scale_forgets_the_cache(decoder: LlamaDecoder, folder: Path) -> None:
    decoder.influence(adapters=[lora(folder, 1.0)])
    row(decoder)
    decoder.influence(adapters=[lora(folder, 0.5)])
    assert not decoder.tokens(0)
    found = row(decoder)
    fresh = LlamaDecoder(
        decoder.model, decoder._vocabulary, cells=256, threads=decoder.threads, stopped=lambda: False
    )
    fresh.influence(adapters=[lora(folder, 0.5)])
    assert np.allclose(row(fresh), found, atol=1e-4)
    fresh.close()


def test_the_same_mix_keeps_the_cache(decoder: LlamaDecoder, folder: Path) -> None:
    mix = [lora(folder, 0.5), lora(folder, 0.25, seed=1)]
    decoder.influence(adapters=mix)
    row(decoder)
    decoder.influence(adapters=list(mix))
    assert list(decoder.tokens(0)) == TOKENS


def test_two_adapters_add_up(decoder: LlamaDecoder, folder: Path) -> None:
    rows = []
    for scales in ((0, 0), (0.01, 0), (0, 0.01), (0.01, 0.01)):
        decoder.influence(adapters=[lora(folder, scales[0]), lora(folder, scales[1], seed=1)])
        rows.append(row(decoder))
    plain, first, second, both = rows
    assert both - plain == pytest.approx(
        (first - plain) + (second - plain), abs=0.08
    )  # the cache is of 16 bits
    assert np.abs(both - first).max() > 0.2


def test_a_larger_pool_has_the_same_adapters(tiny: LlamaModel, folder: Path) -> None:
    decoder = tiny.decoder
    decoder.influence(adapters=[lora(folder, 1.0)])
    before = row(decoder)
    decoder.ensure(decoder.cells + 256, decoder.sequences)
    decoder.drop(0)
    assert np.allclose(row(decoder), before, atol=1e-4)


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("missing.gguf", "there is no such file"),
        ("tiny.gguf", "it is no LoRA adapter"),
        ("text.gguf", "GGUF"),
        ("qwen2.gguf", "arch"),
        ("wide.gguf", "incorrect shape|dimension|shape"),
        ("elsewhere.gguf", "tensor"),
    ],
)
def test_what_does_not_fit_is_an_error_line(
    decoder: LlamaDecoder, folder: Path, file: str, reason: str
) -> None:
    (folder / "text.gguf").write_text("not a model")
    write_lora(folder / "qwen2.gguf", architecture="qwen2")
    write_lora(folder / "wide.gguf", width=64)
    write_lora(folder / "elsewhere.gguf", tensor="attn_nothing")
    plain = row(decoder)
    with pytest.raises(ModelError, match=reason) as raised:
        decoder.influence(adapters=[Adapter(str(folder / file))])
    assert file in str(raised.value) and len(str(raised.value).splitlines()) == 2
    assert np.array_equal(decoder.logits(0), plain)  # nothing has changed


def vector(decoder: LlamaDecoder, size: float, layer: int = 15) -> bytes:
    values = np.zeros((decoder.layers - 1, decoder.width), np.float32)
    values[layer - 1] = size * np.random.default_rng(0).normal(size=decoder.width)
    return values.tobytes()


def test_a_vector_changes_the_model_until_it_is_taken_away(deep: LlamaModel) -> None:
    decoder = deep.decoder
    decoder.influence()
    plain = row(decoder)
    decoder.influence(vector(decoder, 1.0))
    assert not decoder.tokens(0)
    steered = row(decoder)
    assert np.abs(steered - plain).max() > 0.5
    decoder.influence(vector(decoder, 1.0))
    assert list(decoder.tokens(0)) == TOKENS
    decoder.influence()
    assert np.array_equal(row(decoder), plain)


def test_a_vector_for_another_model_is_refused(decoder: LlamaDecoder) -> None:
    with pytest.raises(ModelError, match="another model"):
        decoder.influence(b"\0" * 400)
