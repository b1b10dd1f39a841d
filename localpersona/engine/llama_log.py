"""What llama.cpp says, into the child's own log. The last error is kept: it explains why a load failed."""

from __future__ import annotations

import logging
import re
from typing import Any

from llama_cpp import llama_cpp as L

# As in ggml.h (the binding numbers them otherwise); the rest is debugging or continues a line.
_LEVELS = {2: logging.INFO, 3: logging.WARNING, 4: logging.ERROR}
_ORIGIN = re.compile(r"^(?:[\w~]+(?:<[^>]*>)?: |error loading model(?: \w+)?: )+")
"""Names of functions, and words that say nothing more than that it failed."""
_logger = logging.getLogger("llama.cpp")
_OFFLOADED = re.compile(r"offloaded (\d+)/\d+ layers to GPU")
_errors: list[str] = []
_layers: list[int] = []


def _hear(level: int, text: bytes, _data: object) -> None:
    line = text.decode("utf-8", "replace").strip()
    if level in _LEVELS and line:
        _logger.log(_LEVELS[level], "%s", line)
    if found := _OFFLOADED.search(line):
        _layers[:] = [int(found[1])]
    if level == 4 and line:
        _errors[:] = [*_errors[-9:], line]


_callback: Any = L.llama_log_callback(
    _hear
)  # llama.cpp keeps the pointer, so it must live as long as the process


def listen() -> None:
    """Send llama.cpp's messages to `logging`; the binding would print them, or blank the process's stdout."""
    _errors.clear()
    _layers.clear()
    L.llama_log_set(_callback, None)


def first_error() -> str:
    """Return the first of the errors since `listen`, without what only programmers read; "" without any."""
    return _ORIGIN.sub("", _errors[0]) if _errors else ""


def offloaded(otherwise: int) -> int:
    """Return how many layers llama.cpp said last that it has put on a GPU; `otherwise` when it said nothing."""
    return _layers[-1] if _layers else otherwise
