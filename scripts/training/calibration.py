"""Whether predicted probabilities are as often right as they say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.data import Floats

BINS = 10


@dataclass(frozen=True)
class Bin:
    """Cases whose predicted probability lies in one of BINS equal intervals."""

    low: float
    high: float
    cases: int
    predicted: float
    """Mean of the predicted probabilities."""
    found: float
    """Share of the cases with truth 1."""


def reliability(predicted: Floats, truth: Floats) -> list[Bin]:
    """Return the intervals that hold any of the (n,) cases."""
    numbers = np.clip((predicted * BINS).astype(int), 0, BINS - 1)
    bins = []
    for number in np.unique(numbers):
        mine = numbers == number
        edges = number / BINS, (number + 1) / BINS
        bins.append(Bin(*edges, int(mine.sum()), float(predicted[mine].mean()), float(truth[mine].mean())))
    return bins


def calibration_error(predicted: Floats, truth: Floats) -> float:
    """Return the expected calibration error: over the bins, weighted by cases (Naeini et al., AAAI 2015)."""
    bins = reliability(predicted, truth)
    return float(sum(part.cases * abs(part.predicted - part.found) for part in bins) / len(truth))
