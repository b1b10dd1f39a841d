"""What the comparison needs to know of a run time, and what a loaded one can do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

TO_CONVERT = ("gguf", "safetensors")
"""The modules that prepare.py needs for any of the others."""


@dataclass(frozen=True)
class Places:
    """Where models are."""

    shipped: Path
    """The reward model's folder: encoder.gguf, heads.npz, prior.json."""
    made: Path
    """What prepare.py made of that encoder for the others."""


class Reader(Protocol):
    """One run time, loaded."""

    def embed(self, prompt: str, answers: Sequence[str]) -> Array:
        """Return a row for each answer."""

    def score(self, prompt: str, answers: Sequence[str]) -> Array:
        """Return the traits (n, J)."""


@dataclass(frozen=True)
class Runtime:
    """One way to run the encoder."""

    name: str
    modules: tuple[str, ...]
    """What must be importable to measure it, conversion included."""
    packages: tuple[str, ...]
    """The distributions that an app would have to install to run it, without those that these bring."""
    simplicity: str
    load: Callable[[Places, int], Reader]
    """From the places of models and a number of threads."""
    files: Callable[[Places], Sequence[Path]]
    """What would ship, heads left out."""
    tasks: tuple[str, ...] = ("embed", "score")
    """The reader's methods that are timed in every round."""

    def missing(self) -> list[str]:
        """Return the modules that are not installed."""
        return [module for module in self.modules if find_spec(module) is None]
