"""Arrays at the border of the learning core: checked when they come in, read-only when they are kept."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Ints = NDArray[np.intp]


def finite(values: ArrayLike, what: str) -> Array:
    """Return values as float64; ValueError, naming `what`, unless all are finite numbers."""
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):  # OverflowError: an integer of 400 digits
        raise ValueError(f"{what} must be numbers") from None
    if not np.isfinite(array).all():
        raise ValueError(f"{what} must be finite numbers")
    return array


def frozen(array: Array) -> Array:
    """Return a read-only copy, so that nobody can change a frozen dataclass through its arrays."""
    copy = np.array(array, dtype=np.float64)
    copy.setflags(write=False)
    return copy
