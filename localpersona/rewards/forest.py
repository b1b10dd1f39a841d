"""A forest of regression trees, read in NumPy.

Whether an answer is a good one depends on much at once: a short answer is fine where it is certain and to the
point, and filler at any length is not. Trees learn such conditions from few examples where the mixer's one
hidden layer, which has twelve traits to serve, does not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

FIELDS = ("roots", "feature", "right", "number")
_ROWS = 4096  # at once, so that memory stays small whatever is asked


@dataclass(frozen=True, eq=False)
class Forest:
    """T trees, the M nodes of all in one row: each tree depth first, so that a left child is the next node."""

    roots: NDArray[np.int32]
    """(T,) where each tree begins."""
    feature: NDArray[np.uint8]
    """(M,) the input that a split looks at."""
    right: NDArray[np.int32]
    """(M,) where those go whose input is larger than the split's number; 0 marks a leaf."""
    number: Array
    """(M,) a split's threshold, a leaf's value."""

    def __call__(self, inputs: Array) -> Array:
        """Return (n,), the mean of what the trees say, for inputs (n, F)."""
        found = [self._some(inputs[at : at + _ROWS]) for at in range(0, len(inputs), _ROWS)]
        return np.concatenate([np.zeros(0, dtype=np.float32), *found])

    def _some(self, inputs: Array) -> Array:
        rows = np.arange(len(inputs))[:, None]
        nodes = np.tile(self.roots, (len(inputs), 1))
        while True:
            right = self.right[nodes]
            if not right.any():
                return np.asarray(self.number[nodes].mean(axis=1), dtype=np.float32)
            larger = inputs[rows, self.feature[nodes]] > self.number[nodes]
            nodes = np.where(right == 0, nodes, np.where(larger, right, nodes + 1))

    def standardised(self, mean: float, deviation: float) -> Forest:
        """Return a forest whose scores are (score − mean) / deviation."""
        leaf = self.right == 0
        number = np.where(leaf, (self.number - mean) / deviation, self.number)
        return replace(self, number=number.astype(np.float32))

    def arrays(self, prefix: str) -> dict[str, NDArray[np.generic]]:
        return {f"{prefix}_{name}": np.ascontiguousarray(getattr(self, name)) for name in FIELDS}

    @classmethod
    def of(cls, data: dict[str, Any], prefix: str, inputs: int) -> Forest:
        """Return what `arrays` described. Raises KeyError for what is missing, ValueError for what is no forest.

        inputs: how many there are. Every step goes on in the row and the last node is a leaf, so reading ends.
        """
        forest = cls(**{name: data[f"{prefix}_{name}"] for name in FIELDS})
        size, leaf = len(forest.right), forest.right == 0
        sound = (
            len(forest.roots) > 0
            and forest.feature.shape == forest.number.shape == forest.right.shape == (size,)
            and all(getattr(forest, name).dtype.kind in "iu" for name in FIELDS[:3])
            and bool(np.all((forest.roots >= 0) & (forest.roots < size)))
            and bool(np.all(leaf | ((forest.right > np.arange(size)) & (forest.right < size))))
            and bool(leaf[-1:].all() and np.all(forest.feature < inputs))
        )
        if not sound:
            raise ValueError(f"no forest: {prefix}")
        return forest
