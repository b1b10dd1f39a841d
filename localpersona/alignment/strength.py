"""How strongly a profile steers the answers: between what most people like and what this user likes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from localpersona.preferences import Weights

Array = NDArray[np.float64]

STRENGTHS: Mapping[str, float] = {"off": 0.0, "light": 1 / 3, "medium": 2 / 3, "full": 1.0}
"""The setting's words. "off" means the plain model: one candidate, neither scored nor instructed."""


def effective(weights: Weights, prior: Weights, strength: float) -> tuple[Array, Array]:
    """Return mean (J,) and covariance (J, J) of prior mean + strength · (w − prior mean), w being the user's.

    0 is the population's taste, known for certain; 1 the user's with all its uncertainty. The average likes
    of many people stay in at every strength, because they carry what everybody wants. Raises ValueError when
    the two are about different traits or strength is outside [0, 1].
    """
    prior.require_same_traits(weights)
    if not 0.0 <= strength <= 1.0:
        raise ValueError(f"strength must be between 0 and 1, not {strength}")
    return prior.mean + strength * (weights.mean - prior.mean), strength**2 * weights.covariance
