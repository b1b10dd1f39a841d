"""From what was read and what was counted to the final scores: a small network with one hidden layer.

Traits depend on each other: whether a playful or a one-line answer is a good one is no sum of the two. This
layer is where such dependencies live; it raised the order of quality most (see the card).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

FIELDS = ("mean", "deviation", "inward", "inward_bias", "outward", "across", "bias")


@dataclass(frozen=True, eq=False)
class Mixer:
    """2J inputs, standardised; H hidden units; J outputs, with a linear path beside the hidden one."""

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

    def __call__(self, read: Array, counted: Array) -> Array:
        """Return (…, J) final scores for (…, J) scores read by the encoder and (…, J) counted."""
        inputs = (np.concatenate([read, counted], axis=-1) - self.mean) / self.deviation
        hidden = np.tanh(inputs @ self.inward + self.inward_bias)
        return np.asarray(hidden @ self.outward + inputs @ self.across + self.bias, dtype=np.float32)

    def standardised(self, mean: Array, deviation: Array) -> Mixer:
        """Return a mixer whose scores are (score − mean) / deviation, both (J,)."""
        return replace(
            self,
            outward=self.outward / deviation,
            across=self.across / deviation,
            bias=(self.bias - mean) / deviation,
        )

    def arrays(self, prefix: str) -> dict[str, NDArray[np.generic]]:
        return {f"{prefix}_{name}": np.ascontiguousarray(getattr(self, name)) for name in FIELDS}

    @classmethod
    def of(cls, data: dict[str, Any], prefix: str) -> Mixer:
        """Return what `arrays` described. Raises KeyError for what is missing, ValueError for wrong shapes."""
        mixer = cls(**{name: data[f"{prefix}_{name}"] for name in FIELDS})
        inputs, hidden, outputs = len(mixer.mean), len(mixer.inward_bias), len(mixer.bias)
        shapes = (inputs,), (inputs,), (inputs, hidden), (hidden,), (hidden, outputs), (inputs, outputs)
        if any(getattr(mixer, name).shape != shape for name, shape in zip(FIELDS[:-1], shapes, strict=True)):
            raise ValueError(f"arrays do not fit each other: {prefix}")
        return mixer
