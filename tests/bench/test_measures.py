"""The measures are what they are defined to be, and the bootstrap's are the same on one's own people."""

from __future__ import annotations

import numpy as np
import pytest

from localpersona.bench.measures import (
    Predictions,
    bootstrap_auc,
    bootstrap_log_loss,
    interval,
    log_losses,
    resamples,
    roc_auc,
)


def some(seed: int, people: int = 12, each: int = 40) -> Predictions:
    generator = np.random.default_rng(seed)
    probabilities = np.round(generator.random(people * each), 2)  # many ties
    outcomes = (generator.random(len(probabilities)) < probabilities).astype(float)
    return Predictions(np.repeat(np.arange(people), each), probabilities, outcomes)


def test_roc_auc_is_the_share_of_pairs_in_the_right_order() -> None:
    p = some(0)
    high, low = p.probabilities[p.outcomes == 1], p.probabilities[p.outcomes == 0]
    above = (high[:, None] > low).mean() + 0.5 * (high[:, None] == low).mean()
    assert roc_auc(p.probabilities, p.outcomes) == pytest.approx(above)


def test_roc_auc_takes_differences_by_rounding_for_ties() -> None:
    probabilities = 0.5 + np.array([1e-16, 2e-16, -1e-16, 0.0])
    assert roc_auc(probabilities, np.array([1.0, 0.0, 1.0, 0.0])) == 0.5


def test_roc_auc_needs_both_outcomes() -> None:
    with pytest.raises(ValueError, match="both outcomes"):
        roc_auc(np.array([0.2, 0.7]), np.ones(2))


def test_log_loss_is_finite_even_where_a_method_was_sure_and_wrong() -> None:
    assert log_losses(np.array([0.8, 0.8, 0.8]), np.array([1.0, 0.0, 0.5])) == pytest.approx(
        [-np.log(0.8), -np.log(0.2), -0.5 * np.log(0.16)]
    )
    assert np.isfinite(log_losses(np.array([0.0, 1.0]), np.array([1.0, 0.0]))).all()


def test_the_bootstrap_measures_the_people_as_they_are_exactly() -> None:
    splits = [some(0), some(1)]
    everybody = np.ones((1, 12))
    wanted = np.mean([roc_auc(p.probabilities, p.outcomes) for p in splits])
    assert bootstrap_auc(splits, everybody)[0] == pytest.approx(wanted)
    wanted = np.mean([log_losses(p.probabilities, p.outcomes).mean() for p in splits])
    assert bootstrap_log_loss(splits, everybody)[0] == pytest.approx(wanted)


def test_a_person_drawn_twice_counts_twice() -> None:
    p = some(0)
    weights = np.zeros((1, 12))
    weights[0, [3, 4, 7]] = [2, 1, 1]
    rows = np.concatenate([np.flatnonzero(p.people == person) for person in (3, 3, 4, 7)])
    wanted = roc_auc(p.probabilities[rows], p.outcomes[rows])
    assert bootstrap_auc([p], weights)[0] == pytest.approx(wanted)


def test_the_interval_is_as_wide_as_the_spread_over_new_people() -> None:
    repeated = [roc_auc(p.probabilities, p.outcomes) for p in (some(seed) for seed in range(400))]
    low, high = interval(bootstrap_auc([some(1000)], resamples(12, 2000, 0)))
    assert high - low == pytest.approx(4 * np.std(repeated), rel=0.35)


def test_samples_of_people_are_as_large_as_the_people() -> None:
    weights = resamples(9, 50, 0)
    assert (weights.sum(axis=1) == 9).all()
    assert (weights == resamples(9, 50, 0)).all() and (weights != resamples(9, 50, 1)).any()
