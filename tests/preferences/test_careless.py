"""Somebody who flips coins is noticed after a while, and predicted with less and less confidence."""

from __future__ import annotations

import numpy as np
import pytest
from planted import answers, trait_names

from localpersona.preferences import Kinds, Weights, next_question, question_gains
from localpersona.preferences.criteria import CHECKED, attention, log_odds, taste

SIZE = 4
MEAN = np.array([0.0, 0.0, 0.0, 2.5])
"""Everybody wants the last trait, so that many answers are foreseeable."""
PRIOR = Weights.gaussian(MEAN, 0.5 * np.eye(SIZE), trait_names(SIZE), "v1", careless=0.1)


def learned(seed: int, count: int, honest: bool, prior: Weights = PRIOR) -> Weights:
    rng = np.random.default_rng(seed)
    differences = rng.normal(size=(count, SIZE))
    taste = rng.multivariate_normal(prior.mean, prior.covariance)
    outcomes = answers(rng, differences, taste) if honest else rng.integers(0, 2, count).astype(float)
    return Weights.fit(differences, outcomes, prior=prior)


def test_coin_flips_are_told_from_answers() -> None:
    flips = [learned(seed, 40, honest=False).careless for seed in range(20)]
    honest = [learned(seed, 40, honest=True).careless for seed in range(20)]
    assert np.median(flips) > 0.9
    assert np.median(honest) < 0.01


@pytest.mark.parametrize("count", [10, 40])
def test_who_flips_coins_is_predicted_no_worse_than_by_what_everybody_likes(count: int) -> None:
    unseen = np.random.default_rng(1).normal(size=(300, SIZE))

    def loss(user: Weights) -> float:
        """The expected log-loss when either response is chosen with probability ½."""
        p = user.predict(unseen)
        return float(-np.mean(np.log(p) + np.log(1 - p)) / 2)

    everybody = Weights.gaussian(MEAN, 1e-4 * np.eye(SIZE), trait_names(SIZE), "v1")
    suspected = np.mean([loss(learned(seed, count, honest=False)) for seed in range(30)])
    assert suspected < loss(everybody)


def interviewed(seed: int, count: int, honest: bool) -> Weights:
    """Return the weights after chosen questions; the prior expects everybody to want the last trait."""
    rng = np.random.default_rng(seed)
    pool = rng.normal(size=(300, SIZE))
    taste = rng.multivariate_normal(PRIOR.mean, PRIOR.covariance)
    given = answers(rng, pool, taste) if honest else rng.integers(0, 2, len(pool)).astype(float)
    weights, asked = PRIOR, list[int]()
    for _ in range(count):
        best = next_question(weights, pool, asked)
        assert best is not None
        asked.append(best)
        weights = weights.update(pool[best], given[best])
    return weights


def test_chosen_questions_tell_coin_flips_from_answers_as_well() -> None:
    flips = [interviewed(seed, 25, honest=False).careless for seed in range(15)]
    honest = [interviewed(seed, 25, honest=True).careless for seed in range(15)]
    assert np.median(flips) > 0.9
    assert np.median(honest) < 0.03


def test_one_question_in_the_first_ten_is_a_check_whose_answer_is_foreseeable() -> None:
    pool = np.random.default_rng(3).normal(size=(300, SIZE))
    asked_at = {}
    for count in (CHECKED - 1, CHECKED, CHECKED + 1):
        user = learned(4, count, honest=True)
        best = next_question(user, pool)
        assert best is not None
        asked_at[count] = abs(user.predict(pool[[best]])[0] - 0.5)
    assert asked_at[CHECKED] > 0.4
    assert max(asked_at[CHECKED - 1], asked_at[CHECKED + 1]) < 0.25


def test_what_a_check_tells_is_what_bayes_rule_says() -> None:
    pool = np.random.default_rng(5).normal(size=(40, SIZE))
    certain = Weights.gaussian(MEAN, 1e-9 * np.eye(SIZE), PRIOR.names, "v1", lapse=0.0, careless=0.3)
    q = 1.0 / (1.0 + np.exp(-pool @ MEAN))
    expected = np.zeros(len(pool))
    for honest in (q, 1.0 - q):
        likely = 0.7 * honest + 0.15
        later = 0.15 / likely
        expected += likely * later * (1.0 - later)
    aim = np.mean((q - 0.5) ** 2)
    known = log_odds(certain, pool)
    assert attention(certain, known, known) == pytest.approx(aim * (0.21 - expected), rel=1e-4, abs=1e-9)


def test_nobody_who_is_beyond_suspicion_is_checked() -> None:
    pool = np.random.default_rng(6).normal(size=(40, SIZE))
    trusting = Weights.gaussian(MEAN, PRIOR.covariance, PRIOR.names, "v1")
    for count in (0, CHECKED):
        user = learned(7, count, honest=True, prior=trusting)
        known = log_odds(user, pool)
        assert np.array_equal(question_gains(user, pool), taste(user, known, known))


def test_suspicion_dampens_predictions_and_leaves_the_weights_alone() -> None:
    trusting = Weights.gaussian(MEAN, PRIOR.covariance, PRIOR.names, "v1")
    one, other = (learned(2, 10, honest=False, prior=prior) for prior in (PRIOR, trusting))
    assert other.careless == 0.0 < one.careless < 1.0
    assert np.array_equal(one.mean, other.mean) and np.array_equal(one.covariance, other.covariance)
    pool = np.eye(SIZE)
    assert one.predict(pool) - 0.5 == pytest.approx((1 - one.careless) * (other.predict(pool) - 0.5))


def test_suspicion_travels_as_json_and_survives_a_lock() -> None:
    assert Weights.from_dict(PRIOR.to_dict()).careless == 0.1
    older = {key: value for key, value in PRIOR.to_dict().items() if key != "careless"}
    assert Weights.from_dict(older).careless == 0.0
    kinds = Kinds.of([1, 1], [MEAN, -MEAN], np.eye(SIZE))
    for prior in (PRIOR, Weights.mixture(kinds, PRIOR.names, "v1", careless=0.1)):
        assert prior.locked({"trait 0": 1.0}).careless == 0.1
    with pytest.raises(ValueError, match="coin flips"):
        Weights.gaussian(MEAN, np.eye(SIZE), PRIOR.names, "v1", careless=1.0)
