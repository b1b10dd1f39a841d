"""Somebody who flips coins is noticed after a while, and predicted with less and less confidence."""

from __future__ import annotations

import numpy as np
import pytest
from planted import answers, trait_names

from localpersona.preferences import Kinds, Weights

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
