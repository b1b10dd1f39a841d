"""Fit the forest for quality: extremely randomised trees (Geurts, Ernst & Wehenkel, 2006), by scikit-learn.

What this does not know: how the app reads it (localpersona/rewards/forest.py).
"""

from __future__ import annotations

import numpy as np
from sklearn.ensemble import ExtraTreesRegressor

from localpersona.rewards.forest import Forest
from training.data import Floats

TREES, LEAST, TRIED = 100, 3, 0.5
"""Trees; answers in a leaf, at least; share of the inputs that a split is chosen among."""


def fit_forest(inputs: Floats, goal: Floats, seed: int) -> Forest:
    """Return a forest for inputs (n, F) and what it should say, (n,)."""
    model = ExtraTreesRegressor(
        n_estimators=TREES, min_samples_leaf=LEAST, max_features=TRIED, random_state=seed
    )
    trees = [one.tree_ for one in model.fit(inputs.astype(np.float32), goal).estimators_]
    roots = np.cumsum([0, *(tree.node_count for tree in trees[:-1])])
    leaves = [tree.children_left < 0 for tree in trees]
    for tree, leaf in zip(trees, leaves, strict=True):
        assert np.array_equal(tree.children_left[~leaf], np.flatnonzero(~leaf) + 1), "not depth first"
    return Forest(
        roots=roots.astype(np.int32),
        feature=np.concatenate(
            [np.where(leaf, 0, tree.feature) for tree, leaf in zip(trees, leaves, strict=True)]
        ).astype(np.uint8),
        right=np.concatenate(
            [
                np.where(leaf, 0, tree.children_right + root)
                for tree, leaf, root in zip(trees, leaves, roots, strict=True)
            ]
        ).astype(np.int32),
        number=np.concatenate(
            [
                np.where(leaf, tree.value[:, 0, 0], tree.threshold)
                for tree, leaf in zip(trees, leaves, strict=True)
            ]
        ).astype(np.float32),
    )
