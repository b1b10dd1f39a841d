"""A prior of several kinds of people: learned sooner, still a Gaussian to everything downstream."""

from __future__ import annotations

import json

import numpy as np
import pytest
from planted import Array, answers, negative_log_posterior, trait_names
from scipy.special import logsumexp

from localpersona.preferences import Kinds, Weights, fit_population
from localpersona.preferences import kinds as module

MEANS = np.array([[2.0, 1.5], [-2.0, 1.5], [0.0, -2.0]])
SHARES = np.array([0.5, 0.3, 0.2])
WITHIN = np.array([[0.3, 0.1], [0.1, 0.2]])
PRIOR = Weights.mixture(Kinds.of(SHARES, MEANS, WITHIN), trait_names(2), "v1")
GAUSSIAN = Weights.gaussian(PRIOR.mean, PRIOR.covariance, PRIOR.names, "v1")


def by_grid(differences: Array, outcomes: Array) -> tuple[Array, Array]:
    """Return mean and covariance of the mixture's posterior by brute force."""
    axis = np.linspace(-5, 5, 81)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    flat = Weights.gaussian(np.zeros(2), 1e6 * np.eye(2), PRIOR.names, "v1")
    log = -np.array([negative_log_posterior(w, differences, outcomes, flat) for w in grid])
    away = grid[:, None] - MEANS
    log += logsumexp(-0.5 * np.einsum("nki,ij,nkj->nk", away, np.linalg.inv(WITHIN), away), b=SHARES, axis=1)
    mass = np.exp(log - log.max())
    mass /= mass.sum()
    mean = mass @ grid
    return mean, (grid - mean).T @ ((grid - mean) * mass[:, None])


@pytest.mark.parametrize("count", [1, 3, 6, 12])
def test_mean_and_covariance_are_the_mixture_s(count: int) -> None:
    rng = np.random.default_rng(count)
    differences = rng.normal(size=(count, 2))
    outcomes = answers(rng, differences, np.array([-1.8, 1.2]))
    mean, covariance = by_grid(differences, outcomes)
    user = Weights.fit(differences, outcomes, prior=PRIOR)
    assert user.mean == pytest.approx(mean, abs=0.15)
    assert np.sqrt(np.diag(user.covariance)) == pytest.approx(np.sqrt(np.diag(covariance)), rel=0.12)


def test_before_any_comparison_it_is_the_gaussian_of_all_kinds() -> None:
    rng = np.random.default_rng(0)
    kind = rng.choice(3, size=200_000, p=SHARES)
    people = MEANS[kind] + rng.multivariate_normal(np.zeros(2), WITHIN, size=len(kind))
    assert PRIOR.mean == pytest.approx(people.mean(axis=0), abs=0.02)
    assert PRIOR.covariance == pytest.approx(np.cov(people.T), abs=0.03)
    nobody = Weights.fit([], [], prior=PRIOR)
    assert nobody.mean == pytest.approx(PRIOR.mean)
    assert nobody.covariance == pytest.approx(PRIOR.covariance)


def test_one_kind_is_a_gaussian() -> None:
    rng = np.random.default_rng(1)
    differences = rng.normal(size=(30, 2))
    outcomes = answers(rng, differences, np.array([1.0, -1.0]), lapse=0.0)
    one = Weights.mixture(Kinds.of([1.0], MEANS[:1], WITHIN), PRIOR.names, "v1", lapse=0.0)
    plain = Weights.gaussian(MEANS[0], WITHIN, PRIOR.names, "v1", lapse=0.0)
    mixed, alone = (Weights.fit(differences, outcomes, prior=prior) for prior in (one, plain))
    assert mixed.mean == pytest.approx(alone.mean, abs=1e-3)
    assert mixed.covariance == pytest.approx(alone.covariance, abs=1e-3)


def test_the_way_there_does_not_matter() -> None:
    rng = np.random.default_rng(2)
    differences = rng.normal(size=(25, 2))
    outcomes = answers(rng, differences, MEANS[1])
    outcomes[3] = 0.5
    one_by_one = PRIOR
    for difference, outcome in zip(differences, outcomes, strict=True):
        one_by_one = one_by_one.update(difference, outcome)
    order = rng.permutation(25)
    for other in (
        Weights.fit(differences, outcomes, prior=PRIOR),
        Weights.fit(differences[order], outcomes[order], prior=PRIOR),
        Weights.fit(-differences, 1 - outcomes, prior=PRIOR),
    ):
        assert one_by_one.mean == pytest.approx(other.mean, abs=1e-3)
        assert one_by_one.covariance == pytest.approx(other.covariance, abs=1e-3)


