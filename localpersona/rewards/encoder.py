"""The sentence encoder (all-MiniLM-L6-v2 as a GGUF) through llama.cpp's low-level binding.

It owns its model and context, so it can live beside an LLM in one process, and loads without touching the
process's standard streams (the high-level binding redirects them while loading, which blanks a terminal app).
Not thread-safe: one thread at a time.
"""

from __future__ import annotations

import ctypes
import logging
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from llama_cpp import llama_cpp as llama
from numpy.typing import NDArray

from localpersona.rewards.errors import RewardModelError

Array = NDArray[np.float32]

LONGEST = 512
"""Tokens of one text that are read, [CLS] and [SEP] included; the model has no positions beyond."""

_MOST_CHARACTERS = 16_384  # 512 tokens are far shorter; a megabyte of text need not be tokenised to be cut
_BATCH_TOKENS = 512  # without a KV cache every token attends to the whole batch, so larger ones cost more
_BATCH_TEXTS = 32
_LOGGER = logging.getLogger("localpersona.llama")
_LOGGER.addHandler(logging.NullHandler())  # without one, Python prints warnings on stderr
_LEVELS = {2: logging.INFO, 3: logging.WARNING, 4: logging.ERROR}  # ggml.h; the rest is chatter


class Encoder:
    """Text to vectors."""

    def __init__(self, path: Path, threads: int = 0) -> None:
        """Load path. threads 0: as many as this process may run on, at most 8. Raises RewardModelError."""
        _route_logs()
        llama.llama_backend_init()
        self._batch: llama.llama_batch | None = None
        self._context: int | None = None
        self._model: int | None = _load(path)
        try:
            self._vocabulary = llama.llama_model_get_vocab(self._model)
            self.width: int = llama.llama_model_n_embd(self._model)
            self._context = _new_context(self._model, threads or _usable_cores())
            self._batch = llama.llama_batch_init(_BATCH_TOKENS, 0, 1)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Free the memory. Idempotent."""
        if self._batch is not None:
            llama.llama_batch_free(self._batch)
        if self._context:
            llama.llama_free(self._context)
        if self._model:
            llama.llama_model_free(self._model)
        self._batch = self._context = self._model = None

    def embed(self, texts: Sequence[str]) -> Array:
        """Return mean-pooled embeddings (n, 384) of length 1. What exceeds `LONGEST` tokens is left out."""
        if self._context is None:
            raise RewardModelError("The encoder is closed.")
        tokens = [self.tokenise(text) for text in texts]
        result = np.zeros((len(texts), self.width), dtype=np.float32)
        for rows in _batches([len(one) for one in tokens]):
            result[rows] = self._embed_batch([tokens[row] for row in rows])
        return result

    def tokenise(self, text: str) -> list[int]:
        """Return token ids with [CLS] and [SEP]. What looks like a special token is plain text."""
        raw = text[:_MOST_CHARACTERS].encode("utf-8", errors="replace")
        room = len(raw) + 2  # no token is shorter than a byte
        buffer = (llama.llama_token * room)()
        count = llama.llama_tokenize(self._vocabulary, raw, len(raw), buffer, room, True, False)
        if count < 0:
            raise RewardModelError("The encoder's tokeniser failed.")
        tokens = list(buffer[:count])
        return tokens if count <= LONGEST else [*tokens[: LONGEST - 1], tokens[-1]]

    def _embed_batch(self, texts: Sequence[Sequence[int]]) -> Array:
        batch, at = self._batch, 0
        assert batch is not None
        for sequence, tokens in enumerate(texts):
            for position, token in enumerate(tokens):
                batch.token[at], batch.pos[at], batch.n_seq_id[at] = token, position, 1
                batch.seq_id[at][0], batch.logits[at] = sequence, 1
                at += 1
        batch.n_tokens = at
        if llama.llama_encode(self._context, batch) != 0:
            raise RewardModelError("llama.cpp could not run the encoder.")
        rows = [np.ctypeslib.as_array(llama.llama_get_embeddings_seq(self._context, s), (self.width,))
                for s in range(len(texts))]  # fmt: skip
        stacked = np.stack(rows)  # copies: the next batch overwrites the buffer
        return np.asarray(stacked / np.linalg.norm(stacked, axis=1, keepdims=True))


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield row numbers, neighbours in length together, so that no batch exceeds the limits."""
    rows: list[int] = []
    for row in sorted(range(len(lengths)), key=lengths.__getitem__):
        full = sum(lengths[r] for r in rows) + lengths[row] > _BATCH_TOKENS or len(rows) == _BATCH_TEXTS
        if rows and full:
            yield rows
            rows = []
        rows.append(row)
    if rows:
        yield rows


def _load(path: Path) -> int:
    if not path.is_file():
        raise RewardModelError(f"The encoder is missing: {path}")
    parameters = llama.llama_model_default_params()
    parameters.n_gpu_layers = 0  # it would take longer to move the texts there than to encode them here
    parameters.use_extra_bufts = False  # no repacked copy of the weights: they stay mapped from the file
    model = llama.llama_model_load_from_file(os.fsencode(path), parameters)
    if not model:
        raise RewardModelError(f"The encoder is damaged: {path}")
    return int(model)


def _new_context(model: int, threads: int) -> int:
    parameters = llama.llama_context_default_params()
    parameters.n_ctx = parameters.n_batch = parameters.n_ubatch = _BATCH_TOKENS
    parameters.n_seq_max = _BATCH_TEXTS
    parameters.kv_unified = True
    parameters.n_threads = parameters.n_threads_batch = threads
    parameters.embeddings = True
    parameters.pooling_type = llama.LLAMA_POOLING_TYPE_MEAN
    context = llama.llama_init_from_model(model, parameters)
    if not context:
        raise RewardModelError("llama.cpp could not make room for the encoder.")
    return int(context)


def _usable_cores() -> int:
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(available, 8)  # the matrices are too small for more


def _route_logs() -> None:
    """Send llama.cpp's messages, process-wide, to the logger "localpersona.llama" instead of stderr."""
    llama.llama_log_set(_LOG, ctypes.c_void_p(0))


def _log(level: int, text: bytes, _data: int) -> None:
    message = text.decode("utf-8", errors="replace").rstrip()
    if message:
        _LOGGER.log(_LEVELS.get(level, logging.DEBUG), "%s", message)


_LOG = llama.llama_log_callback(_log)  # kept: llama.cpp calls it for as long as the process lives
