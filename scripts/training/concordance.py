"""How well scores order answers: the share of pairs with different ratings that they put in the right order.

A tie of scores counts half. Fair to traits that most answers lack, where a rank correlation is not. Pairs are
taken over all answers of a fold; figures are means over folds; intervals resample the prompts of every fold.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.data import Floats, Ints

RESAMPLES = 200


@dataclass(frozen=True, eq=False)
class Concordance:
    """For J traits."""

    traits: Floats
    """(J,)."""
    low: Floats
    """(J,) ends of the 95 % interval over prompts."""
    high: Floats
    mean: float
    mean_low: float
    mean_high: float


def concordance(scores: Floats, ratings: Floats, prompts: Ints, folds: Ints, seed: int) -> Concordance:
    """Return the concordance of scores with ratings, both (n, J), within each fold."""
    parts = [np.flatnonzero(folds == fold) for fold in np.unique(folds)]
    tables = [[_by_prompts(scores[rows, j], ratings[rows, j], prompts[rows]) for j in range(scores.shape[1])]
              for rows in parts]  # fmt: skip
    ones = [np.ones(len(np.unique(prompts[rows]))) for rows in parts]
    value = _mean_over_folds(tables, ones)
    generator = np.random.default_rng(seed)
    drawn = np.stack([_mean_over_folds(tables, _resample(ones, generator)) for _ in range(RESAMPLES)])
    low, high = np.nanpercentile(drawn, [2.5, 97.5], axis=0)
    mean_low, mean_high = np.nanpercentile(np.nanmean(drawn, axis=1), [2.5, 97.5])
    return Concordance(value, low, high, float(np.nanmean(value)), float(mean_low), float(mean_high))


def bad_below_good(quality: Floats, ratings: Floats, prompts: Ints) -> float:
    """Return the share of pairs of answers to one prompt, rated 1–2 and 4–5 for quality, in that order."""
    bad, good = (ratings <= 2.0), (ratings >= 4.0)
    pair = bad[:, None] & good[None, :] & (prompts[:, None] == prompts[None, :])
    return float((quality[:, None] < quality[None, :])[pair].mean())


def _resample(weights: list[Floats], generator: np.random.Generator) -> list[Floats]:
    """Draw as many prompts in each fold as it has, with replacement: how often each was drawn."""
    return [generator.multinomial(len(one), one / len(one)).astype(float) for one in weights]


def _pairs(scores: Floats, ratings: Floats) -> tuple[Floats, Floats]:
    """Return (n, n) credit and whether a pair counts, once for each pair: row rated above column."""
    counts = ratings[:, None] > ratings[None, :]
    order = scores[:, None] - scores[None, :]
    return np.where(counts, (order > 0) + 0.5 * (order == 0), 0.0), counts.astype(float)


def _by_prompts(scores: Floats, ratings: Floats, prompts: Ints) -> tuple[Floats, Floats]:
    """Return credit and pairs summed by prompt of either answer, (P, P), so that resampling is a product."""
    member = (prompts[:, None] == np.unique(prompts)[None, :]).astype(float)
    right, pairs = _pairs(scores, ratings)
    return member.T @ right @ member, member.T @ pairs @ member


def _mean_over_folds(tables: list[list[tuple[Floats, Floats]]], weights: list[Floats]) -> Floats:
    shares = [[_share(right, pairs, weight) for right, pairs in fold]
              for fold, weight in zip(tables, weights, strict=True)]  # fmt: skip
    return np.asarray(np.nanmean(np.array(shares), axis=0))


def _share(right: Floats, pairs: Floats, weight: Floats) -> float:
    total = weight @ pairs @ weight
    return float(weight @ right @ weight / total) if total > 0 else float("nan")
