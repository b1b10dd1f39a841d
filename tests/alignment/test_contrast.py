"""Contrast moves the logits from the plain model's to the instructed one's and beyond, in whatever search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from localpersona.alignment.best_of_n import BestOfN
from localpersona.alignment.contrast import MOST, ContrastDecoder, contrast_strength
from localpersona.alignment.decode import Draft
from localpersona.alignment.decoder import Row
from localpersona.alignment.guided import Guided
from localpersona.alignment.knowledge import Known
from localpersona.alignment.sampling import Sampler
from localpersona.alignment.search import Values
from localpersona.values import Sampling

from .markov import MarkovDecoder

SAMPLING = Sampling(temperature=1.0, top_p=1.0, min_p=0.0, repetition_penalty=1.0)
PLAIN = {0: [0.4, 0.4, 0.1, 0.1], 1: [0.3, 0.3, 0.3, 0.1], 2: [0.2, 0.3, 0.4, 0.1]}
INSTRUCTED = {0: [0.1, 0.2, 0.6, 0.1], 1: [0.1, 0.1, 0.7, 0.1], 2: [0.1, 0.1, 0.3, 0.5]}


class Listener(MarkovDecoder):
    """A chain that follows another table once its prompt begins with token 2, the instruction."""

    def __init__(self) -> None:
        super().__init__(PLAIN)
        self.other = MarkovDecoder(INSTRUCTED).table

    def logits(self, sequence: int) -> Row:
        tokens = self.tokens(sequence)
        table: Mapping[int, Row] = self.other if tokens[0] == 2 else self.table
        return table[tokens[-1]]


def pair(gamma: float) -> ContrastDecoder:
    below = Listener().start(1)
    below.append({1: [2, 0, 1]})
    return ContrastDecoder(below, gamma, (1, 3))


def samples(decoder: object, count: int = 6) -> list[list[int]]:
    drafts = [Draft(index, Sampler(SAMPLING, 7 + index)) for index in range(count)]
    *_, _ = BestOfN(None, count).run(decoder, drafts, 30, lambda: False)  # type: ignore[arg-type]
    return [draft.tokens for draft in drafts]


def test_nought_is_the_plain_model_and_one_the_instructed() -> None:
    assert samples(pair(0.0)) == samples(MarkovDecoder(PLAIN).start(1))
    assert samples(pair(1.0)) == samples(MarkovDecoder(INSTRUCTED).start(1))
    assert samples(pair(0.0)) != samples(pair(1.0))


@pytest.mark.parametrize("gamma", [0.5, 2.0])
def test_between_and_beyond_it_is_on_the_line_through_both(gamma: float) -> None:
    plain, instructed = np.log(np.float32(PLAIN[1])), np.log(np.float32(INSTRUCTED[1]))
    assert pair(gamma).logits(0) == pytest.approx(plain + gamma * (instructed - plain), abs=1e-5)


def test_forks_carry_both_halves() -> None:
    decoder = pair(2.0)
    decoder.fork(0, [1, 2])
    decoder.append({1: [2, 0], 2: [2]})
    assert decoder.tokens(0) == [1] and decoder.tokens(1) == [1, 2, 0] and decoder.tokens(2) == [1, 2]
    expected = np.log(np.float32(INSTRUCTED[0])) * 2 - np.log(np.float32(PLAIN[0]))
    assert decoder.logits(1) == pytest.approx(expected, abs=1e-5)


def test_going_back_keeps_the_halves_together() -> None:
    decoder = pair(2.0)
    decoder.append({0: [2, 0, 0]})
    assert decoder.drop(0, 2) == 2
    decoder.append({0: [1]})
    assert decoder.tokens(0) == [1, 2, 1]
    assert decoder.logits(0) == pytest.approx(pair(2.0).logits(0), abs=1e-5)
    assert decoder.drop(0, 0) == 0 and not decoder.tokens(0)


def test_what_the_model_rules_out_stays_ruled_out() -> None:
    decoder = pair(2.0)
    decoder._below.table[1] = np.float32([0, -np.inf, 0, 0])  # type: ignore[attr-defined]
    decoder._below.other[1] = np.float32([0, -np.inf, 1, 0])  # type: ignore[attr-defined]
    assert list(decoder.logits(0)) == [0, -np.inf, 2, 0]


def test_it_composes_with_guided_decoding() -> None:
    """The best continuation by the judge is found among those of the contrasted model."""

    def judge(drafts: Sequence[Draft]) -> Values:
        texts = [draft.text.text for draft in drafts]
        return np.array([text.count("c") for text in texts], dtype=np.float64)

    def best(gamma: float) -> int:
        drafts = [Draft(index, Sampler(SAMPLING, index)) for index in range(4)]
        *_, last = Guided(judge, 4, 4).run(pair(gamma), drafts, 24, lambda: False)
        return last.drafts[last.leader].text.text.count("c")

    assert best(1.0) > best(-1.0)


def known(mean: float, sd: float) -> Known:
    return Known("length", mean, sd, "clearly")


def test_the_strength_grows_with_certainty_and_never_falls_below_the_instruction_itself() -> None:
    assert contrast_strength([], 1.0) == 0.0
    assert contrast_strength([known(1.0, 0.01)], 1.0) == pytest.approx(MOST)
    assert contrast_strength([known(1.0, 0.01)], 0.0) == 1.0
    unsure, sure = (contrast_strength([known(1.0, sd)], 1.0) for sd in (3.0, 0.5))
    assert 1.0 < unsure < sure < MOST
