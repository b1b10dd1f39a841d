"""LoRA adapters (GGUF files given by the user), loaded once for a model and mixed by scales.

Merging by weights after the fact, in the spirit of Personalized Soups (arXiv 2310.11564); here the sum is taken
of what the adapters add, while decoding, so that a change of weights costs no merging.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from llama_cpp import llama_cpp as L

from localpersona.engine import llama_log
from localpersona.engine.protocol import Adapter, ModelError
from localpersona.library.gguf_bytes import GgufError
from localpersona.library.gguf_contents import read_contents
from localpersona.text import one_line

Mix = tuple[tuple[str, float], ...]
"""Keys of loaded adapters with their scales, none of which is 0."""


class Adapters:
    """The adapters loaded for one model (a llama_model pointer, which must outlive them)."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._loaded: dict[str, Any] = {}

    def load(self, wanted: Sequence[Adapter]) -> Mix:
        """Load what is not loaded yet and return the mix; of scale 0, nothing is. Raises ModelError."""
        return tuple((self._key(adapter.path), adapter.scale) for adapter in wanted if adapter.scale)

    def apply(self, context: Any, mix: Mix) -> None:
        """Let a context add this mix, and no other, from now on."""
        pointers = (L.llama_adapter_lora_p_ctypes * len(mix))(*(self._loaded[key] for key, _ in mix))
        scales = (ctypes.c_float * len(mix))(*(scale for _, scale in mix))
        if L.llama_set_adapters_lora(context, pointers if mix else None, len(mix), scales if mix else None):
            raise ModelError("llama.cpp refused the adapters.\nTake them out of the settings.")

    def close(self) -> None:
        """Free them. No context may use them any more."""
        for pointer in self._loaded.values():
            L.llama_adapter_lora_free(pointer)
        self._loaded.clear()

    def _key(self, path: str) -> str:
        """Return the file's key, once it is loaded. A file that has changed since is another one."""
        try:
            status = Path(path).stat()
        except OSError:
            raise ModelError(_refusal(path, "there is no such file")) from None
        key = f"{path}:{status.st_mtime_ns}:{status.st_size}"
        if key not in self._loaded:
            self._loaded[key] = self._load(path)
        return key

    def _load(self, path: str) -> Any:
        _check(path)
        llama_log.listen()
        pointer = L.llama_adapter_lora_init(self._model, os.fsencode(path))
        if not pointer:  # a null pointer object, which is not None
            reason = one_line(llama_log.first_error(), 160) or "it does not fit this model"
            raise ModelError(_refusal(path, reason))
        return pointer


def _check(path: str) -> None:
    """Refuse what is no adapter at all before llama.cpp sees it. Raises ModelError."""
    try:
        contents = read_contents(Path(path))
    except GgufError as error:
        reason = str(error)
        raise ModelError(_refusal(path, reason[:1].lower() + reason[1:])) from error
    if contents.entries.get("general.type") != "adapter":
        raise ModelError(_refusal(path, "it is no LoRA adapter"))


def _refusal(path: str, reason: str) -> str:
    name = one_line(Path(path).name, 60)
    return f"The adapter {name} cannot be used: {reason.rstrip('.')}.\nTake it out of the settings, or replace it."
