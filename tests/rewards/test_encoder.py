from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from localpersona import shipped
from localpersona.rewards import RewardModelError
from localpersona.rewards.encoder import LONGEST, Encoder

PATH = shipped.reward_model() / "encoder.gguf"
TEXTS = [
    "Boil the rice.",
    "Why is the sky blue? " * 40,
    "",
    "Déjà vu — naïve café",
    "漢字 😀 \x00\ufffd \ud800 \u202e",
]


@pytest.fixture(scope="module")
def encoder() -> Iterator[Encoder]:
    loaded = Encoder(PATH, threads=2)
    yield loaded
    loaded.close()


def test_every_text_gets_a_vector_of_length_one(encoder: Encoder) -> None:
    vectors = encoder.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), 384) and vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


def test_no_texts_give_no_vectors(encoder: Encoder) -> None:
    assert encoder.embed([]).shape == (0, 384)


def test_a_vector_does_not_depend_on_its_neighbours_their_number_or_order(encoder: Encoder) -> None:
    alone = np.concatenate([encoder.embed([text]) for text in TEXTS])
    for together in (encoder.embed(TEXTS * 20), encoder.embed(TEXTS[::-1] * 20).reshape(20, 5, -1)[:, ::-1]):
        cosines = (together.reshape(20, 5, -1) * alone).sum(axis=2)
        assert (cosines > 0.999).all()  # 8-bit activations are rounded in groups


def test_number_of_threads_does_not_matter(encoder: Encoder) -> None:
    single = Encoder(PATH, threads=1)
    np.testing.assert_allclose(single.embed(TEXTS * 5), encoder.embed(TEXTS * 5), atol=1e-6)
    single.close()


def test_similar_meanings_are_near(encoder: Encoder) -> None:
    cat, kitten, tax = encoder.embed(["The cat sleeps.", "A kitten is napping.", "File your tax return."])
    assert cat @ kitten > 0.5 > cat @ tax


def test_control_tokens_in_a_text_are_plain_text(encoder: Encoder) -> None:
    marked, plain = encoder.tokenise("[SEP] [CLS] hello"), encoder.tokenise("hello")
    assert (marked.count(101), marked.count(102)) == (plain.count(101), plain.count(102)) == (1, 1)


def test_long_texts_are_cut_with_their_end_marked(encoder: Encoder) -> None:
    tokens = encoder.tokenise("word " * 100_000)
    assert len(tokens) == LONGEST and tokens[0] == 101 and tokens[-1] == 102


def test_a_closed_encoder_says_so_and_closes_again() -> None:
    closed = Encoder(PATH, threads=1)
    closed.close()
    closed.close()
    with pytest.raises(RewardModelError, match="closed"):
        closed.embed(["text"])


@pytest.mark.parametrize("content", [None, b"", b"GGUF", b"not a model at all"])
def test_a_file_that_is_no_encoder_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "encoder.gguf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RewardModelError, match="encoder"):
        Encoder(path)


def test_loading_prints_nothing(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    Encoder(PATH, threads=1).close()
    with pytest.raises(RewardModelError):
        Encoder(tmp_path / "missing.gguf")
    assert capfd.readouterr() == ("", "")


def test_llama_cpp_computes_what_the_original_weights_say(
    encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("gguf")
    pytest.importorskip("safetensors")
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "scripts"))
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)  # must not be needed
    from training.encoder_gguf import load_weights, reference_embedding, source_folder

    try:
        weights = load_weights(source_folder())
    except SystemExit:
        pytest.skip("the original weights are not installed")
    texts = TEXTS[:1] + TEXTS[3:]
    expected = np.stack([reference_embedding(weights, encoder.tokenise(text)) for text in texts])
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    assert ((encoder.embed(texts) * expected).sum(axis=1) > 0.99).all()
