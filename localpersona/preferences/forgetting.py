"""Taste that changes: old comparisons count less than new ones."""

from __future__ import annotations

import numpy as np

from localpersona.preferences.arrays import Array


def recency(comparisons: int, half_life: float) -> Array:
    """Return (n,) how much each comparison counts, oldest first: 1 for the newest, ½ after half_life later ones.

    For `Weights.fit(…, importance=recency(n, half_life))`. An infinite half-life forgets nothing. The evidence
    never exceeds that of half_life / ln 2 comparisons (and a half), so that the weights stay as uncertain as
    a taste that moves.
    Raises ValueError unless half_life is positive.
    """
    if not half_life > 0.0:
        raise ValueError(f"a half-life is a positive number of comparisons, not {half_life}")
    return np.asarray(0.5 ** (np.arange(comparisons)[::-1] / half_life))
