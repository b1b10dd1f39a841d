"""The heads: K linear maps from features to J trait scores, each trained on its own resample of the prompts.

Their mean is the score, their disagreement the spread (arXiv 2401.16635 shares one encoder likewise). All
arrays are already in units of the final score, so using them is three products and a sum.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from localpersona.rewards.features import Features
from localpersona.rewards.lexicon import Lexicon

Array = NDArray[np.float32]

_WEIGHTS = ("embedding_weights", "surface_weights", "term_weights", "bias")

CLIP = 4.0
"""Standard deviations: a feature further out says no more than one at the edge."""


@dataclass(frozen=True, eq=False)
class Scaling:
    """Standardises d features with the training responses' mean and standard deviation, each (d,)."""

    mean: Array
    deviation: Array

    @classmethod
    def of(cls, rows: Array) -> Scaling:
        return cls(rows.mean(axis=0), rows.std(axis=0) + np.float32(1e-6))

    def __call__(self, rows: Array) -> Array:
        return np.asarray(np.clip((rows - self.mean) / self.deviation, -CLIP, CLIP))


@dataclass(frozen=True, eq=False)
class Heads:
    """K heads over J traits."""

    names: tuple[str, ...]
    lexicon: Lexicon
    embedding: Scaling
    surface: Scaling
    embedding_weights: Array
    """(width, K, J)."""
    surface_weights: Array
    """(SURFACE, K, J)."""
    term_weights: NDArray[np.float16]
    """(V, K, J)."""
    bias: Array
    """(K, J)."""

    def predict(self, features: Features) -> Array:
        """Return (n, K, J), one score a head."""
        scores = self.bias + np.tensordot(self.embedding(features.embeddings), self.embedding_weights, axes=1)
        scores += np.tensordot(self.surface(features.surface), self.surface_weights, axes=1)
        for row, text in enumerate(features.texts):
            columns, values = self.lexicon.row(text)
            scores[row] += np.tensordot(values, self.term_weights[columns].astype(np.float32), axes=1)
        return np.asarray(scores, dtype=np.float32)

    def standardised(self, mean: Array, deviation: Array) -> Heads:
        """Return heads whose scores are (score − mean) / deviation, both (J,)."""
        return replace(
            self,
            embedding_weights=self.embedding_weights / deviation,
            surface_weights=self.surface_weights / deviation,
            term_weights=(self.term_weights.astype(np.float32) / deviation).astype(np.float16),
            bias=(self.bias - mean) / deviation,
        )

    def save(self, path: Path, encoder_hash: str) -> None:
        """Write an .npz without pickles; encoder_hash is the SHA-256 of the encoder that it belongs to."""
        arrays: dict[str, Any] = {"encoder_hash": np.array(encoder_hash), **self._arrays()}
        np.savez_compressed(path, **arrays)

    @classmethod
    def load(cls, path: Path) -> tuple[Heads, str]:
        """Return heads and the hash of their encoder. Raises what a damaged file makes NumPy raise."""
        with np.load(path, allow_pickle=False) as stored:
            data = {name: stored[name] for name in stored.files}
        heads = cls(
            names=tuple(str(data["names"]).split("\n")),
            lexicon=Lexicon(tuple(str(data["terms"]).split("\n")), data["rarity"]),
            embedding=Scaling(data["embedding_mean"], data["embedding_deviation"]),
            surface=Scaling(data["surface_mean"], data["surface_deviation"]),
            **{name: data[name] for name in _WEIGHTS},
        )
        heads._check()
        return heads, str(data["encoder_hash"])

    def version(self, encoder_hash: str) -> str:
        """Return 12 hexadecimal digits that change with the encoder, the traits or any number in here."""
        digest = hashlib.sha256(encoder_hash.encode())
        for name, array in sorted(self._arrays().items()):
            digest.update(name.encode())
            digest.update(str(array).encode() if array.dtype.kind == "U" else array.tobytes())
        return digest.hexdigest()[:12]

    def _arrays(self) -> dict[str, NDArray[np.generic]]:
        return {
            "names": np.array("\n".join(self.names)),
            "terms": np.array("\n".join(self.lexicon.terms)),
            "rarity": self.lexicon.rarity,
            "embedding_mean": self.embedding.mean,
            "embedding_deviation": self.embedding.deviation,
            "surface_mean": self.surface.mean,
            "surface_deviation": self.surface.deviation,
            **{name: np.ascontiguousarray(getattr(self, name)) for name in _WEIGHTS},
        }

    def _check(self) -> None:
        """Raise ValueError unless the arrays fit each other."""
        heads = (len(self.bias), len(self.names))
        expected = {
            "bias": heads,
            "embedding_weights": (len(self.embedding.mean), *heads),
            "surface_weights": (len(self.surface.mean), *heads),
            "term_weights": (len(self.lexicon.terms), *heads),
        }
        wrong = [name for name, shape in expected.items() if getattr(self, name).shape != shape]
        if wrong or len(self.lexicon.rarity) != len(self.lexicon.terms):
            raise ValueError(f"arrays do not fit each other: {', '.join(wrong) or 'rarity'}")
