"""Laplace's posterior against what it approximates: quadrature for one trait, a Markov chain for several.

With few answers the mode is nearer to neutral than the mean, and the curvature there says a little too much:
the tolerances are that wide and no wider.
"""

from __future__ import annotations

import numpy as np
import pytest
from planted import Array, answers, negative_log_posterior, standard_prior, trait_names
from scipy.integrate import quad

from localpersona.preferences import Kinds, Weights

DIFFERENCES = np.array([[1.0], [-2.0], [0.5], [1.5], [-1.0], [2.0], [0.7], [-0.4]])


@pytest.mark.parametrize("outcomes", [[1, 0, 1, 1, 0, 1, 0, 1], [1, 1, 1, 0, 0, 0, 1, 0], [1] * 8, [0.5] * 8])
def test_with_one_trait_mean_spread_and_predictions_agree_with_quadrature(outcomes: list[float]) -> None:
    prior, answered = standard_prior(1), np.array(outcomes, dtype=float)

    def integral(value: object = None, of: float = 0.0) -> float:
        def integrand(w: float) -> float:
            density = np.exp(-negative_log_posterior([w], DIFFERENCES, answered, prior))
            if value == "square":
                return float(density * (w - of) ** 2)
            if value == "predict":
                return float(density * (0.03 + 0.94 / (1 + np.exp(-of * w))))
            return float(density * (w if value == "mean" else 1.0))

        return float(quad(integrand, -8, 8, epsabs=1e-12)[0])

    total = integral()
    mean = integral("mean") / total
    deviation = np.sqrt(integral("square", mean) / total)
    user = Weights.fit(DIFFERENCES, answered, prior=prior)
    assert user.mean[0] == pytest.approx(mean, abs=0.2 * deviation)
    assert np.sqrt(user.covariance[0, 0]) == pytest.approx(deviation, rel=0.12)
    for difference in (-2.0, -0.5, 1.0, 3.0):
        expected = integral("predict", difference) / total
        assert user.predict([[difference]])[0] == pytest.approx(expected, abs=0.025)


def test_the_evidence_is_the_integral_of_the_likelihood() -> None:
    """Seen through `careless`: the probability of coin flips after answers that are none."""
    outcomes = np.array([1, 0, 1, 1, 0, 1, 1, 0], dtype=float)
    before = 0.3
    prior = standard_prior(1)
    normaliser = np.sqrt(2 * np.pi)

    def integrand(w: float) -> float:
        return float(np.exp(-negative_log_posterior([w], DIFFERENCES, outcomes, prior)) / normaliser)

    likelihood = quad(integrand, -8, 8, epsabs=1e-14)[0]
    expected = before * 0.5**8 / (before * 0.5**8 + (1 - before) * likelihood)
    suspicious = Weights.gaussian([0.0], [[1.0]], ["trait 0"], "v1", careless=before)
    halves = Kinds.of([0.5, 0.5], [[0.0], [0.0]], [[1.0]])
    for start in (suspicious, Weights.mixture(halves, ["trait 0"], "v1", careless=before)):
        assert Weights.fit(DIFFERENCES, outcomes, prior=start).careless == pytest.approx(expected, abs=0.02)


def test_with_four_traits_mean_spread_and_predictions_agree_with_a_markov_chain() -> None:
    rng = np.random.default_rng(0)
    root = rng.normal(size=(4, 4))
    prior = Weights.gaussian(
        0.5 * rng.normal(size=4), 0.3 * root @ root.T + 0.2 * np.eye(4), trait_names(4), "v1"
    )
    differences, unseen = rng.normal(size=(20, 4)), rng.normal(size=(50, 4))
    outcomes = answers(rng, differences, rng.multivariate_normal(prior.mean, prior.covariance))
    chain = elliptical_slices(rng, differences, outcomes, prior, 4000)
    user = Weights.fit(differences, outcomes, prior=prior)
    deviations = chain.std(axis=0)
    assert np.abs((user.mean - chain.mean(axis=0)) / deviations).max() < 0.5
    assert np.sqrt(np.diag(user.covariance)) == pytest.approx(deviations, rel=0.1)
    expected = np.mean([0.03 + 0.94 / (1 + np.exp(-unseen @ w)) for w in chain], axis=0)
    assert user.predict(unseen) == pytest.approx(expected, abs=0.06)
    assert np.abs(user.predict(unseen) - expected).mean() < 0.03


def elliptical_slices(
    rng: np.random.Generator, differences: Array, outcomes: Array, prior: Weights, steps: int
) -> Array:
    """Draw from the exact posterior (Murray, Adams & MacKay 2010), the first tenth left out."""
    root = np.linalg.cholesky(prior.covariance)

    def log_likelihood(w: Array) -> float:
        p = prior.lapse + (1 - 2 * prior.lapse) / (1 + np.exp(-differences @ w))
        return float(np.sum(outcomes * np.log(p) + (1 - outcomes) * np.log(1 - p)))

    w, drawn = prior.mean, []
    height = log_likelihood(w)
    for _ in range(steps):
        other, least = root @ rng.normal(size=len(w)), height + np.log(rng.random())
        angle = rng.uniform(0, 2 * np.pi)
        low, high = angle - 2 * np.pi, angle
        while True:
            trial = prior.mean + (w - prior.mean) * np.cos(angle) + other * np.sin(angle)
            if (found := log_likelihood(trial)) > least:
                break
            low, high = (angle, high) if angle < 0 else (low, angle)
            angle = rng.uniform(low, high)
        w, height = trial, found
        drawn.append(w)
    return np.array(drawn[steps // 10 :])
