"""Comparisons can count more or less; old ones less than new ones, when taste changes."""

from __future__ import annotations

import numpy as np
import pytest
from planted import answers, standard_prior

from localpersona.preferences import Weights, recency

PRIOR = standard_prior(3)


def test_importance_is_how_often_a_comparison_counts() -> None:
    rng = np.random.default_rng(0)
    differences, outcomes = rng.normal(size=(6, 3)), np.array([1, 0, 1, 0.5, 0, 1])
    importance = np.array([2, 1, 0, 1, 3, 1])
    weighted = Weights.fit(differences, outcomes, importance=importance, prior=PRIOR)
    repeated = Weights.fit(
        np.repeat(differences, importance, axis=0), np.repeat(outcomes, importance), prior=PRIOR
    )
    assert weighted.mean == pytest.approx(repeated.mean, abs=1e-6)
    assert weighted.covariance == pytest.approx(repeated.covariance, abs=1e-6)
    assert weighted.comparisons == 6


def test_an_update_counts_once_and_keeps_the_importance_of_the_others() -> None:
    user = Weights.fit([[1.0, 0, 0]] * 4, [1.0] * 4, importance=[0.1] * 4, prior=PRIOR)
    later = user.update([0, 1.0, 0], 0.0)
    assert later.importance.tolist() == [0.1, 0.1, 0.1, 0.1, 1.0]
    assert later.mean[0] == pytest.approx(user.mean[0], abs=1e-6)
    locked = later.locked({"trait 2": 1.0})
    assert locked.importance.tolist() == later.importance.tolist()


def test_recency_halves_with_every_half_life() -> None:
    assert recency(5, 2.0) == pytest.approx([0.25, 2**-1.5, 0.5, 2**-0.5, 1.0])
    assert recency(3, np.inf) == pytest.approx([1, 1, 1])
    assert recency(0, 5.0).shape == (0,)
    for half_life in (0.0, -1.0, np.nan):
        with pytest.raises(ValueError, match="half-life"):
            recency(3, half_life)


@pytest.mark.parametrize("importance", [[1.0], [1.0, -0.1], [1.0, np.nan]])
def test_importance_that_does_not_fit_is_refused(importance: list[float]) -> None:
    with pytest.raises(ValueError, match="importance"):
        Weights.fit([[1.0, 0, 0]] * 2, [1.0, 0.0], importance=importance, prior=PRIOR)


def test_a_changed_taste_is_followed_and_a_constant_one_is_still_known() -> None:
    rng = np.random.default_rng(1)
    before, after = np.array([2.0, 0.0, -1.0]), np.array([-2.0, 0.0, -1.0])
    differences = rng.normal(size=(100, 3))
    outcomes = np.concatenate([answers(rng, differences[:65], before), answers(rng, differences[65:], after)])
    keeps = Weights.fit(differences, outcomes, prior=PRIOR)
    forgets = Weights.fit(differences, outcomes, importance=recency(100, 8.0), prior=PRIOR)
    assert forgets.mean[0] < -0.25 < 0.25 < keeps.mean[0]
    assert forgets.mean[2] < -0.3
    assert np.all(np.diag(forgets.covariance) > np.diag(keeps.covariance))
