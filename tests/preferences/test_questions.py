"""The next question is the one whose answer teaches most."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planted import answers, probability, standard_prior
from scipy.special import expit

from localpersona.preferences import CRITERIA, Weights, next_question, question_gains

NODES, SHARES = np.polynomial.hermite_e.hermegauss(41)
SHARES = SHARES / SHARES.sum()
INFORMED = ["lookahead", "variance", "information"]


def drawn(user: Weights, count: int = 20_000) -> np.ndarray:
    return np.random.default_rng(1).multivariate_normal(user.mean, user.covariance, size=count)


def test_pref_s_gain_is_the_variance_of_the_predicted_probability_to_first_order() -> None:
    rng = np.random.default_rng(0)
    user = Weights.gaussian(rng.normal(size=4), 0.01 * np.eye(4), list("abcd"), "v1", lapse=0.0)
    differences = rng.normal(size=(30, 4))
    simulated = np.var([probability(differences, w, lapse=0.0) for w in drawn(user)], axis=0)
    assert question_gains(user, differences, "variance") == pytest.approx(simulated, rel=0.1)


def test_the_information_gained_is_that_of_simulated_answers() -> None:
    rng = np.random.default_rng(0)
    user = Weights.gaussian(rng.normal(size=4), 0.5 * np.eye(4), list("abcd"), "v1", lapse=0.0)
    differences = rng.normal(size=(30, 4))
    p = np.array([probability(differences, w, lapse=0.0) for w in drawn(user)])
    mutual = entropy(p.mean(axis=0)) - entropy(p).mean(axis=0)
    assert question_gains(user, differences, "information") == pytest.approx(mutual, rel=0.1, abs=0.003)


def entropy(p: np.ndarray) -> np.ndarray:
    return np.asarray(-p * np.log(p) - (1 - p) * np.log1p(-p))


def test_looking_ahead_foretells_how_the_variance_of_predictions_falls() -> None:
    rng = np.random.default_rng(2)
    user = Weights.gaussian(rng.normal(size=4), 0.05 * np.eye(4), list("abcd"), "v1", lapse=0.0)
    differences, targets = rng.normal(size=(20, 4)), rng.normal(size=(30, 4))

    def doubt(weights: Weights) -> float:
        """The mean variance of the targets' predicted probabilities, by quadrature."""
        mean, deviation = targets @ weights.mean, np.sqrt(weights.variance_of(targets))
        p = expit(mean[:, None] + deviation[:, None] * NODES)
        return float(np.mean(p**2 @ SHARES - (p @ SHARES) ** 2))

    expected = question_gains(user, differences, targets=targets)
    found = []
    for difference in differences:
        p = user.predict([difference])[0]
        later = p * doubt(user.update(difference, 1.0)) + (1 - p) * doubt(user.update(difference, 0.0))
        found.append(doubt(user) - later)
    assert np.corrcoef(expected, found)[0, 1] > 0.97
    assert np.mean(found) == pytest.approx(expected.mean(), rel=0.15)


@pytest.mark.parametrize("criterion", INFORMED)
def test_a_foreseeable_or_a_known_answer_teaches_little(criterion: str) -> None:
    user = Weights.gaussian([4.0, 0.0, 0.0], np.diag([0.5, 1.0, 1e-4]), ["length", "humour", "depth"], "v1")
    pool = [[2, 0, 0], [0, 2, 0], [0, 0, 2], [0, 0, 0]]
    foreseeable, open_, known, nothing = question_gains(user, pool, criterion)
    assert open_ > 30 * foreseeable
    assert open_ > 100 * known > 0
    assert nothing == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("criterion", INFORMED)
def test_asking_the_same_again_teaches_less(criterion: str) -> None:
    user = standard_prior(3)
    difference = np.array([[1.0, 0.5, 0.0]])
    gains = []
    for outcome in (1.0, 0.0, 1.0, 0.5):
        gains.append(question_gains(user, difference, criterion)[0])
        user = user.update(difference[0], outcome)
    assert gains == sorted(gains, reverse=True)


def test_a_question_that_bears_on_nothing_else_is_left_for_one_that_does() -> None:
    user = standard_prior(3)
    pool = np.array([[3.0, 0.0, 0.0], [0.0, 1.0, 1.0]])
    about_the_others = np.array([[0.0, 1.0, 0.5], [0.0, -0.5, 1.0], [0.01, 1.0, 1.0]])
    assert next_question(user, pool, criterion="variance") == 0
    assert next_question(user, pool, targets=about_the_others) == 1


def test_answers_that_differ_only_in_quality_are_not_asked_about() -> None:
    """Everybody wants quality, and how much is nearly known: such answers say nothing about taste."""
    rng = np.random.default_rng(3)
    names = ["length", "humour", "depth", "quality"]
    spread = np.diag([0.7, 0.7, 0.9, 0.5]) ** 2
    user = Weights.gaussian([0.0, -0.3, -0.2, 1.5], spread, names, "v1")
    taste, quality = np.zeros((40, 4)), np.zeros((40, 4))
    taste[:, :3], taste[:, 3] = rng.normal(size=(40, 3)), 0.2 * rng.normal(size=40)
    quality[:, 3] = 2.0 * rng.normal(size=40)
    pool = np.concatenate([quality, taste])
    asked: list[int] = []
    while len(asked) < 10 and (question := next_question(user, pool, asked)) is not None:
        asked.append(question)
        user = user.update(pool[question], float(rng.random() < user.predict([pool[question]])[0]))
    assert min(asked) >= 40


def test_drawn_criteria_are_the_same_for_a_seed_and_another_is_refused() -> None:
    user, pool = standard_prior(3), np.random.default_rng(4).normal(size=(50, 3))
    for criterion in ("thompson", "random"):
        one, same, other = (question_gains(user, pool, criterion, seed=seed) for seed in (1, 1, 2))
        assert np.array_equal(one, same) and not np.array_equal(one, other)
        assert one.min() >= 0
    with pytest.raises(ValueError, match="no such criterion: 'best'; there are lookahead, variance"):
        question_gains(user, pool, "best")
    assert set(INFORMED) | {"thompson", "random"} == set(CRITERIA)


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
