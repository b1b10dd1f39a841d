"""Scores of every answer by models that never saw its prompt: what everything after the network is learned from.

"Read" is what the group's network says, "counted" what the ridge over words and surface says that was fitted to
the other groups, and the mixers are fitted to the unseen scores of the other groups in turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from localpersona.rewards.features import Features, extract
from localpersona.rewards.mixer import Mixer
from training.data import Answers, Floats, Ints
from training.finetune import PREFIXES
from training.fit import fit_counting
from training.mixing import fit_mixer

Array = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Parts:
    """What the mixers see of n answers, by how much of the answers was shown: 1.0, then PREFIXES."""

    read: dict[float, Array]
    """(n, K, J)."""
    counted: dict[float, Array]
    """(n, K, J)."""
    surface: dict[float, Array]
    """(n, SURFACE)."""

    def mean(self, share: float) -> tuple[Floats, Floats]:
        """Return the scores of both kinds as means over heads, (n, J)."""
        return self.read[share].mean(axis=1).astype(float), self.counted[share].mean(axis=1).astype(float)

    def mixed(self, mixer: Mixer, share: float, rows: Ints) -> Array:
        return mixer(self.read[share][rows], self.counted[share][rows], self.surface[share][rows])


@dataclass(frozen=True, eq=False)
class Mixers:
    whole: Mixer
    beginning: Mixer


def unseen_parts(answers: Answers, groups: Ints, results: Sequence[Path], seed: int) -> Parts:
    """Return what the networks of the groups (files in `results`, one a group) and the counting say."""
    parts = [_read(path) for path in results]
    heads = parts[0][1.0].shape[1:]
    features = {share: _features(answers, share) for share in (1.0, *PREFIXES)}
    read = {share: np.zeros((len(groups), *heads), dtype=np.float32) for share in features}
    counted = {share: np.zeros((len(groups), *heads), dtype=np.float32) for share in features}
    for group, found in enumerate(parts):
        inside, outside = np.flatnonzero(groups == group), np.flatnonzero(groups != group)
        print(f"\r  counting: group {group + 1} of {len(parts)}", end="", flush=True)
        counting = fit_counting(
            features[1.0].at(outside), answers.ratings[outside], answers.prompts[outside], seed
        )
        for share in features:
            read[share][inside] = found[share]
            counted[share][inside] = counting.predict(features[share].at(inside))
    print()
    return Parts(read, counted, {share: shown.surface for share, shown in features.items()})


def fit_mixers(parts: Parts, answers: Answers, rows: Ints, seed: int) -> Mixers:
    """Fit both mixers to unseen scores of the given rows."""
    read, counted = parts.mean(1.0)
    ratings, written = answers.ratings[rows], answers.written[rows]
    whole = fit_mixer(read[rows], counted[rows], parts.surface[1.0][rows], ratings, written, seed)
    some = [parts.mean(share) for share in PREFIXES]
    beginning = fit_mixer(
        np.concatenate([read[rows] for read, _ in some]),
        np.concatenate([counted[rows] for _, counted in some]),
        np.concatenate([parts.surface[share][rows] for share in PREFIXES]),
        np.concatenate([ratings] * len(some)),
        np.concatenate([written] * len(some)),
        seed,
    )
    return Mixers(whole, beginning)


def unseen_scores(parts: Parts, answers: Answers, groups: Ints, seed: int) -> dict[float, Array]:
    """Return (n, K, J) by share: each group's, mixed by mixers fitted to the other groups."""
    shape = parts.read[1.0].shape
    scores = {share: np.zeros(shape, dtype=np.float32) for share in parts.read}
    for group in np.unique(groups):
        print(f"\r  mixing: group {group + 1} of {groups.max() + 1}", end="", flush=True)
        inside = np.flatnonzero(groups == group)
        mixers = fit_mixers(parts, answers, np.flatnonzero(groups != group), seed)
        for share in scores:
            mixer = mixers.whole if share == 1.0 else mixers.beginning
            scores[share][inside] = parts.mixed(mixer, share, inside)
    print()
    return scores


def _read(path: Path) -> dict[float, Array]:
    with np.load(path) as stored:
        weights, bias = stored["head weights"], stored["head bias"]
        names = {1.0: "whole", **{share: f"first {share:.0%}" for share in PREFIXES}}
        return {
            share: np.tensordot(stored[f"embeddings {name}"], weights, axes=1) + bias
            for share, name in names.items()
        }


def _features(answers: Answers, share: float) -> Features:
    """Return what can be counted in the first share of each answer's text."""
    texts = [row["text"][: max(8, round(share * len(row["text"])))] for row in answers.rows]
    prompts = [row["prompt"] for row in answers.rows]
    return extract(prompts, texts, np.zeros((len(texts), 0), dtype=np.float32))
