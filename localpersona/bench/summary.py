"""From predictions to curves with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from localpersona.bench.data import Ints
from localpersona.bench.measures import (
    Predictions,
    bootstrap_auc,
    bootstrap_log_loss,
    interval,
    log_losses,
    resamples,
    roc_auc,
)
from localpersona.bench.methods import Entry
from localpersona.bench.results import Curve, Difference, Figure
from localpersona.preferences.arrays import Array

RESAMPLES = 2000


@dataclass(eq=False)
class Collected:
    """What one split gave, or a part of it. People and outcomes are the same for all methods."""

    predictions: dict[tuple[str, int], list[Array]] = field(default_factory=dict)
    """A list by a method's key and a number of answers; one array for each person."""
    people: list[Ints] = field(default_factory=list)
    outcomes: list[Array] = field(default_factory=list)
    shared: int = 0
    """Test choices left out, see `Part`."""

    @classmethod
    def joined(cls, parts: Sequence[Collected]) -> Collected:
        """Return the parts of one split as one."""
        whole = cls()
        for part in parts:
            whole.people += part.people
            whole.outcomes += part.outcomes
            whole.shared += part.shared
            for key, predicted in part.predictions.items():
                whole.predictions.setdefault(key, []).extend(predicted)
        return whole

    def of(self, key: str, count: int, tested: Ints) -> Predictions:
        """Return one method's after a number of answers, with people numbered by their place in `tested`."""
        return Predictions(
            np.searchsorted(tested, np.concatenate(self.people)).astype(np.int64),
            np.concatenate(self.predictions[key, count]),
            np.concatenate(self.outcomes),
        )


@dataclass(frozen=True, eq=False)
class _Measured:
    """A measure in S splits, and in R bootstrap samples of the people."""

    splits: Array
    samples: Array

    def figure(self) -> Figure:
        low, high = interval(self.samples)
        return Figure(
            float(self.splits.mean()), low, high, float(self.splits.min()), float(self.splits.max())
        )

    def minus(self, other: _Measured) -> Difference:
        low, high = interval(self.samples - other.samples)
        return Difference(float(self.splits.mean() - other.splits.mean()), low, high)


def curves(
    splits: Sequence[Collected], entries: Sequence[Entry], answers: Sequence[int], tested: Ints, seed: int
) -> tuple[Curve, ...]:
    """Return each entry's curve, compared with the first one's. `tested`: the people, ascending."""
    weights = resamples(len(tested), RESAMPLES, seed)
    found: list[Curve] = []
    reference: list[tuple[_Measured, _Measured]] = []
    for entry in entries:
        measured = [_measure([s.of(entry.key, count, tested) for s in splits], weights) for count in answers]
        reference = reference or measured
        found.append(_curve(entry, measured, reference))
    return tuple(found)


def _measure(splits: list[Predictions], weights: Array) -> tuple[_Measured, _Measured]:
    """Return ROC-AUC and log-loss."""
    auc = np.array([roc_auc(split.probabilities, split.outcomes) for split in splits])
    loss = np.array([log_losses(split.probabilities, split.outcomes).mean() for split in splits])
    return (
        _Measured(auc, bootstrap_auc(splits, weights)),
        _Measured(loss, bootstrap_log_loss(splits, weights)),
    )


def _curve(
    entry: Entry, measured: list[tuple[_Measured, _Measured]], reference: list[tuple[_Measured, _Measured]]
) -> Curve:
    pairs = list(zip(measured, reference, strict=True))
    return Curve(
        key=entry.key,
        title=entry.title,
        kind=entry.kind,
        actively=entry.actively,
        auc=tuple(auc.figure() for auc, _ in measured),
        log_loss=tuple(loss.figure() for _, loss in measured),
        auc_difference=tuple(mine[0].minus(theirs[0]) for mine, theirs in pairs),
        log_loss_difference=tuple(mine[1].minus(theirs[1]) for mine, theirs in pairs),
    )
