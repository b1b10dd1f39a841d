"""What llama.cpp says, into the child's own log. The last error is kept: it explains why a load failed."""

from __future__ import annotations

import logging
from typing import Any

from llama_cpp import llama_cpp as L

# As in ggml.h (the binding numbers them otherwise); the rest is debugging or continues a line.
_LEVELS = {2: logging.INFO, 3: logging.WARNING, 4: logging.ERROR}
_logger = logging.getLogger("llama.cpp")
_errors: list[str] = []


def _hear(level: int, text: bytes, _data: object) -> None:
    line = text.decode("utf-8", "replace").strip()
    if level in _LEVELS and line:
        _logger.log(_LEVELS[level], "%s", line)
    if level == 4 and line:
        _errors[:] = [*_errors[-9:], line]


_callback: Any = L.llama_log_callback(
    _hear
)  # llama.cpp keeps the pointer, so it must live as long as the process


def listen() -> None:
    """Send llama.cpp's messages to `logging`; the binding would print them, or blank the process's stdout."""
    _errors.clear()
    L.llama_log_set(_callback, None)


def first_error() -> str:
    """Return the first of the errors since `listen`, without the function that reports it; "" without any."""
    if not _errors:
        return ""
    head, separator, rest = _errors[0].partition(": ")
    error = rest if separator and " " not in head else _errors[0]
    return error.removeprefix("error loading model: ")
