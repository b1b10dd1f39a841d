"""Steering: the profile as one vector added to what the model's layers say, Σ w_j v_j.

For each trait a direction v_j in the residual stream: the mean difference between the states of a model that was
told to answer in the way of the trait's high pole and of the low one (contrastive activation addition, arXiv
2312.06681, section 3). Weights merge the directions after the fact, as Personalized Soups (arXiv 2310.11564)
merge adapters, but with no training, and at no cost for each token. What this does not know: whether a model has
such a direction at all; a small one follows instructions poorly and has poor directions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float32]

FIRST, LAST = 0.35, 0.75
"""Where in the depth of a model directions are added: early layers read words, late ones choose the next."""
STRENGTH = 0.02
"""Share of the residual's norm that a weight of 1 adds to each of those layers. With the embedded model (two traits,
four prompts, 32 tokens, scripts/measure_tools.py) that moves answers for opposite tastes 1.9 standard deviations
apart, and the plain model finds them less likely (−1.51 instead of −1.26 for each token); half as much moves them 1.1
apart (−1.35). Far beyond, at 0.1, they make no sense any more, which the reward model's quality score does not
notice."""
MOST = 0.03
"""The most that all traits together add to one layer."""
_MOST_WEIGHT = 2.0


@dataclass(frozen=True, eq=False)
class Directions:
    """A model's directions, for some traits."""

    names: tuple[str, ...]
    vectors: Array
    """(J, layers − 1, width) after layers 1, 2, …; each as long as the residual stream there usually is; 0 in
    layers that are not steered, and for traits that have no direction."""

    def combined(self, weights: Sequence[float]) -> Array:
        """Return Σ w_j v_j (layers − 1, width), nowhere longer than MOST residuals. Raises ValueError."""
        if len(weights) != len(self.names):
            raise ValueError(f"{len(weights)} weights for {len(self.names)} traits")
        total = np.tensordot(np.asarray(weights, np.float32), self.vectors, 1)
        usual = np.linalg.norm(self.vectors, axis=2).max(axis=0)
        length = np.linalg.norm(total, axis=1)
        scale = np.minimum(1.0, MOST * usual / np.maximum(length, 1e-12))
        return np.ascontiguousarray(total * scale[:, None], dtype=np.float32)

    def in_order(self, names: Sequence[str]) -> Directions:
        """Return the directions of these traits; 0 for those that there are none of."""
        known = dict(zip(self.names, self.vectors, strict=True))
        nothing = np.zeros(self.vectors.shape[1:], np.float32)
        return Directions(tuple(names), np.stack([known.get(name, nothing) for name in names]))


def directions(names: Sequence[str], low: ArrayLike, high: ArrayLike) -> Directions:
    """Return the directions from states (J, n, layers, width), after layers 0, 1, …, at the two poles.

    The n states are to the same n prompts. Layers outside FIRST … LAST get none.
    """
    one, other = np.asarray(low, np.float64), np.asarray(high, np.float64)
    depth = one.shape[2] + 1
    usual = np.linalg.norm(np.concatenate([one, other], axis=1), axis=3).mean(axis=(0, 1))  # (layers,)
    difference = (other - one).mean(axis=1)
    length = np.linalg.norm(difference, axis=2, keepdims=True)
    vectors = difference / np.maximum(length, 1e-12) * usual[None, :, None]
    layers = np.arange(one.shape[2])
    steered = (layers >= FIRST * depth) & (layers <= LAST * depth) & (layers > 0)
    vectors[:, ~steered] = 0.0
    # The last layer's states are never read; llama.cpp wants a row for it all the same.
    padded = np.concatenate([vectors[:, 1:], np.zeros_like(vectors[:, :1])], axis=1)
    return Directions(tuple(names), padded.astype(np.float32))


def steering_weights(
    mean: Sequence[float], tastes: Sequence[bool], strength: float = STRENGTH
) -> tuple[float, ...]:
    """Return the factors of the directions for effective weights `mean` (J,): 0 for what is no taste."""
    return tuple(
        strength * float(np.clip(weight, -_MOST_WEIGHT, _MOST_WEIGHT)) if taste else 0.0
        for weight, taste in zip(mean, tastes, strict=True)
    )
