"""How well probabilities predict choices, and how sure that is with the people there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from localpersona.bench.data import Ints
from localpersona.preferences.arrays import Array

BINS = 1000
"""Quantiles of the predictions that the bootstrap tells apart: errs by about 1e-6, and is as fast for
thousands of people as for dozens."""
DECIMALS = 12
"""Of probabilities when they are compared: what differs by rounding is a tie."""
SMALLEST = 1e-9
"""Probability that the log-loss charges for an outcome called impossible."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """n predicted choices without ties, by one method after one number of answers, in one split."""

    people: Ints
    """(n,) 0 … P − 1, the same numbers in all splits."""
    probabilities: Array
    """(n,) that the first response is preferred."""
    outcomes: Array
    """(n,) 1 or 0."""


def roc_auc(probabilities: Array, outcomes: Array) -> float:
    """Return the chance that a case with outcome 1 is predicted above one with outcome 0; ties count half.

    Raises ValueError unless both outcomes occur.
    """
    rounded = np.round(probabilities, DECIMALS)
    high, low = rounded[outcomes == 1.0], np.sort(rounded[outcomes == 0.0])
    if not len(high) or not len(low):
        raise ValueError("an ROC-AUC needs cases of both outcomes")
    above = np.searchsorted(low, high, "left").sum() + np.searchsorted(low, high, "right").sum()
    return float(above / (2.0 * len(high) * len(low)))


def log_losses(probabilities: Array, outcomes: Array) -> Array:
    """Return (n,) −log of the probability given to what happened; an outcome of 0.5 is half of each."""
    first = np.log(np.maximum(probabilities, SMALLEST))
    second = np.log(np.maximum(1.0 - probabilities, SMALLEST))
    return np.asarray(-(outcomes * first + (1.0 - outcomes) * second))


def resamples(people: int, count: int, seed: int) -> Array:
    """Return (count, people) how often each person occurs in each bootstrap sample of the people."""
    generator = np.random.default_rng(seed)
    return generator.multinomial(people, np.full(people, 1.0 / people), size=count).astype(float)


def bootstrap_auc(splits: Sequence[Predictions], weights: Array) -> Array:
    """Return (R,) the ROC-AUC in each of R samples of people, `weights` (R, P); the mean over the splits.

    Pooled like `roc_auc`: a case of one person is compared with those of all the others, too. NaN for a sample
    without both outcomes.
    """
    return np.asarray(np.mean([_weighted_auc(split, weights) for split in splits], axis=0))


def bootstrap_log_loss(splits: Sequence[Predictions], weights: Array) -> Array:
    """Return (R,) the mean log-loss in each of R samples of people, `weights` (R, P), over the splits."""
    size = weights.shape[1]
    means = []
    for split in splits:
        losses = np.bincount(split.people, log_losses(split.probabilities, split.outcomes), size)
        counts = np.bincount(split.people, minlength=size)
        means.append((weights @ losses) / (weights @ counts))
    return np.asarray(np.mean(means, axis=0))


def interval(samples: Array) -> tuple[float, float]:
    """Return the bootstrap's 95 % percentile interval; NaN (a sample without both outcomes) is left out."""
    low, high = np.nanquantile(samples, [0.025, 0.975])
    return float(low), float(high)


def _weighted_auc(split: Predictions, weights: Array) -> Array:
    """AUC = Σ over bins of positives · (negatives in lower bins + half of those in the same) / all pairs."""
    rounded = np.round(split.probabilities, DECIMALS)
    edges = np.unique(np.quantile(rounded, np.linspace(0.0, 1.0, BINS + 1)[1:-1], method="lower"))
    bins = np.searchsorted(edges, rounded, "left")
    positives, negatives = (
        weights @ _histogram(split.people, bins, split.outcomes == outcome, weights.shape[1], len(edges) + 1)
        for outcome in (1.0, 0.0)
    )
    below = np.cumsum(negatives, axis=1) - 0.5 * negatives
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((positives * below).sum(axis=1) / (positives.sum(axis=1) * negatives.sum(axis=1)))


def _histogram(people: Ints, bins: Ints, chosen: NDArray[np.bool_], rows: int, columns: int) -> Array:
    """Return (rows, columns): how many chosen cases of each person are in each bin."""
    flat = people[chosen] * columns + bins[chosen]
    return np.bincount(flat, minlength=rows * columns).reshape(rows, columns).astype(float)
