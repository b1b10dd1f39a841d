"""The figures of scripts/measure_weights.py are only as good as the functions that compute them."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("llama_cpp")
sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from training.calibration import calibration_error, reliability
from training.data import NAMES, Choices
from training.people import Stranger, learn, parts, predict_strangers

from localpersona.preferences import Weights

RNG = np.random.default_rng(0)
PEOPLE, PROMPTS, ANSWERS = 10, 20, 4
SCORES = RNG.normal(size=(PROMPTS * ANSWERS, len(NAMES)))
TASTES = RNG.normal(size=(PEOPLE, len(NAMES)))


def planted_choices() -> Choices:
    """Everybody judges three pairs of answers to every prompt, by a taste of their own."""
    people, prompts, pair = (axis.ravel() for axis in np.mgrid[:PEOPLE, :PROMPTS, :3])
    first, second = prompts * ANSWERS + pair, prompts * ANSWERS + pair + 1
    log_odds = np.einsum("ij,ij->i", SCORES[first] - SCORES[second], TASTES[people])
    outcomes = (RNG.random(len(people)) < 1 / (1 + np.exp(-log_odds))).astype(float)
    return Choices(people, prompts, first, second, outcomes)


CHOICES = planted_choices()


def test_calibration_error_is_zero_for_honest_probabilities_and_the_excess_for_others() -> None:
    p = RNG.random(200_000)
    truth = (RNG.random(len(p)) < p).astype(float)
    assert calibration_error(p, truth) < 0.01
    certain = np.full(1000, 0.8)
    half = np.repeat([0.0, 1.0], 500)
    assert calibration_error(certain, half) == pytest.approx(0.3)
    bins = reliability(np.array([0.0, 0.05, 0.95, 1.0]), np.array([0.0, 1.0, 1.0, 1.0]))
    assert [(part.low, part.high, part.cases, part.found) for part in bins] == [
        (0.0, 0.1, 2, 0.5),
        (0.9, 1.0, 2, 1.0),
    ]


def test_nobody_is_tested_on_a_prompt_that_anything_was_learned_from() -> None:
    seen: list[int] = []
    tested = 0
    for part in parts(SCORES, CHOICES, seed=0):
        for person in part.strangers:
            who = np.unique(CHOICES.people[person.rows])
            assert len(who) == 1
            seen += who.tolist()
            pool = {tuple(row) for row in np.round(person.pool, 9)}
            assert not pool & {tuple(row) for row in np.round(person.test, 9)}
            tested += len(person.test)
            prompts = np.unique(CHOICES.prompts[person.rows])
            assert len(prompts) == PROMPTS - PROMPTS / 5
    assert sorted(seen) == list(range(PEOPLE))
    assert tested == PEOPLE * 3 * PROMPTS / 5


@pytest.mark.parametrize("criterion", ["lookahead", "random"])
def test_learning_asks_so_many_different_questions(criterion: str) -> None:
    prior = Weights.gaussian(np.zeros(len(NAMES)), np.eye(len(NAMES)), NAMES, "v1")
    pool = RNG.normal(size=(9, len(NAMES)))
    person = Stranger(np.arange(9), pool, np.repeat([1.0, 0.0, 0.5], 3), pool[:0], np.empty(0))
    nothing, some, all_ = learn(prior, person, criterion, (0, 4, 9), seed=1)
    assert (nothing.comparisons, some.comparisons, all_.comparisons) == (0, 4, 9)
    assert len({tuple(row) for row in all_.differences}) == 9
    answers = {tuple(row): answer for row, answer in zip(pool, person.answers, strict=True)}
    assert [answers[tuple(row)] for row in all_.differences] == all_.outcomes.tolist()


def test_planted_people_are_predicted_and_others_weights_do_not_serve() -> None:
    found = predict_strangers(SCORES, CHOICES, seed=0).auc
    assert found["active"][20] > found["active"][0] + 0.1
    assert found["active"][20] > found["active, shuffled"][20] + 0.1
    assert found["pooled"][0] < found["active"][20]
