"""What the heads see of a response: what the encoder read, its surface, its words, those of the prompt in it."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from localpersona.rewards.surface import FEATURES, surface_features

Array = NDArray[np.float32]

RELATION = ("prompt words answered", "answer words asked", "shared words")
SURFACE = len(FEATURES) + len(RELATION)

_LONG_WORD = re.compile(r"[^\W\d_]{4,}")
_STEM = 6  # "rinse" and "rinsing" should meet; exact stemming is not worth a dependency


@dataclass(frozen=True, eq=False)
class Features:
    """n responses, each to its own prompt."""

    texts: tuple[str, ...]
    embeddings: Array
    """(n, 2 · width): the encoder's means over the response and over the prompt."""
    surface: Array
    """(n, SURFACE): `surface.FEATURES`, then `RELATION`."""

    def at(self, rows: NDArray[np.int64]) -> Features:
        """Return the features of some rows."""
        return Features(tuple(self.texts[row] for row in rows), self.embeddings[rows], self.surface[rows])


def extract(prompts: Sequence[str], texts: Sequence[str], embeddings: Array) -> Features:
    """Return the features of texts (n), given their embeddings (n, 2 · width) from the encoder."""
    overlap = [_overlap(prompt, text) for prompt, text in zip(prompts, texts, strict=True)]
    shared = np.array(overlap, dtype=np.float32).reshape(len(texts), len(RELATION))
    surface = np.concatenate([surface_features(texts), shared], axis=1)
    return Features(tuple(texts), embeddings, np.asarray(surface, dtype=np.float32))


def _overlap(prompt: str, text: str) -> tuple[float, float, float]:
    """An answer that shares no word with its question is seldom one."""
    asked, answered = (({w[:_STEM] for w in _LONG_WORD.findall(part.lower())}) for part in (prompt, text))
    shared = len(asked & answered)
    return shared / max(len(asked), 1), shared / max(len(answered), 1), math.log1p(shared)
