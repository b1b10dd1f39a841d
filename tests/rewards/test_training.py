"""The figures in the card are only as good as the functions that compute them."""

from __future__ import annotations

import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("scipy")
pytest.importorskip("gguf")
sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from training.concordance import bad_below_good, concordance
from training.fit import HEADS, cross_fit, fit_heads
from training.people import roc_auc

from localpersona.rewards.features import SURFACE, Features

GENERATOR = np.random.default_rng(0)


def test_concordance_is_the_share_of_pairs_in_order() -> None:
    ratings = GENERATOR.integers(1, 6, (40, 2)).astype(float)
    scores = (ratings + GENERATOR.normal(0, 2, (40, 2))).round()  # rounded, so that some are tied
    folds, prompts = np.repeat([0, 1], 20), np.repeat(np.arange(10), 4)
    expected = []
    for trait in range(2):
        shares = []
        for fold in (0, 1):
            rows = np.flatnonzero(folds == fold)
            pairs = [(i, j) for i, j in combinations(rows, 2) if ratings[i, trait] != ratings[j, trait]]
            orders = [np.sign((scores[i] - scores[j]) * (ratings[i] - ratings[j]))[trait] for i, j in pairs]
            shares.append(np.mean([(1 + order) / 2 for order in orders]))
        expected.append(np.mean(shares))
    found = concordance(scores, ratings, prompts, folds, seed=0)
    np.testing.assert_allclose(found.traits, expected)
    assert found.mean == pytest.approx(np.mean(expected))
    assert found.mean_low < found.mean < found.mean_high


def test_bad_answers_are_compared_with_good_ones_to_the_same_prompt_only() -> None:
    ratings, prompts = np.array([1.0, 5.0, 2.0, 4.0, 3.0]), np.array([0, 0, 1, 1, 1])
    assert bad_below_good(np.array([0.0, 1.0, 5.0, 4.0, 9.0]), ratings, prompts) == 0.5


def test_roc_auc_against_all_pairs() -> None:
    predicted = GENERATOR.random(60).round(1)
    truth = (GENERATOR.random(60) < predicted).astype(float)
    high, low = predicted[truth == 1.0], predicted[truth == 0.0]
    expected = ((high[:, None] > low) + 0.5 * (high[:, None] == low)).mean()
    assert roc_auc(predicted, truth) == pytest.approx(expected)


def planted(count: int) -> tuple[Features, np.ndarray, np.ndarray]:
    """Ratings that are a linear function of a few features and a word."""
    embeddings = GENERATOR.normal(size=(count, 8)).astype(np.float32)
    surface = GENERATOR.normal(size=(count, SURFACE)).astype(np.float32)
    kind = GENERATOR.random(count) < 0.5
    texts = tuple("kindly boil it" if is_kind else "just boil it" for is_kind in kind)
    ratings = np.repeat((embeddings[:, 0] + surface[:, 3] + 2 * kind)[:, None], 12, axis=1).astype(float)
    return Features(texts, embeddings, surface), ratings, np.arange(count) // 2


def test_heads_find_what_was_planted_in_each_block_of_features() -> None:
    features, ratings, prompts = planted(400)
    heads = fit_heads(features, ratings, prompts, seed=0)
    fresh, truth, _ = planted(200)
    scores = heads.predict(fresh)
    assert scores.shape == (200, HEADS, 12)
    assert np.corrcoef(scores.mean(axis=1)[:, 0], truth[:, 0])[0, 1] > 0.97
    assert not np.allclose(scores[:, 0], scores[:, 1])  # each head has a resample of its own


def test_standardised_heads_give_standardised_scores() -> None:
    features, ratings, prompts = planted(200)
    heads = fit_heads(features, ratings, prompts, seed=0)
    raw = heads.predict(features).mean(axis=1)
    scaled = heads.standardised(raw.mean(axis=0), raw.std(axis=0)).predict(features).mean(axis=1)
    np.testing.assert_allclose(scaled.mean(axis=0), 0.0, atol=1e-3)
    np.testing.assert_allclose(scaled.std(axis=0), 1.0, atol=1e-3)


def test_cross_fitted_scores_do_not_see_the_prompt_s_ratings() -> None:
    features, ratings, prompts = planted(120)
    noise = GENERATOR.normal(size=ratings.shape)  # nothing to learn: unseen scores cannot follow it
    folds = prompts % 3
    unseen = cross_fit(features, noise, prompts, folds, seed=0).mean(axis=1)
    seen = fit_heads(features, noise, prompts, seed=0).predict(features).mean(axis=1)
    assert np.corrcoef(seen[:, 0], noise[:, 0])[0, 1] > 0.3
    assert abs(np.corrcoef(unseen[:, 0], noise[:, 0])[0, 1]) < 0.3
