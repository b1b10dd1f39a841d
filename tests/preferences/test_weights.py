"""Weights are values: nothing changes them, and what does not belong together is refused in one line."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import ArrayLike
from planted import answers, probability, standard_prior

from localpersona import shipped
from localpersona.preferences import Weights

NAMES = ("length", "formality", "humour")
CORRELATED = np.array([[1.0, 0.6, 0.0], [0.6, 1.0, 0.2], [0.0, 0.2, 0.5]])


@pytest.fixture
def prior() -> Weights:
    return Weights.gaussian([0.1, -0.2, 0.3], CORRELATED, NAMES, "v1")


@pytest.fixture
def user(prior: Weights) -> Weights:
    rng = np.random.default_rng(0)
    differences = rng.normal(size=(25, 3))
    return Weights.fit(differences, answers(rng, differences, np.array([1.0, 0.0, -1.0])), prior=prior)


def test_undo_is_the_fit_without_the_last_comparison(user: Weights, prior: Weights) -> None:
    mistaken = user.update([3.0, 0.0, 0.0], 0.0)
    undone = Weights.fit(mistaken.differences[:-1], mistaken.outcomes[:-1], prior=prior, start=mistaken)
    assert undone.mean == pytest.approx(user.mean, abs=1e-9)
    assert undone.covariance == pytest.approx(user.covariance, abs=1e-9)


def test_an_update_leaves_the_old_weights_alone(user: Weights) -> None:
    before = user.mean.copy(), user.covariance.copy(), user.comparisons
    newer = user.update([1.0, 1.0, 1.0], 1.0)
    assert newer.comparisons == before[2] + 1
    assert (user.mean == before[0]).all() and (user.covariance == before[1]).all()
    assert user.comparisons == before[2]


def test_neither_fields_nor_arrays_can_be_changed(user: Weights) -> None:
    with pytest.raises(FrozenInstanceError):
        user.version = "v2"  # type: ignore[misc]
    for array in (user.mean, user.covariance, user.differences, user.outcomes):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1.0


@pytest.mark.parametrize("value", ["much", None, float("nan"), 10**400, [1.0]])
def test_what_is_no_number_is_refused(user: Weights, value: object) -> None:
    with pytest.raises(ValueError):
        user.update([value, 0.0, 0.0], 1.0)  # type: ignore[list-item]


def test_changing_the_arrays_given_changes_nothing() -> None:
    mean, differences = np.zeros(3), np.ones((1, 3))
    prior = Weights.gaussian(mean, CORRELATED, NAMES, "v1")
    user = Weights.fit(differences, [1.0], prior=prior)
    mean[:] = differences[:] = 9.0
    assert (prior.mean == 0).all()
    assert (user.differences == 1).all()


def test_a_probability_integrates_the_uncertainty_like_monte_carlo(user: Weights) -> None:
    rng = np.random.default_rng(1)
    differences = rng.normal(size=(20, 3)) * 3
    draws = rng.multivariate_normal(user.mean, user.covariance, size=20_000)
    simulated = np.mean([probability(differences, w, user.lapse) for w in draws], axis=0)
    assert user.predict(differences) == pytest.approx(simulated, abs=0.006)


@pytest.mark.parametrize("deviation", [0.0, 0.5, 3.0, 10.0, 60.0])
@pytest.mark.parametrize("centre", [-20.0, 0.0, 0.7, 5.0])
def test_a_probability_is_right_for_any_uncertainty(centre: float, deviation: float) -> None:
    one = Weights.gaussian([centre], [[max(deviation, 1e-6) ** 2]], ["length"], "v1", lapse=0.0)
    z = np.linspace(-9, 9, 100_001)
    density = np.exp(-(z**2) / 2) / np.exp(-(z**2) / 2).sum()
    expected = density @ probability(z[:, None] * deviation + centre, np.ones(1), lapse=0.0)
    assert one.predict([[1.0]])[0] == pytest.approx(expected, abs=1e-6 if deviation <= 10 else 6e-3)


def test_predictions_are_symmetric_and_never_surer_than_the_lapses_allow(user: Weights) -> None:
    differences = np.random.default_rng(2).normal(size=(50, 3)) * 100
    predicted = user.predict(differences)
    assert predicted + user.predict(-differences) == pytest.approx(np.ones(50))
    assert predicted.min() >= user.lapse and predicted.max() <= 1 - user.lapse
    assert user.predict(np.zeros((1, 3)))[0] == pytest.approx(0.5)
    assert user.predict([]).shape == (0,)


def test_a_locked_trait_stays_whatever_is_answered(prior: Weights) -> None:
    locked = prior.locked({"length": -1.0})
    user = Weights.fit([[3.0, 0.0, 0.0]] * 40, [1.0] * 40, prior=locked)
    assert locked.mean[0] == -1.0
    assert user.mean[0] == pytest.approx(-1.0, abs=1e-3)
    assert np.sqrt(user.covariance[0, 0]) < 2e-3


def test_a_lock_conditions_what_is_believed_of_the_others(prior: Weights) -> None:
    draws = np.random.default_rng(4).multivariate_normal(prior.mean, prior.covariance, size=400_000)
    alike = draws[np.abs(draws[:, 0] - -1.0) < 0.05][:, 1:]
    locked = prior.locked({"length": -1.0})
    assert locked.mean[1:] == pytest.approx(alike.mean(axis=0), abs=0.03)
    assert locked.covariance[1:, 1:] == pytest.approx(np.cov(alike.T), abs=0.03)


def test_locking_a_user_is_fitting_under_the_locked_prior(user: Weights, prior: Weights) -> None:
    locks = {"humour": 2.0, "length": 0.0}
    expected = Weights.fit(user.differences, user.outcomes, prior=prior.locked(locks))
    assert user.locked(locks).mean == pytest.approx(expected.mean, abs=1e-9)
    assert user.locked(locks).comparisons == user.comparisons
    assert user.locked({}) is user


def test_json_keeps_what_a_prior_is(prior: Weights) -> None:
    again = Weights.from_dict(json.loads(json.dumps(prior.to_dict())))
    assert (again.mean == prior.mean).all() and (again.covariance == prior.covariance).all()
    assert (again.names, again.version, again.lapse) == (NAMES, "v1", prior.lapse)


def test_the_shipped_prior_is_read_from_the_shipped_file(
    prior: Weights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "prior.json").write_text(json.dumps(prior.to_dict()), encoding="utf-8")
    monkeypatch.setattr(shipped, "reward_model", lambda: tmp_path)
    assert Weights.prior().names == NAMES
    assert Weights.fit([[1.0, 0.0, 0.0]], [1.0]).base is not None


@pytest.mark.parametrize("outcome", [-0.1, 1.1, float("nan"), None, "first", [1.0, 0.0]])
def test_an_outcome_that_is_none_is_refused(prior: Weights, outcome: object) -> None:
    with pytest.raises(ValueError, match=r"outcome") as refused:
        prior.update([1.0, 0.0, 0.0], outcome)  # type: ignore[arg-type]
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "difference", [[1.0, 2.0], [[1.0, 2.0, 3.0]], [np.nan, 0, 0], [np.inf, 0, 0], 1.0, ["a", "b", "c"]]
)
def test_differences_of_the_wrong_kind_are_refused(user: Weights, difference: list[float]) -> None:
    with pytest.raises(ValueError, match=r"difference") as refused:
        user.update(difference, 1.0)
    assert "\n" not in str(refused.value)
    if np.shape(difference) != (1, 3):
        with pytest.raises(ValueError, match=r"difference"):
            user.predict([difference])  # type: ignore[list-item]


def test_scores_that_cannot_be_standardised_ones_are_refused(user: Weights) -> None:
    with pytest.raises(ValueError, match="cannot differ by more"):
        user.update([1e5, 0.0, 0.0], 1.0)


def test_differences_and_outcomes_must_be_equally_many(prior: Weights) -> None:
    with pytest.raises(ValueError, match="2 comparisons need as many outcomes"):
        Weights.fit(np.ones((2, 3)), [1.0], prior=prior)


def test_reward_models_are_not_mixed(user: Weights, prior: Weights) -> None:
    other = Weights.gaussian(np.zeros(3), np.eye(3), NAMES, "v2")
    message = "'v1' cannot be mixed with 'v2'"
    with pytest.raises(ValueError, match=message):
        user.update([1.0, 0.0, 0.0], 1.0, version="v2")
    with pytest.raises(ValueError, match=message):
        user.predict(np.ones((1, 3)), version="v2")
    with pytest.raises(ValueError, match=message):
        Weights.fit(np.ones((1, 3)), [1.0], prior=prior, start=other)
    with pytest.raises(ValueError, match="different traits"):
        prior.require_same_traits(Weights.gaussian(np.zeros(3), np.eye(3), ("a", "b", "c"), "v1"))
    assert user.update([1.0, 0.0, 0.0], 1.0, version="v1").comparisons == user.comparisons + 1


def test_what_was_learned_cannot_be_counted_twice(user: Weights) -> None:
    with pytest.raises(ValueError, match="already holds 25 comparisons"):
        Weights.fit(user.differences, user.outcomes, prior=user)


@pytest.mark.parametrize(
    ("mean", "covariance", "names", "reason"),
    [
        ([0.0], np.eye(3), NAMES, "need a mean"),
        (np.zeros(3), np.eye(2), NAMES, "need a mean"),
        (np.zeros(3), -np.eye(3), NAMES, "not positive definite"),
        (np.zeros(3), np.triu(np.ones((3, 3))), NAMES, "not symmetric"),
        ([0.0, np.nan, 0.0], np.eye(3), NAMES, "finite"),
        (np.zeros(3), np.eye(3), ("a", "b", "a"), "different names"),
        ([], np.empty((0, 0)), (), "at least one"),
    ],
)
def test_an_impossible_prior_is_refused(
    mean: ArrayLike, covariance: ArrayLike, names: tuple[str, ...], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        Weights.gaussian(mean, covariance, names, "v1")


@pytest.mark.parametrize("lapse", [-0.01, 0.5, float("nan")])
def test_an_impossible_lapse_rate_is_refused(lapse: float) -> None:
    with pytest.raises(ValueError, match="lapse rate"):
        standard_prior(2, lapse=lapse)


@pytest.mark.parametrize(
    "data", [{}, {"mean": [0.0]}, [], None, {"mean": 0, "covariance": 0, "names": 3, "version": ""}]
)
def test_json_that_is_not_weights_is_refused(data: object) -> None:
    with pytest.raises(ValueError, match="not weights"):
        Weights.from_dict(data)  # type: ignore[arg-type]


def test_an_unknown_trait_cannot_be_locked(user: Weights) -> None:
    with pytest.raises(ValueError, match="no such trait: lenght"):
        user.locked({"lenght": 1.0})
    with pytest.raises(ValueError, match="locked value"):
        user.locked({"length": float("nan")})
