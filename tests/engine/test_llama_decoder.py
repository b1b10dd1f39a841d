"""The cache's bookkeeping: whatever was forked or dropped, the logits are those of a fresh start."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from localpersona.alignment.decoder import Stopped
from localpersona.engine.llama import LlamaModel
from localpersona.engine.llama_decoder import LlamaDecoder, OutOfCells
from localpersona.engine.protocol import ModelSpec

from .tiny_gguf import write_gguf

stop = threading.Event()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaModel]:
    path = write_gguf(tmp_path_factory.mktemp("model") / "tiny.gguf", context_length=4096)
    model = LlamaModel(ModelSpec(str(path), context_length=2048), stop.is_set)
    yield model
    model.close()


@pytest.fixture
def decoder(model: LlamaModel) -> LlamaDecoder:
    stop.clear()
    for sequence in range(8):
        model.decoder.drop(sequence)
    return model.decoder


def fresh(decoder: LlamaDecoder, tokens: list[int]) -> NDArray[np.float32]:
    """Return the logits after the tokens when nothing else is in the cache."""
    for sequence in range(8):
        decoder.drop(sequence)
    decoder.append({0: tokens})
    return decoder.logits(0).copy()


def same(first: NDArray[np.float32], second: NDArray[np.float32]) -> bool:
    return bool(np.allclose(first, second, atol=2e-2)) and first.argmax() == second.argmax()


def test_forks_go_their_own_ways(decoder: LlamaDecoder) -> None:
    decoder.append({0: [5, 6, 7]})
    decoder.fork(0, [1, 2])
    assert np.array_equal(decoder.logits(0), decoder.logits(2))
    decoder.append({0: [8], 1: [9, 10], 2: [11]})
    decoder.append({1: [12], 2: [13]})
    found = {
        sequence: (list(decoder.tokens(sequence)), decoder.logits(sequence).copy()) for sequence in (1, 2)
    }
    assert found[1][0] == [5, 6, 7, 9, 10, 12] and found[2][0] == [5, 6, 7, 11, 13]
    for tokens, logits in found.values():
        assert same(logits, fresh(decoder, tokens))


def test_dropping_the_end_and_going_on_otherwise(decoder: LlamaDecoder) -> None:
    decoder.append({0: [5, 6, 7, 8, 9]})
    assert decoder.drop(0, 3) == 3
    decoder.append({0: [20, 21]})
    assert same(decoder.logits(0).copy(), fresh(decoder, [5, 6, 7, 20, 21]))


def test_reuse_keeps_the_common_beginning_and_leaves_a_token_to_read(decoder: LlamaDecoder) -> None:
    decoder.append({0: [5, 6, 7, 8]})
    decoder.fork(0, [1])
    assert decoder.reuse([5, 6, 9, 9]) == 2
    assert list(decoder.tokens(0)) == [5, 6] and not decoder.tokens(1)
    assert decoder.reuse([5, 6]) == 1
    assert decoder.reuse([9]) == 0 and not decoder.tokens(0)


def test_the_chosen_sequence_is_kept(decoder: LlamaDecoder) -> None:
    decoder.append({0: [5, 6]})
    decoder.fork(0, [1])
    decoder.append({0: [7], 1: [8, 9]})
    decoder.keep(1)
    assert decoder.reuse([5, 6, 8, 9, 10]) == 4
    decoder.append({0: [10]})
    assert same(decoder.logits(0).copy(), fresh(decoder, [5, 6, 8, 9, 10]))


def test_a_larger_pool_still_holds_the_conversation(model: LlamaModel, decoder: LlamaDecoder) -> None:
    decoder.append({0: [5, 6, 7]})
    decoder.ensure(decoder.cells + 500, 12)
    assert decoder.cells >= 2548 and decoder.sequences == 12
    assert decoder.reuse([5, 6, 7, 8]) == 3
    decoder.append({0: [8]})
    assert same(decoder.logits(0).copy(), fresh(decoder, [5, 6, 7, 8]))


def test_a_pool_too_large_for_the_machine_leaves_the_old_one(decoder: LlamaDecoder) -> None:
    decoder.append({0: [5, 6, 7]})
    cells = decoder.cells
    with pytest.raises(MemoryError):
        decoder.ensure(2**40, 8)
    assert decoder.cells == cells and decoder.reuse([5, 6, 7, 8]) == 3


def test_prompts_longer_than_a_batch_give_every_sequence_its_logits(decoder: LlamaDecoder) -> None:
    short, long = [5, 6, 7], [5 + index % 90 for index in range(1100)]
    decoder.append({1: short, 0: long})
    ends = [decoder.logits(1).copy(), decoder.logits(0).copy()]
    assert same(ends[0], fresh(decoder, short)) and same(ends[1], fresh(decoder, long))


def test_a_full_pool_is_an_error_and_changes_nothing(decoder: LlamaDecoder) -> None:
    tokens = [5 + index % 90 for index in range(decoder.cells)]
    decoder.append({0: tokens[:-1]})
    with pytest.raises(OutOfCells):
        decoder.append({0: [5, 6]})
    decoder.append({0: [5]})
    assert len(decoder.tokens(0)) == decoder.cells


def test_a_stop_while_a_prompt_is_read_leaves_a_usable_cache(decoder: LlamaDecoder) -> None:
    decoder.append({0: [5, 6, 7]})
    stop.set()
    with pytest.raises(Stopped):
        decoder.append({0: [9] * 200})
    stop.clear()
    assert list(decoder.tokens(0)) == [5, 6, 7]
    decoder.append({0: [8]})
    assert same(decoder.logits(0).copy(), fresh(decoder, [5, 6, 7, 8]))
