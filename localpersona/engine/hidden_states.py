"""What a model has in mind: the residual stream after each layer, read while it reads texts.

llama.cpp asks a callback about every node of its graph; those named `l_out-<layer>` are copied. That splits the
graph and is slow, so it happens in a context of its own, never in the one that answers are decoded in. The
last layer only computes what becomes output, and is left out: steering does not use it either.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from llama_cpp import llama_cpp as L
from numpy.typing import NDArray

from localpersona.alignment.decoder import Stopped
from localpersona.engine import ggml
from localpersona.engine.llama_decoder import BATCH
from localpersona.engine.protocol import ModelError

Array = NDArray[np.float32]


class HiddenStates:
    """Reads texts with `model` (a llama_model pointer, which must outlive this). Raises ModelError.

    stopped: asked while a text is read; True makes `last` raise Stopped.
    """

    def __init__(self, model: Any, *, threads: int, stopped: Callable[[], bool]) -> None:
        self._layers, self._width = int(L.llama_model_n_layer(model)), int(L.llama_model_n_embd(model))
        self._seen: dict[int, Array] = {}
        self._listener = L.ggml_backend_sched_eval_callback(self._hear)
        self._abort = L.ggml_abort_callback(lambda _data: stopped())
        parameters = L.llama_context_default_params()
        parameters.n_ctx = parameters.n_batch = parameters.n_ubatch = BATCH
        parameters.n_threads = parameters.n_threads_batch = threads
        parameters.cb_eval = self._listener
        self._context: Any = L.llama_init_from_model(model, parameters)
        if not self._context:
            raise ModelError("There is not enough memory to look into the model.\nClose other programs.")
        L.llama_set_abort_callback(self._context, self._abort, None)
        self._batch = L.llama_batch_init(BATCH, 0, 1)

    def after(self, tokens: Sequence[int], first: int = -1) -> Array:
        """Return (layers − 1, width): the mean over tokens[first:] of what stands after layers 0, 1, ….

        By default of the last token only, where the model is about to answer. At most 512 tokens are read,
        the last ones. Raises Stopped, ModelError.
        """
        first = max(first % len(tokens) - max(len(tokens) - BATCH, 0), 0)
        tokens = tokens[-BATCH:]
        self._seen.clear()
        L.llama_memory_clear(L.llama_get_memory(self._context), True)
        for index, token in enumerate(tokens):
            self._batch.token[index], self._batch.pos[index] = token, index
            self._batch.n_seq_id[index], self._batch.seq_id[index][0] = 1, 0
            self._batch.logits[index] = index == len(tokens) - 1
        self._batch.n_tokens = len(tokens)
        result = L.llama_decode(self._context, self._batch)
        if result == 2:
            raise Stopped
        layers = range(self._layers - 1)
        if result or any(len(self._seen.get(layer, ())) != len(tokens) for layer in layers):
            raise ModelError("This model does not show what its layers compute, so it cannot be steered.")
        return np.stack([self._seen[layer][first:].mean(axis=0) for layer in layers])

    def close(self) -> None:
        if self._context is not None:
            L.llama_batch_free(self._batch)
            L.llama_free(self._context)
            self._context = None

    def _hear(self, tensor: int, ask: bool, _data: object) -> bool:
        name, _, layer = ggml.name(tensor).partition("-")
        wanted = name == "l_out" and layer.isdigit() and int(layer) < self._layers - 1
        if wanted and not ask:
            self._seen[int(layer)] = ggml.floats(tensor).reshape(-1, self._width)
        return wanted or not ask
