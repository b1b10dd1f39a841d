"""The opposite of somebody's taste, to show what a profile does to an answer."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace

import numpy as np

from localpersona.preferences.arrays import frozen
from localpersona.preferences.weights import Weights


def mirrored(weights: Weights, tastes: Container[str]) -> Weights:
    """Return the weights of somebody who likes the reverse in every trait of `tastes`, known as surely.

    Other traits (quality) stay: the opposite of a person is not somebody who likes bad answers. The comparisons
    and the prior are mirrored, too, so that what may be claimed of the one may be claimed of the other.
    """
    signs = np.array([-1.0 if name in tastes else 1.0 for name in weights.names])
    return replace(
        weights,
        mean=frozen(weights.mean * signs),
        covariance=frozen(weights.covariance * np.outer(signs, signs)),
        differences=frozen(weights.differences * signs),
        base=None if weights.base is None else mirrored(weights.base, tastes),
        kinds=None,
        _start=None,
    )
