"""The next question is the one whose answer teaches most."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planted import answers, probability, standard_prior

from localpersona.preferences import Weights, next_question, question_gains


def test_the_gain_is_the_variance_of_the_predicted_probability_to_first_order() -> None:
    rng = np.random.default_rng(0)
    user = Weights.gaussian(rng.normal(size=4), 0.01 * np.eye(4), list("abcd"), "v1", lapse=0.0)
    differences = rng.normal(size=(30, 4))
    draws = rng.multivariate_normal(user.mean, user.covariance, size=20_000)
    simulated = np.var([probability(differences, w, lapse=0.0) for w in draws], axis=0)
    assert question_gains(user, differences) == pytest.approx(simulated, rel=0.1)


def test_a_foreseeable_or_a_known_answer_teaches_little() -> None:
    user = Weights.gaussian([4.0, 0.0, 0.0], np.diag([1.0, 1.0, 1e-4]), ["length", "humour", "depth"], "v1")
    foreseeable, open_, known, nothing = question_gains(user, [[2, 0, 0], [0, 2, 0], [0, 0, 2], [0, 0, 0]])
    assert open_ > 100 * foreseeable
    assert open_ > 100 * known > 0
    assert nothing == 0


def test_asking_the_same_again_teaches_less() -> None:
    user = standard_prior(3)
    difference = np.array([[1.0, 0.5, 0.0]])
    gains = []
    for outcome in (1.0, 0.0, 1.0, 0.5):
        gains.append(question_gains(user, difference)[0])
        user = user.update(difference[0], outcome)
    assert gains == sorted(gains, reverse=True)


def test_every_question_is_asked_once_and_then_none_is_left() -> None:
    user, pool = standard_prior(3), np.random.default_rng(1).normal(size=(7, 3))
    asked: list[int] = []
    while (question := next_question(user, pool, asked)) is not None:
        asked.append(question)
        user = user.update(pool[question], 1.0)
    assert sorted(asked) == list(range(7))
    assert next_question(user, np.empty((0, 3))) is None


@settings(derandomize=True, deadline=None, max_examples=50)
@given(st.lists(st.integers(-5, 12)), st.integers(1, 8))
def test_the_best_question_left_is_chosen_whatever_was_asked(asked: list[int], size: int) -> None:
    user, pool = standard_prior(2), np.random.default_rng(size).normal(size=(size, 2))
    gains = question_gains(user, pool)
    left = [index for index in range(size) if index not in asked]
    expected = max(left, key=lambda index: float(gains[index])) if left else None
    assert next_question(user, pool, asked) == expected


def test_of_equal_questions_the_first_is_asked_even_when_its_answers_are_swapped() -> None:
    user = standard_prior(3).update([1.0, 0.3, 0.2], 1.0)
    question = np.array([0.1, 0.7, -0.9])
    pool = np.stack([0.1 * question, -question, question, question])
    assert next_question(user, pool) == 1
    assert next_question(user, pool, asked={1}) == 2
    assert next_question(user, pool, asked=np.array([1, 2])) == 3


def test_questions_about_other_traits_are_refused() -> None:
    with pytest.raises(ValueError, match="differences must have shape"):
        next_question(standard_prior(3), np.ones((5, 2)))
    with pytest.raises(ValueError, match="finite"):
        question_gains(standard_prior(2), [[np.nan, 0.0]])


def test_chosen_questions_teach_more_than_random_ones() -> None:
    rng = np.random.default_rng(7)
    size, mixing = 8, rng.normal(size=(8, 8)) * np.linspace(0.2, 1.0, 8)
    pool, unseen = rng.normal(size=(300, size)) @ mixing, rng.normal(size=(400, size)) @ mixing
    right: dict[str, list[float]] = {"chosen": [], "random": []}
    for _ in range(25):
        true = rng.normal(size=size)
        first_preferred = unseen @ true > 0
        for how, accuracy in right.items():
            user, asked = standard_prior(size), []
            for _ in range(15):
                question = next_question(user, pool, asked) if how == "chosen" else int(rng.integers(300))
                assert question is not None
                asked.append(question)
                user = user.update(pool[question], answers(rng, pool[[question]], true)[0])
            accuracy.append(float(np.mean((user.predict(unseen) > 0.5) == first_preferred)))
    assert np.mean(right["chosen"]) > np.mean(right["random"]) + 0.02
