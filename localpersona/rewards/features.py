"""What the heads see of a response: its embedding, its surface, how it relates to the prompt, its words."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from localpersona.rewards.surface import FEATURES, surface_features

Array = NDArray[np.float32]

RELATION = ("similarity", "prompt words answered", "answer words asked", "shared words")
SURFACE = len(FEATURES) + len(RELATION)

_LONG_WORD = re.compile(r"[^\W\d_]{4,}")
_STEM = 6  # "rinse" and "rinsing" should meet; exact stemming is not worth a dependency


@dataclass(frozen=True, eq=False)
class Features:
    """n responses, each to its own prompt."""

    texts: tuple[str, ...]
    embeddings: Array
    """(n, width), each of length 1."""
    surface: Array
    """(n, SURFACE): `surface.FEATURES`, then `RELATION`."""

    def at(self, rows: NDArray[np.int64]) -> Features:
        """Return the features of some rows."""
        return Features(tuple(self.texts[row] for row in rows), self.embeddings[rows], self.surface[rows])


def extract(
    prompts: Sequence[str], texts: Sequence[str], prompt_embeddings: Array, embeddings: Array
) -> Features:
    """Return the features of texts (n), given both embeddings (n, width) from the encoder."""
    similarity = (prompt_embeddings * embeddings).sum(axis=1, keepdims=True)
    overlap = [_overlap(prompt, text) for prompt, text in zip(prompts, texts, strict=True)]
    shared = np.array(overlap, dtype=np.float32).reshape(len(texts), len(RELATION) - 1)
    surface = np.concatenate([surface_features(texts), similarity, shared], axis=1)
    return Features(tuple(texts), embeddings, np.asarray(surface, dtype=np.float32))


def _overlap(prompt: str, text: str) -> tuple[float, float, float]:
    """An answer that shares no word with its question is seldom one."""
    asked, answered = (({w[:_STEM] for w in _LONG_WORD.findall(part.lower())}) for part in (prompt, text))
    shared = len(asked & answered)
    return shared / max(len(asked), 1), shared / max(len(answered), 1), math.log1p(shared)
