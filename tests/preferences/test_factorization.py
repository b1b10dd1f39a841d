"""Base rewards that were planted are found again, from choices alone."""

from __future__ import annotations

import numpy as np
import pytest
from planted import Array
from scipy.linalg import subspace_angles
from scipy.optimize import minimize
from scipy.special import expit

from localpersona.preferences import fit_population
from localpersona.preferences.factorization import Factors, Start, fit_chunks, fit_factors, fit_free
from localpersona.preferences.factorization_chunks import BLOCK, Chunk, FeatureDesign
from localpersona.preferences.factorization_start import random_start, svd_start

RANK = 3


class Planted:
    """People whose tastes are weights on RANK base rewards, which are linear in 20 features."""

    def __init__(self, seed: int, people: int = 40, comparisons: int = 8000, width: int = 20) -> None:
        rng = np.random.default_rng(seed)
        self.tastes = 1.5 * rng.normal(size=(people, RANK))
        self.rewards = rng.normal(size=(RANK, width)) / np.sqrt(width)
        self.first, self.second = rng.normal(size=(2, comparisons, width))
        self.users = np.sort(rng.integers(0, people, comparisons))
        self.log_odds = self.log_odds_of(self.first - self.second, self.users)
        self.outcomes = (rng.random(comparisons) < expit(self.log_odds)).astype(float)

    def log_odds_of(self, differences: Array, users: Array) -> Array:
        return np.sum(differences @ self.rewards.T * self.tastes[users], axis=1)

    def fit(self, rank: int = RANK, **options: object) -> Factors:
        return fit_factors(self.first, self.second, self.users, self.outcomes, rank, **options)  # type: ignore[arg-type]


def predicted(factors: Factors, differences: Array, users: Array) -> Array:
    return np.asarray(expit(np.sum(factors.scores(differences) * factors.weights[users], axis=1)))


def angle(one: Array, other: Array) -> float:
    """Return the largest angle between the spaces that the rows span, in degrees."""
    return float(np.degrees(subspace_angles(one.T, other.T)).max())


def low_rank_matrix(seed: int, people: int, items: int, seen: float) -> tuple[Array, Array, Array, Array]:
    """Return the log-odds (people, items) and who answered which item how, for a share `seen` of them."""
    rng = np.random.default_rng(seed)
    log_odds = 1.5 * rng.normal(size=(people, RANK)) @ rng.normal(size=(RANK, items))
    users, columns = np.nonzero(rng.random(log_odds.shape) < seen)
    outcomes = (rng.random(len(users)) < expit(log_odds[users, columns])).astype(float)
    return log_odds, users, columns, outcomes


@pytest.mark.parametrize("start", ["svd", "random"])
def test_planted_base_rewards_are_found_and_predict(start: Start) -> None:
    planted = Planted(seed=0)
    found = planted.fit(start=start)
    assert angle(found.loadings, planted.rewards) < 10
    fresh = np.random.default_rng(1).normal(size=(2000, 20))  # responses nobody has seen
    users = np.arange(2000) % 40
    truth = expit(planted.log_odds_of(fresh, users))
    assert np.abs(predicted(found, fresh, users) - truth).mean() < 0.06


def test_units_of_the_features_do_not_matter() -> None:
    planted = Planted(seed=1, comparisons=2000)
    units = np.logspace(-3, 3, 20)
    one = planted.fit()
    other = fit_factors(
        planted.first * units + 5, planted.second * units + 5, planted.users, planted.outcomes, RANK
    )
    assert other.scores(planted.first * units) == pytest.approx(one.scores(planted.first), abs=1e-3)


def test_factors_are_uncorrelated_of_mean_square_one_and_largest_first() -> None:
    planted = Planted(seed=2)
    found = planted.fit()
    z = found.scores(planted.first) - found.scores(planted.second)
    assert z.T @ z / len(z) == pytest.approx(np.eye(RANK), abs=1e-6)
    sizes = np.sqrt((found.weights**2).sum(axis=0))
    assert (np.diff(sizes) < 0).all()
    assert found.weights.T @ found.weights == pytest.approx(np.diag(sizes**2), abs=1e-6)


def test_a_matrix_is_completed_where_nobody_answered() -> None:
    log_odds, users, items, outcomes = low_rank_matrix(seed=3, people=150, items=200, seen=0.5)
    found = fit_free(users, items, outcomes, RANK)
    unseen = np.ones(log_odds.shape, dtype=bool)
    unseen[users, items] = False
    completed = expit(found.weights @ found.loadings)
    assert np.abs(completed - expit(log_odds))[unseen].mean() < 0.1
    assert np.mean((completed > 0.5) == (log_odds > 0), where=unseen) > 0.88


def test_it_is_the_optimum_that_another_optimiser_finds() -> None:
    planted = Planted(seed=4, people=6, comparisons=300, width=5)
    scale = np.sqrt(np.mean((planted.first - planted.second) ** 2, axis=0) * 5)
    differences = (planted.first - planted.second) / scale
    strength = 2.0

    def loss(point: Array) -> float:
        w, b = point[: 6 * RANK].reshape(6, RANK), point[6 * RANK :].reshape(RANK, 5)
        t = np.sum(differences @ b.T * w[planted.users], axis=1)
        return float(np.sum(np.logaddexp(0, t) - planted.outcomes * t) + strength / 2 * np.sum(point**2))

    tries = [np.random.default_rng(seed).normal(size=(6 + 5) * RANK) for seed in range(3)]
    best = min((minimize(loss, point, method="BFGS") for point in tries), key=lambda result: result.fun)
    w, b = best.x[: 6 * RANK].reshape(6, RANK), best.x[6 * RANK :].reshape(RANK, 5)
    found = planted.fit(strength=strength)
    assert found.weights @ found.loadings == pytest.approx(w @ (b / scale), abs=0.01)


