"""What the language model itself tells of its answers' quality."""

from __future__ import annotations

import numpy as np
import pytest

from localpersona.alignment.best_of_n import BestOfN
from localpersona.alignment.decode import Draft
from localpersona.alignment.sampling import Sampler
from localpersona.alignment.sense import Probe, Reading, by_log_probability, by_probe
from localpersona.values import Sampling

from .markov import MarkovDecoder

PROBE = Probe(np.array([1.0, 0.0, 2.0], np.float32), np.array([0.0, 10.0, 0.0], np.float32), 0.5)
ROWS = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], np.float32)


def test_a_reading_is_of_the_first_logits_and_of_the_mean_of_all() -> None:
    reading = Reading(PROBE)
    assert reading.quality is None
    for row in ROWS:
        reading.hear(row)
    assert reading.quality == pytest.approx(0.5 + 10 * 2 + ((1 + 6) + (4 + 12)) / 2)
    other = Reading(PROBE)
    other.follow(reading)
    assert other.quality == reading.quality
    other.hear(ROWS[0])
    assert other.quality != reading.quality
    other.hear(np.full(3, -np.inf, np.float32))  # some models rule tokens out
    assert other.quality is None


def test_a_draft_reads_the_logits_of_the_tokens_that_it_keeps() -> None:
    table = {0: [0.0, 1.0, 0.0, 0.0], 1: [0.0, 0.0, 0.0, 1.0], 2: [1.0, 0.0, 0.0, 0.0]}
    chain = MarkovDecoder(table).start(2)
    probe = Probe(np.array([0, 1, 0, 0], np.float32), np.array([1, 0, 0, 0], np.float32), 0.0)
    draft = Draft(0, Sampler(Sampling(repetition_penalty=1.0), 0), reading=Reading(probe))
    list(BestOfN(None, 1).run(chain, [draft], 10, lambda: False))
    assert draft.tokens == [0, 1] and draft.reading is not None
    rows = [chain.table[2], chain.table[0]]
    assert draft.reading.quality == pytest.approx(float(rows[0][0] + (rows[0][1] + rows[1][1]) / 2), rel=1e-5)


def test_readings_take_the_place_of_scores() -> None:
    scores, readings = np.array([1.0, -1.0, 0.5]), [-1.5, -0.5, -1.0]
    judged = scores + by_probe(readings, scores.tolist(), [0, 0, 0])
    assert np.diff(judged) == pytest.approx(1.15 * np.diff(readings))
    assert judged.mean() == pytest.approx(scores.mean())


def test_beginnings_tell_less_the_shorter_they_are() -> None:
    differences = [
        float(np.diff(by_probe([0.0, 1.0], [0.0, 0.0], [words] * 2))[0]) for words in (5, 30, 70, 0)
    ]
    assert 0 < differences[0] < differences[1] < differences[2] < differences[3]


def test_nothing_is_said_of_nothing() -> None:
    assert by_probe([], [], []).shape == by_log_probability([], []).shape == (0,)
