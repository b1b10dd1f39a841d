"""Loading a GGUF by llama.cpp's functions: the binding's high-level class blanks stdout and crashes more."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from llama_cpp import llama_cpp as L

from localpersona.engine import devices, llama_log, model_metadata
from localpersona.engine.chat_template import ChatTemplate
from localpersona.engine.llama_decoder import LlamaDecoder
from localpersona.engine.machine import physical_cores
from localpersona.engine.model_file import checked, refused, short_name
from localpersona.engine.protocol import ModelError, ModelInfo, ModelSpec
from localpersona.engine.vocabulary import Vocabulary
from localpersona.library.gguf_types import without_quantisation
from localpersona.text import one_line

_NO_TEXT = "it is damaged, or no model that writes text"


class LlamaModel:
    """A loaded model with its vocabulary, chat template and decoder. Raises ModelError; `close` frees everything.

    stopped: asked while loading; True gives up.
    tries: hears how many layers are about to be put on the GPU, before that can crash.
    """

    def __init__(
        self,
        spec: ModelSpec,
        stopped: Callable[[], bool] = lambda: False,
        tries: Callable[[int], None] = lambda _layers: None,
    ) -> None:
        started = time.monotonic()
        self.spec = spec
        self._tries = tries
        self._pointer: Any = None
        self._decoder: LlamaDecoder | None = None
        self.header = checked(spec.path)
        llama_log.listen()
        L.llama_backend_init()
        try:
            gpu_layers = self._load_somewhere(stopped)
            self.info = self._describe(gpu_layers, started)
        except BaseException:
            self.close()
            raise

    @property
    def decoder(self) -> LlamaDecoder:
        assert self._decoder is not None
        return self._decoder

    def close(self) -> None:
        if self._decoder is not None:
            self._decoder.close()
        if self._pointer is not None:
            L.llama_model_free(self._pointer)
        self._decoder = self._pointer = None

    def _load_somewhere(self, stopped: Callable[[], bool]) -> int:
        """Load with the GPU layers that should fit, halved until they do; return how many there really are."""
        wanted = min(self._wanted_layers(), self.header.layers + 1)
        while True:
            try:
                self._tries(wanted)
                self._load(wanted, stopped)
                return min(llama_log.offloaded(wanted), wanted)
            except ModelError:
                if wanted == 0 or stopped():
                    raise
                self.close()
                wanted //= 2

    def _wanted_layers(self) -> int:
        if not devices.supported():
            return 0
        if self.spec.gpu_layers >= 0:
            return self.spec.gpu_layers
        return devices.layers_that_fit(self.header, self.spec.context_length, devices.gpus())

    def _load(self, gpu_layers: int, stopped: Callable[[], bool]) -> None:
        parameters = L.llama_model_default_params()
        parameters.n_gpu_layers = gpu_layers
        goes_on = L.llama_progress_callback(lambda _progress, _data: not stopped())
        parameters.progress_callback = goes_on
        self._pointer = L.llama_model_load_from_file(os.fsencode(self.spec.path), parameters)
        if not self._pointer:
            self._pointer = None
            reason = one_line(llama_log.first_error(), 160) or "it is damaged, or no GGUF file"
            raise ModelError("Loading was stopped.") if stopped() else refused(self.spec.path, reason)
        if not L.llama_model_has_decoder(self._pointer) or L.llama_model_has_encoder(self._pointer):
            raise refused(self.spec.path, _NO_TEXT)
        templates = model_metadata.chat_templates(self._pointer)
        self.vocabulary = Vocabulary(self._pointer, "".join(templates.values()))
        self.vocabulary.try_out()
        bos, eos = self.vocabulary.text(self.vocabulary.bos), self.vocabulary.text(self.vocabulary.eos)
        self.template = ChatTemplate.for_model(templates, bos=bos, eos=eos)
        self._decoder = self._start_decoder(stopped)

    def _start_decoder(self, stopped: Callable[[], bool]) -> LlamaDecoder:
        trained = L.llama_model_n_ctx_train(self._pointer)
        length = min(self.spec.context_length, trained) if trained > 0 else self.spec.context_length
        threads = self.spec.threads if self.spec.threads > 0 else physical_cores()
        try:
            decoder = LlamaDecoder(
                self._pointer, self.vocabulary, cells=max(length, 1), threads=threads, stopped=stopped
            )
        except MemoryError as error:
            raise ModelError(
                f"There is not enough memory for {short_name(self.spec.path)} with a context of {length} tokens.\n"
                "Choose a smaller model or a shorter context."
            ) from error
        if not decoder.works():
            decoder.close()
            raise refused(self.spec.path, _NO_TEXT)
        return decoder

    def _describe(self, gpu_layers: int, started: float) -> ModelInfo:
        trained = L.llama_model_n_ctx_train(self._pointer)
        path = Path(self.spec.path)
        name = without_quantisation(path.stem)
        if name.startswith("sha256-"):  # Ollama's files have no names of their own
            name = model_metadata.value(self._pointer, "general.name") or name
        return ModelInfo(
            path=self.spec.path,
            name=one_line(name),
            architecture=one_line(model_metadata.value(self._pointer, "general.architecture")),
            parameters=L.llama_model_n_params(self._pointer),
            size_bytes=path.stat().st_size,
            quantisation=(L.llama_ftype_name(L.llama_model_ftype(self._pointer)) or b"").decode(
                "ascii", "replace"
            ),
            context_length=min(self.spec.context_length, trained)
            if trained > 0
            else self.spec.context_length,
            trained_context_length=trained,
            layers=L.llama_model_n_layer(self._pointer),
            gpu_layers=gpu_layers,
            device=devices.names(devices.gpus()) if gpu_layers else "CPU",
            gpu_support=devices.supported(),
            template=self.template.origin,
            load_seconds=time.monotonic() - started,
        )
