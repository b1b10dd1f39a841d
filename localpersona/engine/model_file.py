"""The model's file, as the app sees it before the child does."""

from __future__ import annotations

from pathlib import Path

from localpersona.engine.protocol import ModelError, ModelSpec
from localpersona.paths import expanded
from localpersona.text import one_line


def absolute(spec: ModelSpec) -> ModelSpec:
    """Return the spec as the child, which runs in another directory, needs it. Raises ModelError."""
    path = expanded(spec.path).absolute()
    if not path.is_file():
        raise ModelError(f"There is no file {one_line(str(path), 120)}.\nChoose another model.")
    return ModelSpec(str(path), spec.context_length, spec.threads, spec.gpu_layers)


def size_of(path: str) -> int:
    """Return bytes; 0 when that cannot be known."""
    try:
        return Path(path).stat().st_size
    except OSError:
        return 0
