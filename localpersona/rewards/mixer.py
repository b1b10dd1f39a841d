"""From what was read and what was counted to the final scores: a small network, and for quality a forest.

Traits depend on each other: whether a playful or a one-line answer is a good one is no sum of the two. The
network's hidden layer knows such dependencies of style; quality, which depends on most, has trees of its own
that also see the features of the surface.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from localpersona.rewards.forest import Forest
from localpersona.rewards.traits import TRAITS

Array = NDArray[np.float32]

QUALITY = [trait.name for trait in TRAITS].index("quality")
FIELDS = ("mean", "deviation", "inward", "inward_bias", "outward", "across", "bias")


@dataclass(frozen=True, eq=False)
class Mixer:
    """2J inputs, standardised; H hidden units; J outputs, with a linear path beside the hidden one.

    The output for quality is the forest's, which sees the 2J inputs as they are, then the surface.
    """

    mean: Array
    """(2J,) of the inputs, the scores read before the scores counted."""
    deviation: Array
    """(2J,)."""
    inward: Array
    """(2J, H)."""
    inward_bias: Array
    """(H,)."""
    outward: Array
    """(H, J)."""
    across: Array
    """(2J, J), the linear path."""
    bias: Array
    """(J,)."""
    quality: Forest
    """Of 2J + SURFACE inputs."""

    def __call__(self, read: Array, counted: Array, surface: Array) -> Array:
        """Return (n, K, J) final scores for (n, K, J) scores read and counted and (n, SURFACE) features."""
        seen = np.concatenate([read, counted], axis=2)
        inputs = (seen - self.mean) / self.deviation
        hidden = np.tanh(inputs @ self.inward + self.inward_bias)
        scores = np.asarray(hidden @ self.outward + inputs @ self.across + self.bias, dtype=np.float32)
        shown = np.repeat(surface[:, None, :], seen.shape[1], axis=1)
        rows = np.concatenate([seen, shown], axis=2).reshape(-1, seen.shape[2] + shown.shape[2])
        scores[:, :, QUALITY] = self.quality(rows.astype(np.float32)).reshape(seen.shape[:2])
        return scores

    def standardised(self, mean: Array, deviation: Array) -> Mixer:
        """Return a mixer whose scores are (score − mean) / deviation, both (J,)."""
        return replace(
            self,
            outward=self.outward / deviation,
            across=self.across / deviation,
            bias=(self.bias - mean) / deviation,
            quality=self.quality.standardised(float(mean[QUALITY]), float(deviation[QUALITY])),
        )

    def arrays(self, prefix: str) -> dict[str, NDArray[np.generic]]:
        own = {f"{prefix}_{name}": np.ascontiguousarray(getattr(self, name)) for name in FIELDS}
        return own | self.quality.arrays(f"{prefix}_quality")

    @classmethod
    def of(cls, data: dict[str, Any], prefix: str, surface: int) -> Mixer:
        """Return what `arrays` described, for so many features of the surface.

        Raises KeyError for what is missing, ValueError for wrong shapes.
        """
        own = {name: data[f"{prefix}_{name}"] for name in FIELDS}
        mixer = cls(**own, quality=Forest.of(data, f"{prefix}_quality", len(own["mean"]) + surface))
        inputs, hidden, outputs = len(mixer.mean), len(mixer.inward_bias), len(mixer.bias)
        shapes = (inputs,), (inputs,), (inputs, hidden), (hidden,), (hidden, outputs), (inputs, outputs)
        if any(getattr(mixer, name).shape != shape for name, shape in zip(FIELDS[:-1], shapes, strict=True)):
            raise ValueError(f"arrays do not fit each other: {prefix}")
        return mixer
