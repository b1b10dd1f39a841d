from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from training.encoder_gguf import read_weights, reference_embedding

from localpersona import shipped
from localpersona.rewards import RewardModelError
from localpersona.rewards.encoder import LONGEST, LONGEST_PROMPT, Encoder

PATH = shipped.reward_model() / "encoder.gguf"
PAIRS = [
    ("How do I cook rice?", "Boil the rice."),
    ("Tell me more. " * 60, "Why is the sky blue? " * 40),
    ("Anything?", ""),
    ("", "Déjà vu — naïve café"),
    ("漢字 😀", "漢字 😀 \x00\ufffd \ud800 \u202e"),
]


@pytest.fixture(scope="module")
def encoder() -> Iterator[Encoder]:
    loaded = Encoder(PATH, threads=2)
    yield loaded
    loaded.close()


def test_every_pair_gets_a_mean_over_the_response_and_one_over_the_prompt(encoder: Encoder) -> None:
    vectors = encoder.embed(PAIRS)
    assert vectors.shape == (len(PAIRS), 2 * 384) and vectors.dtype == np.float32
    assert np.isfinite(vectors).all()


def test_no_texts_give_no_vectors(encoder: Encoder) -> None:
    assert encoder.embed([]).shape == (0, 2 * 384)


def test_a_vector_does_not_depend_on_its_neighbours_their_number_or_order(encoder: Encoder) -> None:
    alone = np.concatenate([encoder.embed([pair]) for pair in PAIRS])
    for together in (encoder.embed(PAIRS * 20), encoder.embed(PAIRS[::-1] * 20).reshape(20, 5, -1)[:, ::-1]):
        product = (together.reshape(20, 5, -1) * alone).sum(axis=2)
        lengths = np.linalg.norm(together.reshape(20, 5, -1), axis=2) * np.linalg.norm(alone, axis=1)
        assert (product / lengths > 0.999).all()  # 8-bit activations are rounded in groups


def test_number_of_threads_does_not_matter(encoder: Encoder) -> None:
    single = Encoder(PATH, threads=1)
    np.testing.assert_allclose(single.embed(PAIRS * 5), encoder.embed(PAIRS * 5), atol=1e-5)
    single.close()


def test_the_prompt_changes_how_the_response_is_read(encoder: Encoder) -> None:
    answer = "Boil one cup in two cups of water for twelve minutes."
    fitting, other = encoder.embed([("How do I cook rice?", answer), ("How do I write a will?", answer)])
    assert np.linalg.norm(fitting[:384] - other[:384]) > 0.1 * np.linalg.norm(fitting[:384])


def test_an_unfinished_response_has_no_end_mark(encoder: Encoder) -> None:
    done, begun = (encoder.tokenise("How?", "Like this", finished=finished) for finished in (True, False))
    assert done == [*begun, 102]
    assert begun.count(102) == 1  # the one after the prompt
    assert np.isfinite(encoder.embed([("How?", "")], finished=False)).all()


def test_control_tokens_in_a_text_are_plain_text(encoder: Encoder) -> None:
    marked = encoder.tokenise("[SEP] [CLS] hello", "[SEP] [CLS] hello [SEP]")
    assert (marked.count(101), marked.count(102)) == (1, 2)


def test_long_texts_are_cut_with_their_end_marked(encoder: Encoder) -> None:
    tokens = encoder.tokenise("ask " * 100_000, "word " * 100_000)
    assert len(tokens) == LONGEST and tokens[0] == 101 and tokens[-1] == 102
    assert tokens.index(102) == LONGEST_PROMPT + 1


def test_a_closed_encoder_says_so_and_closes_again() -> None:
    closed = Encoder(PATH, threads=1)
    closed.close()
    closed.close()
    with pytest.raises(RewardModelError, match="closed"):
        closed.embed(PAIRS)


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


def test_llama_cpp_computes_what_the_weights_in_the_file_say(encoder: Encoder) -> None:
    weights = read_weights(PATH)
    for prompt, response in (PAIRS[0], PAIRS[1], PAIRS[4]):
        tokens = encoder.tokenise(prompt, response)
        ours, asked = encoder.embed([(prompt, response)])[0], tokens.index(102) + 1
        of_all = ours[:384] * (len(tokens) - asked) + ours[384:] * asked
        expected = reference_embedding(weights, tokens) * len(tokens)
        assert of_all @ expected / np.linalg.norm(of_all) / np.linalg.norm(expected) > 0.99
