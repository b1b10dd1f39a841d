"""The shipped heads behind any encoder, without importing llama.cpp for those that do without it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from localpersona.rewards.features import extract
from localpersona.rewards.heads import Heads
from runtimes.runtime import Array


class PairEncoder(Protocol):
    """As localpersona.rewards.encoder.Encoder."""

    def embed(self, pairs: Sequence[tuple[str, str]]) -> Array:
        """Return (n, 2 · width) for n pairs of prompt and response."""


class Scorer:
    """An encoder with heads."""

    def __init__(self, encoder: PairEncoder, shipped: Path) -> None:
        self._encoder = encoder
        self._heads, _ = Heads.load(shipped / "heads.npz")

    def embed(self, prompt: str, answers: Sequence[str]) -> Array:
        return self._encoder.embed([(prompt, answer) for answer in answers])

    def score(self, prompt: str, answers: Sequence[str]) -> Array:
        features = extract([prompt] * len(answers), answers, self.embed(prompt, answers))
        return np.asarray(self._heads.predict(features).mean(axis=1))
