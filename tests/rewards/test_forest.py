"""The forest that scores quality: what it says is what the library that fitted it says, and no file can hang it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesRegressor
from training import forest as training
from training.forest import fit_forest

from localpersona.rewards.forest import Forest

INPUTS = np.random.default_rng(0).normal(size=(300, 6)).astype(np.float32)
GOAL = np.where(INPUTS[:, 0] > 0, INPUTS[:, 1], 1.0).astype(float)


@pytest.fixture(scope="module")
def forest() -> Forest:
    return fit_forest(INPUTS, GOAL, seed=0)


def test_it_says_what_the_library_says(forest: Forest) -> None:
    theirs = ExtraTreesRegressor(
        n_estimators=training.TREES,
        min_samples_leaf=training.LEAST,
        max_features=training.TRIED,
        random_state=0,
    )
    fresh = np.random.default_rng(1).normal(size=(5000, 6)).astype(np.float32)
    expected = theirs.fit(INPUTS, GOAL).predict(fresh)
    np.testing.assert_allclose(forest(fresh), expected, atol=1e-5)
    assert forest(fresh[:0]).shape == (0,)


def test_its_scores_can_be_standardised(forest: Forest) -> None:
    np.testing.assert_allclose(forest.standardised(2.0, 4.0)(INPUTS), (forest(INPUTS) - 2.0) / 4.0, atol=1e-5)


def test_it_is_read_back_as_it_was(forest: Forest) -> None:
    again = Forest.of(forest.arrays("it"), "it", inputs=6)
    np.testing.assert_array_equal(again(INPUTS), forest(INPUTS))


@pytest.mark.parametrize(
    "damage", ["backwards", "outside", "endless", "input", "root", "shape", "kind", "none"]
)
def test_what_would_loop_or_read_outside_is_refused(forest: Forest, damage: str) -> None:
    right, split = forest.right.copy(), int(np.flatnonzero(forest.right)[5])
    right[split] = {"backwards": split, "outside": len(right)}.get(damage, right[split])
    damaged = {
        "endless": lambda: cut(forest, int(np.flatnonzero(forest.right)[-1]) + 1),
        "input": lambda: replace(forest, feature=np.full_like(forest.feature, 6)),
        "root": lambda: replace(forest, roots=forest.roots - 1),
        "shape": lambda: replace(forest, number=forest.number[1:]),
        "kind": lambda: replace(forest, right=forest.right.astype(float)),
        "none": lambda: replace(forest, roots=forest.roots[:0]),
    }.get(damage, lambda: replace(forest, right=right))()
    with pytest.raises(ValueError, match="no forest"):
        Forest.of(damaged.arrays("it"), "it", inputs=6)


def cut(forest: Forest, size: int) -> Forest:
    """Return the first nodes only, of which the last is a split that says nothing of the missing ones."""
    right = forest.right[:size].copy()
    right[right >= size] = 0
    right[-1] = 0 if size < 2 else size - 1
    return Forest(forest.roots[forest.roots < size], forest.feature[:size], right, forest.number[:size])
