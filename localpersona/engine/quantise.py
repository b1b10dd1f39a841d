"""A copy of a model with its weights in another format, by llama.cpp. Runs in a child of its own for minutes."""

from __future__ import annotations

import ctypes
import logging
import os
import re
from collections.abc import Callable
from pathlib import Path

from llama_cpp import llama_cpp as L

from localpersona.engine import llama_log
from localpersona.engine.model_file import checked, short_name
from localpersona.engine.protocol import ModelError
from localpersona.text import one_line

_FORMATS = {
    "Q8_0": L.LLAMA_FTYPE_MOSTLY_Q8_0,
    "Q4_0": L.LLAMA_FTYPE_MOSTLY_Q4_0,
    "IQ4_NL": L.LLAMA_FTYPE_MOSTLY_IQ4_NL,
}
_TENSOR = re.compile(r"\[\s*(\d+)/\s*(\d+)\]")


class _Progress(logging.Handler):
    """Hears which tensor llama.cpp is at: it says so in its log, and nowhere else."""

    def __init__(self, tell: Callable[[float], None]) -> None:
        super().__init__()
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        found = _TENSOR.search(record.getMessage())
        if found and int(found[2]):
            self._tell(min(int(found[1]) / int(found[2]), 1.0))


def quantise(source: str, target: str, kind: str, tell: Callable[[float], None]) -> None:
    """Write `target`. tell: hears how much is done, 0 … 1. Raises ModelError."""
    checked(source)
    parameters = L.llama_model_quantize_default_params()
    parameters.ftype = _FORMATS[kind]
    parameters.allow_requantize = True
    llama_log.listen()
    L.llama_backend_init()
    logger, progress = logging.getLogger("llama.cpp"), _Progress(tell)
    logger.addHandler(progress)
    try:
        failed = L.llama_model_quantize(os.fsencode(source), os.fsencode(target), ctypes.byref(parameters))
    finally:
        logger.removeHandler(progress)
    if failed or not Path(target).is_file():
        reason = one_line(llama_log.first_error(), 160) or "llama.cpp does not say why"
        raise ModelError(f"{short_name(source)} cannot be copied as {kind}: {reason}.\nIt stays as it is.")
