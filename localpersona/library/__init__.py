"""LLM files: which are on this disk (read in place), what they are, whether they fit, and downloading further ones."""

from __future__ import annotations

from localpersona.library.discover import ModelFile, discover
from localpersona.library.embedded import embedded_model
from localpersona.library.gguf_bytes import GgufError
from localpersona.library.gguf_check import check
from localpersona.library.gguf_header import GgufHeader, read_header
from localpersona.library.memory import Fit, available_bytes, fit, needed_bytes

__all__ = [
    "Fit",
    "GgufError",
    "GgufHeader",
    "ModelFile",
    "available_bytes",
    "check",
    "discover",
    "embedded_model",
    "fit",
    "needed_bytes",
    "read_header",
]
