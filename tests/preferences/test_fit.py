"""The fit is the mode of the posterior and its curvature, whatever the way there."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from planted import answers, negative_log_posterior, standard_prior, trait_names
from scipy.optimize import approx_fprime, minimize

from localpersona.preferences import Weights

Comparisons = tuple[np.ndarray, np.ndarray]
SIZE = 3
quick = settings(derandomize=True, deadline=None, max_examples=40)
any_outcomes = st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=1, max_size=15)


def any_differences(count: int, largest: float = 5.0) -> st.SearchStrategy[np.ndarray]:
    return arrays(np.float64, (count, SIZE), elements=st.floats(-largest, largest, width=32))


@st.composite
def comparisons(draw: st.DrawFn, largest: float = 5.0) -> Comparisons:
    outcomes = draw(any_outcomes)
    return draw(any_differences(len(outcomes), largest)), np.array(outcomes)


@pytest.mark.parametrize("lapse", [0.0, 0.03, 0.1])
@pytest.mark.parametrize("count", [1, 12, 150])
def test_the_mean_is_the_best_of_many_minima_found_by_brute_force(count: int, lapse: float) -> None:
    rng = np.random.default_rng(count)
    root = rng.normal(size=(5, 5))
    covariance = root @ root.T + 0.1 * np.eye(5)
    prior = Weights.gaussian(rng.normal(size=5), covariance, trait_names(5), "v1", lapse)
    differences = rng.normal(size=(count, 5))
    outcomes = answers(rng, differences, rng.normal(size=5) * 2)
    outcomes[::7] = 0.5
    found = [
        minimize(negative_log_posterior, start, (differences, outcomes, prior), options={"gtol": 1e-7})
        for start in rng.normal(size=(8, 5)) * 2
    ]
    best = min(found, key=lambda result: float(result.fun))
    user = Weights.fit(differences, outcomes, prior=prior)
    assert negative_log_posterior(user.mean, differences, outcomes, prior) <= best.fun + 1e-9
    assert user.mean == pytest.approx(best.x, abs=1e-4)


@pytest.mark.parametrize("lapse", [0.0, 0.03])
def test_the_covariance_is_the_inverse_of_the_curvature_at_the_mode(lapse: float) -> None:
    rng = np.random.default_rng(0)
    prior = standard_prior(SIZE, lapse=lapse)
    differences = rng.normal(size=(40, SIZE))
    outcomes = answers(rng, differences, np.array([1.0, -2.0, 0.5]))
    user = Weights.fit(differences, outcomes, prior=prior)

    def gradient(w: np.ndarray) -> np.ndarray:
        return approx_fprime(w, negative_log_posterior, 1e-5, differences, outcomes, prior)

    curvature = approx_fprime(user.mean, gradient, 1e-4)
    assert np.linalg.inv(user.covariance) == pytest.approx(curvature, rel=0.02, abs=0.05)


def test_with_two_traits_mean_and_spread_agree_with_quadrature_over_a_grid() -> None:
    rng = np.random.default_rng(5)
    prior = standard_prior(2)
    differences = rng.normal(size=(60, 2))
    outcomes = answers(rng, differences, np.array([1.0, -0.5]))
    axis = np.linspace(-4, 4, 161)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    minus_log = np.array([negative_log_posterior(w, differences, outcomes, prior) for w in grid])
    mass = np.exp(minus_log.min() - minus_log)
    mass /= mass.sum()
    mean = mass @ grid
    covariance = (grid - mean).T @ ((grid - mean) * mass[:, None])
    user = Weights.fit(differences, outcomes, prior=prior)
    assert user.mean == pytest.approx(grid[minus_log.argmin()], abs=0.03)  # within the grid's spacing
    assert user.mean == pytest.approx(mean, abs=0.15)
    assert np.sqrt(np.diag(user.covariance)) == pytest.approx(np.sqrt(np.diag(covariance)), rel=0.15)


def test_without_comparisons_the_fit_is_the_prior() -> None:
    prior = standard_prior(SIZE, scale=0.7)
    user = Weights.fit([], [], prior=prior)
    assert user.mean == pytest.approx(prior.mean)
    assert user.covariance == pytest.approx(prior.covariance)
    assert user.comparisons == 0


@quick
@given(comparisons())
def test_one_by_one_is_the_same_as_all_at_once(data: Comparisons) -> None:
    differences, outcomes = data
    warm = standard_prior(SIZE)
    for difference, outcome in zip(differences, outcomes, strict=True):
        warm = warm.update(difference, outcome)
    cold = Weights.fit(differences, outcomes, prior=standard_prior(SIZE))
    assert warm.mean == pytest.approx(cold.mean, abs=1e-6)
    assert warm.covariance == pytest.approx(cold.covariance, abs=1e-6)
    assert warm.comparisons == cold.comparisons == len(outcomes)


@quick
@given(comparisons(), st.randoms(use_true_random=False))
def test_the_order_of_comparisons_does_not_matter(data: Comparisons, random: Random) -> None:
    differences, outcomes = data
    order = list(range(len(outcomes)))
    random.shuffle(order)
    prior = standard_prior(SIZE)
    one = Weights.fit(differences, outcomes, prior=prior)
    other = Weights.fit(differences[order], outcomes[order], prior=prior)
    assert one.mean == pytest.approx(other.mean, abs=1e-6)
    assert one.covariance == pytest.approx(other.covariance, abs=1e-6)


@quick
@given(comparisons())
def test_which_response_was_shown_first_does_not_matter(data: Comparisons) -> None:
    differences, outcomes = data
    prior = standard_prior(SIZE)
    one = Weights.fit(differences, outcomes, prior=prior)
    mirrored = Weights.fit(-differences, 1 - outcomes, prior=prior)
    assert one.mean == pytest.approx(mirrored.mean, abs=1e-6)


@quick
@given(comparisons(largest=1e3), st.sampled_from([0.0, 0.03, 0.3]), st.sampled_from([0.01, 1.0, 100.0]))
def test_the_fit_never_diverges(data: Comparisons, lapse: float, scale: float) -> None:
    prior = standard_prior(SIZE, scale=scale, lapse=lapse)
    user = Weights.fit(*data, prior=prior)
    assert np.isfinite(user.mean).all()
    assert np.linalg.eigvalsh(user.covariance).min() > 0
    before, after = (negative_log_posterior(w, *data, prior) for w in (prior.mean, user.mean))
    assert after <= before + 1e-9


def test_weights_of_a_long_history_are_recovered_within_their_uncertainty() -> None:
    rng = np.random.default_rng(11)
    true = rng.normal(size=12)
    differences = rng.normal(size=(4000, 12))
    user = Weights.fit(differences, answers(rng, differences, true), prior=standard_prior(12))
    errors = (user.mean - true) / np.sqrt(np.diag(user.covariance))
    assert np.abs(user.mean - true).max() < 0.2
    assert 0.5 < np.sqrt(np.mean(errors**2)) < 1.6


def test_a_tie_says_that_the_difference_does_not_matter() -> None:
    difference = np.array([2.0, 0.0, 0.0])
    likes = standard_prior(SIZE).update(difference, 1.0)
    tied = likes.update(difference, 0.5)
    assert 0 < tied.mean[0] < likes.mean[0]
    assert tied.covariance[0, 0] < likes.covariance[0, 0]
    assert standard_prior(SIZE).update(difference, 0.5).mean == pytest.approx(np.zeros(SIZE))


def test_one_wrong_key_after_many_consistent_answers_is_taken_for_a_lapse() -> None:
    difference = np.array([2.0, 0.0, 0.0])

    def fraction_lost(lapse: float) -> float:
        prior = standard_prior(SIZE, scale=3, lapse=lapse)
        sure = Weights.fit([difference] * 100, [1.0] * 100, prior=prior)
        return 1 - float(sure.update(difference, 0.0).mean[0] / sure.mean[0])

    assert fraction_lost(0.03) < 0.1
    assert fraction_lost(0.0) > 0.25


def test_random_answers_move_an_informed_prior_less_and_leave_more_doubt_when_lapses_are_expected() -> None:
    # A fixed lapse rate softens forty random answers; it does not undo them. This says by how much.
    rng, size = np.random.default_rng(2), 6
    mean, covariance = np.array([3.5, 0, 0, 0, 0, 0]), 0.25 * np.eye(size)
    distance: dict[float, list[float]] = {0.0: [], 0.03: []}
    doubt: dict[float, list[float]] = {0.0: [], 0.03: []}
    for _ in range(40):
        differences, outcomes = rng.normal(size=(40, size)), random_answers(rng)
        for lapse in distance:
            prior = Weights.gaussian(mean, covariance, trait_names(size), "v1", lapse)
            user = Weights.fit(differences, outcomes, prior=prior)
            distance[lapse].append(float(np.linalg.norm(user.mean - mean) / np.sqrt(np.trace(covariance))))
            doubt[lapse].append(float(np.sqrt(np.trace(user.covariance) / np.trace(covariance))))
    assert np.mean(distance[0.03]) < 0.9 * np.mean(distance[0.0])
    assert np.mean(doubt[0.03]) > 1.15 * np.mean(doubt[0.0])


def test_random_answers_about_an_unknown_user_end_near_the_prior_and_predict_little() -> None:
    rng, prior = np.random.default_rng(3), standard_prior(12, scale=0.7)
    distance, confidence = [], []
    for _ in range(20):
        user = Weights.fit(rng.normal(size=(40, 12)), random_answers(rng), prior=prior)
        distance.append(np.sqrt(np.mean(user.mean**2)) / 0.7)
        confidence.append(np.abs(user.predict(rng.normal(size=(100, 12))) - 0.5).mean())
    assert np.mean(distance) < 0.5  # prior standard deviations
    assert np.mean(confidence) < 0.2


def random_answers(rng: np.random.Generator) -> np.ndarray:
    return rng.integers(0, 2, size=40).astype(float)