def test_with_many_comparisons_the_quick_way_agrees_with_the_exact_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(3)
    differences = rng.normal(size=(module.EXACT_UP_TO, 2))
    outcomes = answers(rng, differences, np.array([1.0, 0.5]))
    exact = Weights.fit(differences, outcomes, prior=PRIOR)
    monkeypatch.setattr(module, "EXACT_UP_TO", 0)
    quick = Weights.fit(differences, outcomes, prior=PRIOR)
    deviations = np.sqrt(np.diag(exact.covariance))
    assert np.abs(quick.mean - exact.mean).max() < 0.3 * deviations.min()
    assert np.sqrt(np.diag(quick.covariance)) == pytest.approx(deviations, rel=0.1)


def test_a_newcomer_of_a_known_kind_is_understood_sooner() -> None:
    rng = np.random.default_rng(4)
    loss: dict[str, list[float]] = {"kinds": [], "gaussian": []}
    for _ in range(60):
        taste = rng.multivariate_normal(MEANS[rng.choice(3, p=SHARES)], WITHIN)
        differences = rng.normal(size=(104, 2))
        outcomes = answers(rng, differences, taste)
        for name, prior in (("kinds", PRIOR), ("gaussian", GAUSSIAN)):
            p = Weights.fit(differences[:4], outcomes[:4], prior=prior).predict(differences[4:])
            loss[name].append(-np.mean(np.log(np.where(outcomes[4:] == 1, p, 1 - p))))
    assert np.mean(loss["kinds"]) < np.mean(loss["gaussian"]) - 0.005


def test_a_trait_set_by_hand_says_which_kinds_remain() -> None:
    locked = PRIOR.locked({"trait 0": 2.0})
    assert locked.mean[0] == pytest.approx(2.0) and locked.covariance[0, 0] < 1e-5
    assert locked.mean[1] == pytest.approx(1.5, abs=0.1)  # the first kind's, not the population's 0.8
    opposite = PRIOR.locked({"trait 1": -2.0})
    assert abs(opposite.mean[0]) < 0.1 and opposite.covariance[0, 0] < 0.4  # the third kind's
    answered = PRIOR.update([1.0, 1.0], 1.0).locked({"trait 0": 2.0})
    assert answered.mean[0] == pytest.approx(2.0, abs=1e-3) and answered.comparisons == 1


def test_kinds_travel_as_json() -> None:
    again = Weights.from_dict(json.loads(json.dumps(PRIOR.to_dict())))
    user, same = (prior.update([1.0, -0.5], 0.0) for prior in (PRIOR, again))
    assert np.array_equal(user.mean, same.mean) and np.array_equal(user.covariance, same.covariance)
    assert "kinds" not in user.to_dict()
    for damage in ({"shares": [1.0]}, {"means": [[0.0]]}, {"covariance": [[1.0, 2.0], [2.0, 1.0]]}):
        data = PRIOR.to_dict()
        with pytest.raises(ValueError):
            Weights.from_dict(data | {"kinds": data["kinds"] | damage})
    with pytest.raises(ValueError, match="not kinds"):
        Weights.from_dict(PRIOR.to_dict() | {"kinds": {"shares": [1.0]}})
    with pytest.raises(ValueError, match="positive share"):
        Kinds.of([1.0, -0.5], MEANS[:2], WITHIN)


def test_planted_kinds_are_found_in_a_population() -> None:
    rng = np.random.default_rng(5)
    tastes = MEANS[[0, 1] * 12] + rng.multivariate_normal(np.zeros(2), 0.05 * np.eye(2), size=24)
    differences = [rng.normal(size=(80, 2)) for _ in tastes]
    outcomes = [answers(rng, d, w) for d, w in zip(differences, tastes, strict=True)]
    found = fit_population(differences, outcomes, trait_names(2), "v1")
    assert found.kinds is not None
    mean, covariance = found.kinds.moments()
    assert found.mean == pytest.approx(mean) and found.covariance == pytest.approx(covariance)
    # Two heaps, left and right: nobody is in the middle, where the Gaussian has its mode.
    centres = found.kinds.means[:, 0]
    assert abs(found.mean[0]) < 0.3 and np.abs(centres).min() > 0.8
    assert np.corrcoef(centres, tastes[:, 0])[0, 1] > 0.95
    assert found.kinds.covariance[0, 0] < 0.6 * found.covariance[0, 0]
