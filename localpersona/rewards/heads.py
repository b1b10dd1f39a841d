"""The heads: K maps from features to J trait scores, each trained on its own resample of the prompts.

Each head has a part that reads (linear in the fine-tuned encoder's vectors) and a part that counts (linear in
surface features and words); a mixer makes one score of both. The heads' mean is the score, their disagreement
the spread (arXiv 2401.16635 shares one encoder likewise).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from localpersona.rewards.features import Features
from localpersona.rewards.lexicon import Lexicon
from localpersona.rewards.mixer import Mixer

Array = NDArray[np.float32]

_WEIGHTS = (
    "embedding_weights",
    "embedding_bias",
    "centre",
    "directions",
    "surface_weights",
    "term_weights",
    "counted_bias",
)

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
class Counting:
    """The part of K heads that counts."""

    lexicon: Lexicon
    surface: Scaling
    surface_weights: Array
    """(SURFACE, K, J)."""
    term_weights: NDArray[np.float16]
    """(V, K, J)."""
    counted_bias: Array
    """(K, J)."""

    def predict(self, features: Features) -> Array:
        """Return (n, K, J)."""
        surface = self.surface(features.surface)
        scores = self.counted_bias + np.tensordot(surface, self.surface_weights, axes=1)
        for row, text in enumerate(features.texts):
            columns, values = self.lexicon.row(text)
            scores[row] += np.tensordot(values, self.term_weights[columns].astype(np.float32), axes=1)
        return np.asarray(scores, dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Heads:
    """K heads over J traits."""

    names: tuple[str, ...]
    embedding_weights: Array
    """(2 · width, K, J)."""
    embedding_bias: Array
    """(K, J)."""
    centre: Array
    """(2 · width,) the mean embedding of the training responses."""
    directions: Array
    """(2 · width, E) their principal components, for `described`."""
    counting: Counting
    whole: Mixer
    """For finished responses."""
    beginning: Mixer
    """For responses that are still being written: what the finished one will probably be."""

    def predict(self, features: Features, finished: bool = True) -> Array:
        """Return (n, K, J), one score a head."""
        read = np.tensordot(features.embeddings, self.embedding_weights, axes=1) + self.embedding_bias
        mixer = self.whole if finished else self.beginning
        return mixer(read, self.counting.predict(features), features.surface)

    def described(self, embeddings: Array) -> Array:
        """Return (n, E): what responses are like beyond their traits, in a few numbers."""
        return np.asarray((embeddings - self.centre) @ self.directions)

    def save(self, path: Path, encoder_hash: str) -> None:
        """Write an .npz without pickles; encoder_hash is the SHA-256 of the encoder that it belongs to."""
        arrays: dict[str, Any] = {"encoder_hash": np.array(encoder_hash), **self._arrays()}
        np.savez_compressed(path, **arrays)

    @classmethod
    def load(cls, path: Path) -> tuple[Heads, str]:
        """Return heads and the hash of their encoder. Raises what a damaged file makes NumPy raise."""
        with np.load(path, allow_pickle=False) as stored:
            data = {name: stored[name] for name in stored.files}
        surface = Scaling(data["surface_mean"], data["surface_deviation"])
        heads = cls(
            names=tuple(str(data["names"]).split("\n")),
            embedding_weights=data["embedding_weights"],
            embedding_bias=data["embedding_bias"],
            centre=data["centre"],
            directions=data["directions"],
            counting=Counting(
                lexicon=Lexicon(tuple(str(data["terms"]).split("\n")), data["rarity"]),
                surface=surface,
                surface_weights=data["surface_weights"],
                term_weights=data["term_weights"],
                counted_bias=data["counted_bias"],
            ),
            whole=Mixer.of(data, "whole", len(surface.mean)),
            beginning=Mixer.of(data, "beginning", len(surface.mean)),
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
        counting = self.counting
        return {
            "names": np.array("\n".join(self.names)),
            "terms": np.array("\n".join(counting.lexicon.terms)),
            "rarity": counting.lexicon.rarity,
            "surface_mean": counting.surface.mean,
            "surface_deviation": counting.surface.deviation,
            **{name: np.ascontiguousarray(array) for name, array in self._weights().items()},
            **self.whole.arrays("whole"),
            **self.beginning.arrays("beginning"),
        }

    def _weights(self) -> dict[str, NDArray[np.generic]]:
        return {name: getattr(self if hasattr(self, name) else self.counting, name) for name in _WEIGHTS}

    def _check(self) -> None:
        """Raise ValueError unless the arrays fit each other."""
        heads, counting = (len(self.embedding_bias), len(self.names)), self.counting
        expected = {
            "embedding_weights": (len(self.embedding_weights), *heads),
            "embedding_bias": heads,
            "centre": (len(self.embedding_weights),),
            "directions": (len(self.embedding_weights), self.directions.shape[-1]),
            "counted_bias": heads,
            "surface_weights": (len(counting.surface.mean), *heads),
            "term_weights": (len(counting.lexicon.terms), *heads),
        }
        found = self._weights()
        wrong = [name for name, shape in expected.items() if found[name].shape != shape]
        mixers = (self.whole, self.beginning)
        wrong += ["mixer"] * any((len(m.mean), len(m.bias)) != (2 * heads[1], heads[1]) for m in mixers)
        wrong += ["rarity"] * (len(counting.lexicon.rarity) != len(counting.lexicon.terms))
        if wrong:
            raise ValueError(f"arrays do not fit each other: {', '.join(wrong)}")
