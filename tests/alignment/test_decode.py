"""The decoding loop and the sampler, against a decoder whose probabilities are known."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from localpersona.alignment.best_of_n import BestOfN
from localpersona.alignment.decode import Draft
from localpersona.alignment.decoder import Row
from localpersona.alignment.sampling import Sampler
from localpersona.values import Sampling

from .markov import MarkovDecoder

PLAIN = Sampling(temperature=1.0, top_p=1.0, min_p=0.0, repetition_penalty=1.0)


@pytest.fixture
def chain() -> MarkovDecoder:
    return MarkovDecoder({0: [0, 1, 0, 0], 1: [0.5, 0, 0.25, 0.25], 2: [0, 0, 0, 1]}).start(1)


def decoded(
    decoder: MarkovDecoder,
    samplers: Sequence[Sampler],
    max_tokens: int = 50,
    stopped: Callable[[], bool] = lambda: False,
) -> list[Draft]:
    drafts = [Draft(index, sampler) for index, sampler in enumerate(samplers)]
    *_, last = BestOfN(None, len(drafts)).run(decoder, drafts, max_tokens, stopped)
    assert all(draft.finish_reason for draft in drafts) and last.committed == len(drafts[0].tokens)
    return drafts


def run(decoder: MarkovDecoder, samplers: Sequence[Sampler], max_tokens: int = 50) -> list[list[int]]:
    return [draft.tokens for draft in decoded(decoder, samplers, max_tokens)]


def test_a_candidate_does_not_depend_on_how_many_are_decoded_beside_it(chain: MarkovDecoder) -> None:
    eight = run(chain, [Sampler(PLAIN, seed) for seed in range(8)])
    assert len({tuple(tokens) for tokens in eight}) > 2
    for seed in range(8):
        assert run(chain.start(1), [Sampler(PLAIN, seed)]) == [eight[seed]]


def test_finished_candidates_leave_the_batch(chain: MarkovDecoder) -> None:
    lengths = [len(tokens) for tokens in run(chain, [Sampler(PLAIN, seed) for seed in range(8)])]
    sizes = [len(batch) for batch in chain.batches]
    assert sizes == [sum(length > step for length in lengths) for step in range(max(lengths))]


def test_the_mean_log_probability_is_that_of_the_known_chain(chain: MarkovDecoder) -> None:
    drafts = decoded(chain, [Sampler(Sampling(temperature=0.7, repetition_penalty=1.0), 1)], 50)
    draft, last, expected = drafts[0], 1, 0.0
    for token in draft.tokens:
        expected += float(chain.table[last][token])
        last = token
    assert draft.mean_log_probability == pytest.approx(expected / len(draft.tokens), abs=1e-5)


def test_an_answer_ends_at_its_limit_with_length(chain: MarkovDecoder) -> None:
    chain.table[1] = np.log(np.array([1, 0, 0, 0], np.float32) + 1e-30)
    drafts = decoded(chain, [Sampler(PLAIN, 0)], 7)
    assert drafts[0].finish_reason == "length" and drafts[0].tokens == [0, 1, 0, 1, 0, 1, 0]


def test_stopping_between_and_inside_steps_marks_what_was_not_finished(chain: MarkovDecoder) -> None:
    chain.table[1] = np.log(np.array([1, 0, 0, 0], np.float32) + 1e-30)
    drafts = decoded(chain, [Sampler(PLAIN, 0)], 50, lambda: len(chain.batches) >= 3)
    assert drafts[0].finish_reason == "cancelled" and len(drafts[0].tokens) == 3
    chain.start(1).stop_after = 2
    drafts = decoded(chain, [Sampler(PLAIN, 0), Sampler(PLAIN, 1)], 50)
    assert [draft.finish_reason for draft in drafts] == ["cancelled"] * 2
    assert len(drafts[0].tokens) == 3


def frequencies(row: Row, sampling: Sampling, draws: int = 4000) -> dict[int, float]:
    counts = Counter(Sampler(sampling, seed).draw(row)[0] for seed in range(draws))
    return {token: count / draws for token, count in counts.items()}


def test_tokens_are_drawn_with_the_models_probabilities() -> None:
    row = np.log(np.array([0.5, 0.3, 0.15, 0.05], np.float32)) + 3
    found = frequencies(row, PLAIN)
    assert [found[token] for token in range(4)] == pytest.approx([0.5, 0.3, 0.15, 0.05], abs=0.03)


def test_temperature_sharpens_and_zero_is_greedy() -> None:
    row = np.log(np.array([0.5, 0.3, 0.15, 0.05], np.float32))
    sharp = np.array([0.5, 0.3, 0.15, 0.05]) ** 2
    found = frequencies(row, Sampling(0.5, 1.0, 0.0, 1.0))
    assert [found.get(token, 0) for token in range(4)] == pytest.approx(list(sharp / sharp.sum()), abs=0.03)
    assert frequencies(row, Sampling(0.0, 1.0, 0.0, 1.0), 20) == {0: 1.0}


def test_top_p_keeps_the_smallest_set_that_is_likely_enough() -> None:
    row = np.log(np.array([0.5, 0.3, 0.15, 0.05], np.float32))
    assert set(frequencies(row, Sampling(1.0, 0.79, 0.0, 1.0))) == {0, 1}
    assert set(frequencies(row, Sampling(1.0, 0.81, 0.0, 1.0))) == {0, 1, 2}


def test_min_p_keeps_what_is_not_much_less_likely_than_the_best() -> None:
    row = np.log(np.array([0.5, 0.3, 0.15, 0.05], np.float32))
    assert set(frequencies(row, Sampling(1.0, 1.0, 0.2, 1.0))) == {0, 1, 2}


def test_the_penalty_is_llama_cpps_and_leaves_the_row_as_it_was() -> None:
    row = np.array([2.0, 1.9, -1.0, -9.0], np.float32)
    before = row.copy()
    sampler = Sampler(Sampling(0.0, 1.0, 0.0, 1.5), 0)
    assert [sampler.draw(row)[0] for _ in range(3)] == [0, 1, 0]  # 2/1.5 < 1.9; then both are penalised
    assert np.array_equal(row, before)


def test_the_penalty_forgets_after_64_tokens() -> None:
    row = np.zeros(200, np.float32)
    row[0], row[1:100] = 2.0, 1.9
    sampler = Sampler(Sampling(0.0, 1.0, 0.0, 1.5), 0)
    drawn = [sampler.draw(row)[0] for _ in range(66)]
    assert len(set(drawn[:65])) == 65 and drawn[65] == 0


def test_probabilities_are_reported_before_temperature_and_penalty() -> None:
    row = np.log(np.array([0.5, 0.3, 0.15, 0.05], np.float32))
    sampler = Sampler(Sampling(0.3, 0.9, 0.05, 1.3), 1)
    for _ in range(20):
        token, log_probability = sampler.draw(row)
        assert log_probability == pytest.approx(math.log([0.5, 0.3, 0.15, 0.05][token]), abs=1e-5)


def test_a_vocabulary_without_a_likely_token_is_cut_to_the_likeliest_thousand() -> None:
    row = np.linspace(0, 1, 5000, dtype=np.float32)
    assert min(frequencies(row, PLAIN, 500)) >= 4000
