"""The prior is what many users have in common and how they differ."""

from __future__ import annotations

import numpy as np
import pytest
from planted import answers

from localpersona.preferences import Kinds, Weights, fit_population

Choices = tuple[list[np.ndarray], list[np.ndarray]]
NAMES = ("length", "formality", "humour", "quality")
MEAN = np.array([0.0, -0.5, 0.3, 2.0])
DEVIATIONS = np.array([1.2, 0.6, 0.9, 0.3])
CORRELATIONS = np.array([[1, 0.7, 0, 0], [0.7, 1, -0.3, 0], [0, -0.3, 1, 0], [0, 0, 0, 1.0]])
COVARIANCE = CORRELATIONS * np.outer(DEVIATIONS, DEVIATIONS)


def planted_tastes(rng: np.random.Generator, count: int) -> np.ndarray:
    return rng.multivariate_normal(MEAN, COVARIANCE, size=count)


def choices(rng: np.random.Generator, tastes: np.ndarray, comparisons: int) -> Choices:
    differences = [rng.normal(size=(comparisons, 4)) for _ in tastes]
    return differences, [answers(rng, d, w) for d, w in zip(differences, tastes, strict=True)]


def people(rng: np.random.Generator, count: int, comparisons: int) -> Choices:
    return choices(rng, planted_tastes(rng, count), comparisons)


def test_a_planted_population_is_recovered() -> None:
    rng = np.random.default_rng(0)
    tastes = planted_tastes(rng, 100)
    found = fit_population(*choices(rng, tastes, 150), NAMES, "v1")
    deviations = np.sqrt(np.diag(found.covariance))
    assert found.mean == pytest.approx(tastes.mean(axis=0), abs=0.2)
    assert deviations == pytest.approx(tastes.std(axis=0), rel=0.15, abs=0.1)
    assert found.covariance / np.outer(deviations, deviations) == pytest.approx(
        np.corrcoef(tastes.T), abs=0.2
    )
    assert (found.names, found.version, found.comparisons) == (NAMES, "v1", 0)


def test_a_new_user_is_understood_sooner_than_without_others() -> None:
    rng = np.random.default_rng(1)
    found = fit_population(*people(rng, 36, 60), NAMES, "v1")
    flat = Weights.gaussian(np.zeros(4), np.eye(4), NAMES, "v1")
    loss: dict[str, list[float]] = {"population": [], "flat": []}
    for differences, outcomes in zip(*people(rng, 60, 105), strict=True):
        for name, prior in (("population", found), ("flat", flat)):
            user = Weights.fit(differences[:5], outcomes[:5], prior=prior)
            p = user.predict(differences[5:])
            loss[name].append(-np.mean(np.log(np.where(outcomes[5:] == 1, p, 1 - p))))
    assert np.mean(loss["population"]) < np.mean(loss["flat"]) - 0.03


def test_few_answers_count_for_little() -> None:
    rng = np.random.default_rng(2)
    differences, outcomes = people(rng, 30, 60)
    alone = fit_population(differences, outcomes, NAMES, "v1")
    idle = [np.empty((0, 4))] * 3
    joined = fit_population([*differences, *idle], [*outcomes, *[np.empty(0)] * 3], NAMES, "v1")
    assert joined.mean == pytest.approx(alone.mean, abs=0.1)
    assert joined.covariance == pytest.approx(alone.covariance, abs=0.15)


@pytest.mark.parametrize("count", [1, 2, 12])
def test_users_who_agree_in_everything_leave_a_usable_prior(count: int) -> None:
    differences = [np.eye(4)[[0, 3] * 20] for _ in range(count)]
    found = fit_population(differences, [np.ones(40)] * count, NAMES, "v1")
    assert np.isfinite(found.mean).all() and np.abs(found.mean).max() < 10
    assert found.mean[0] > 1 and found.mean[3] > 1
    assert np.abs(found.mean[1:3]).max() < 1e-6
    assert np.diag(found.covariance).min() > 0.02


def test_the_result_does_not_depend_on_the_order_of_the_users() -> None:
    differences, outcomes = people(np.random.default_rng(3), 12, 20)
    one = fit_population(differences, outcomes, NAMES, "v1")
    other = fit_population(differences[::-1], outcomes[::-1], NAMES, "v1")
    assert one.mean == pytest.approx(other.mean, abs=1e-6)
    assert one.covariance == pytest.approx(other.covariance, abs=1e-6)


def test_missing_or_misshapen_users_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one user"):
        fit_population([], [], NAMES, "v1")
    with pytest.raises(ValueError, match="at least one user"):
        fit_population([np.ones((1, 4))], [], NAMES, "v1")
    with pytest.raises(ValueError, match="shape"):
        fit_population([np.ones((1, 3))], [[1.0]], NAMES, "v1")


def test_a_prior_drawn_together_keeps_its_mean_and_has_a_share_of_its_spread() -> None:
    kinds = Kinds.of([1, 2], [[1.0, 0.0], [-1.0, 3.0]], np.eye(2))
    for prior in (
        Weights.mixture(kinds, ["a", "b"], "v1", careless=0.1),
        Weights.gaussian([0.5, 1.0], [[2.0, 0.5], [0.5, 1.0]], ["a", "b"], "v1"),
    ):
        near = prior.drawn_together(0.25)
        np.testing.assert_allclose(near.mean, prior.mean)
        np.testing.assert_allclose(near.covariance, 0.25 * prior.covariance)
        assert (near.careless, near.lapse) == (prior.careless, prior.lapse)
        if near.kinds is not None:
            np.testing.assert_allclose(near.kinds.moments()[1], near.covariance)
        moved, moved_less = (one.update([1.0, -1.0], 1.0).mean - prior.mean for one in (prior, near))
        assert 0.0 < np.linalg.norm(moved_less) < np.linalg.norm(moved)
    with pytest.raises(ValueError, match="share above 0"):
        prior.drawn_together(0.0)
    with pytest.raises(ValueError, match="only a prior"):
        prior.update([1.0, 0.0], 1.0).drawn_together(0.5)