def test_superfluous_factors_vanish_under_regularisation() -> None:
    planted = Planted(seed=5)
    found = planted.fit(rank=8, strength=25.0)
    energy = (found.weights**2).sum(axis=0)
    assert energy[RANK:].sum() < 0.02 * energy.sum()
    assert angle(found.loadings[:RANK], planted.rewards) < 12


def test_the_singular_value_decomposition_alone_points_the_right_way() -> None:
    planted = Planted(seed=6)
    design = FeatureDesign((planted.first - planted.second) / np.sqrt(2 * 20))
    _, started = svd_start(
        design, [Chunk(planted.users, planted.outcomes, np.arange(8000))], 40, RANK, seed=0
    )
    _, drawn = random_start(40, 20, RANK, seed=0)
    assert angle(started, planted.rewards) < 12 < 45 < angle(drawn, planted.rewards)


def test_the_start_is_centred_at_no_preference() -> None:
    users, items = (column.ravel() for column in np.indices((30, 40)))
    ties = fit_free(users, items, np.full(users.shape, 0.5), RANK)
    assert ties.weights @ ties.loadings == pytest.approx(np.zeros((30, 40)), abs=1e-6)


def test_chunks_of_responses_that_are_stored_once_give_the_same() -> None:
    planted = Planted(seed=7, comparisons=3000)
    scale = np.sqrt(np.mean((planted.first - planted.second) ** 2, axis=0) * 20)
    design = FeatureDesign(np.concatenate([planted.first, planted.second]) / scale)
    chunks = [
        Chunk(planted.users[rows], planted.outcomes[rows], rows, rows + 3000)
        for rows in np.array_split(np.random.default_rng(0).permutation(3000), 7)
    ]
    parts, whole = fit_chunks(design, chunks, 40, RANK), planted.fit()
    assert parts.weights @ (parts.loadings / scale) == pytest.approx(whole.weights @ whole.loadings, abs=0.02)


def test_a_design_larger_than_a_block_is_one_matrix() -> None:
    rng = np.random.default_rng(8)
    features = rng.normal(size=(2 * BLOCK + 3, 4)).astype(np.float32)
    loadings, slopes = rng.normal(size=(2, 4)), rng.normal(size=(len(features), 2))
    design = FeatureDesign(features)
    assert design.rewards(loadings) == pytest.approx(features @ loadings.T)
    assert design.collect(slopes) == pytest.approx(slopes.T @ features)


def test_what_offsets_explain_is_left_out() -> None:
    planted = Planted(seed=8)
    left_out = planted.fit(offsets=planted.log_odds)
    assert np.abs(left_out.weights).max() < 0.2 * np.abs(planted.fit().weights).max()


def test_a_new_user_is_weights_over_the_factors() -> None:
    planted = Planted(seed=9)
    found = planted.fit()
    z = found.scores(planted.first - planted.second)
    mine = [np.flatnonzero(planted.users == user) for user in range(40)]
    prior = fit_population(
        [z[rows] for rows in mine], [planted.outcomes[rows] for rows in mine], found.names, "f"
    )
    rng = np.random.default_rng(10)
    differences, taste = rng.normal(size=(400, 20)), np.array([2.0, -1.0, 1.0])
    truth = differences @ planted.rewards.T @ taste
    outcomes = (rng.random(400) < expit(truth)).astype(float)
    newcomer = prior
    for row in range(20):
        newcomer = newcomer.update(found.scores(differences[row : row + 1])[0], outcomes[row])
    right = (newcomer.predict(found.scores(differences)) > 0.5) == (truth > 0)
    assert right[20:].mean() > 0.8


def test_fewer_people_or_features_than_factors_are_no_trouble() -> None:
    planted = Planted(seed=11, people=2, comparisons=200, width=4)
    found = planted.fit(rank=6)
    assert 1 <= len(found.loadings) <= 2 and np.isfinite(found.loadings).all()


def test_a_feature_that_never_differs_gets_no_loading() -> None:
    planted = Planted(seed=12, comparisons=1000)
    planted.first[:, 7] = planted.second[:, 7]
    assert (planted.fit().loadings[:, 7] == 0).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"second": np.ones((4, 3))}, "shape|broadcast"),
        ({"users": [0, 1, 1]}, "as many"),
        ({"users": [0, 1, 1, -1]}, "integers from 0"),
        ({"users": [0.0, 1.0, 1.0, 0.0]}, "integers from 0"),
        ({"outcomes": [0, 1, 1, 2]}, "between 0 and 1"),
        ({"outcomes": [0, 1, 1, np.nan]}, "finite"),
        ({"rank": 0}, "rank"),
        ({"strength": -1.0}, "strength"),
        ({"offsets": [0.0]}, "offsets"),
    ],
)
def test_malformed_comparisons_are_refused(change: dict[str, object], message: str) -> None:
    valid: dict[str, object] = {
        "first": np.eye(4, 2),
        "second": np.ones((4, 2)),
        "users": [0, 1, 1, 0],
        "outcomes": [0, 1, 0.5, 1],
        "rank": 1,
    }
    with pytest.raises(ValueError, match=message):
        fit_factors(**{**valid, **change})  # type: ignore[arg-type]


def test_scores_need_the_features_of_the_training() -> None:
    with pytest.raises(ValueError, match="shape"):
        Planted(seed=13, comparisons=200).fit().scores(np.ones((2, 19)))
