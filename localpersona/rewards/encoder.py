"""The sentence encoder (all-MiniLM-L6-v2 as a GGUF) through llama.cpp's low-level binding.

It owns its model and contexts, so it can live beside an LLM in one process, and loads without touching the
process's standard streams (the high-level binding redirects them while loading, which blanks a terminal app).

Several contexts of one thread each share the weights and take batches in turn. One context with several
threads is no quicker here, and when other programs want the cores its threads wait for each other at every
layer: with five busy processes on two cores 2.3 s instead of 0.6 s for the same eight answers.
"""

from __future__ import annotations

import ctypes
import logging
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

import numpy as np
from llama_cpp import llama_cpp as llama
from numpy.typing import NDArray

from localpersona.rewards.errors import RewardModelError

Array = NDArray[np.float32]
Tokens = list[int]

LONGEST = 512
"""Tokens of one text that are read, [CLS] and [SEP] included; the model has no positions beyond."""

_MOST_CHARACTERS = 16_384  # 512 tokens are far shorter; a megabyte of text need not be tokenised to be cut
_BATCH_TOKENS = 256  # without a KV cache every token attends to the whole batch, so larger ones cost more
_BATCH_TEXTS = 32
_MOST_THREADS = 4
_LOGGER = logging.getLogger("localpersona.llama")
_LOGGER.addHandler(logging.NullHandler())  # without one, Python prints warnings on stderr
_LEVELS = {2: logging.INFO, 3: logging.WARNING, 4: logging.ERROR}  # ggml.h; the rest is chatter


class Encoder:
    """Text to vectors. Not to be used by two threads at once."""

    def __init__(self, path: Path, threads: int = 0) -> None:
        """Load path. threads 0: as many as there are cores for this process, at most 4.

        Raises RewardModelError.
        """
        llama.llama_log_set(_LOG, ctypes.c_void_p(0))  # process-wide; otherwise it writes to stderr
        llama.llama_backend_init()
        self._contexts: list[_Context] = []
        self._model: int | None = _load(path)
        self._vocabulary = llama.llama_model_get_vocab(self._model)
        self.width: int = llama.llama_model_n_embd(self._model)
        self._threads = threads or min(_usable_cores(), _MOST_THREADS)
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="encoder")
        try:
            self._free: SimpleQueue[_Context] = SimpleQueue()
            for _ in range(self._threads):
                self._contexts.append(_Context(self._model, self.width))
                self._free.put(self._contexts[-1])
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Free the memory. Idempotent."""
        self._pool.shutdown()
        for context in self._contexts:
            context.close()
        self._contexts = []
        if self._model is not None:
            llama.llama_model_free(self._model)
        self._model = None

    def embed(self, texts: Sequence[str]) -> Array:
        """Return mean-pooled embeddings (n, width) of length 1. What exceeds `LONGEST` tokens is left out."""
        if self._model is None:
            raise RewardModelError("The reward model is closed.")
        tokens = [self.tokenise(text) for text in texts]
        batches = list(_batches([len(one) for one in tokens]))
        result = np.zeros((len(texts), self.width), dtype=np.float32)
        embedded = self._pool.map(lambda rows: self._embed([tokens[row] for row in rows]), batches)
        for rows, vectors in zip(batches, embedded, strict=True):
            result[rows] = vectors
        return result

    def tokenise(self, text: str) -> Tokens:
        """Return token ids with [CLS] and [SEP]. What looks like a special token is plain text."""
        raw = text[:_MOST_CHARACTERS].encode("utf-8", errors="replace")
        room = len(raw) + 2  # no token is shorter than a byte
        buffer = (llama.llama_token * room)()
        count = llama.llama_tokenize(self._vocabulary, raw, len(raw), buffer, room, True, False)
        if count < 0:
            raise RewardModelError("The encoder's tokeniser failed.")
        tokens = list(buffer[:count])
        return tokens if count <= LONGEST else [*tokens[: LONGEST - 1], tokens[-1]]

    def _embed(self, texts: Sequence[Tokens]) -> Array:
        context = self._free.get()
        try:
            return context.embed(texts)
        finally:
            self._free.put(context)


class _Context:
    """One thread's working memory over the shared weights."""

    def __init__(self, model: int, width: int) -> None:
        parameters = llama.llama_context_default_params()
        parameters.n_ctx = parameters.n_batch = parameters.n_ubatch = LONGEST
        parameters.n_seq_max = _BATCH_TEXTS
        parameters.kv_unified = True
        parameters.n_threads = parameters.n_threads_batch = 1
        parameters.embeddings = True
        parameters.pooling_type = llama.LLAMA_POOLING_TYPE_MEAN
        self._width = width
        self._context: int | None = llama.llama_init_from_model(model, parameters)
        if not self._context:
            raise RewardModelError("There is not enough memory for the reward model.")
        self._batch = llama.llama_batch_init(LONGEST, 0, 1)

    def embed(self, texts: Sequence[Tokens]) -> Array:
        """Return (n, width) for texts that fit one batch."""
        batch, at = self._batch, 0
        for sequence, tokens in enumerate(texts):
            for position, token in enumerate(tokens):
                batch.token[at], batch.pos[at], batch.n_seq_id[at] = token, position, 1
                batch.seq_id[at][0], batch.logits[at] = sequence, 1
                at += 1
        batch.n_tokens = at
        if llama.llama_encode(self._context, batch) != 0:
            raise RewardModelError("llama.cpp could not run the encoder.")
        found = [llama.llama_get_embeddings_seq(self._context, sequence) for sequence in range(len(texts))]
        vectors = np.stack([np.ctypeslib.as_array(vector, (self._width,)) for vector in found])
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))

    def close(self) -> None:
        if self._context is not None:
            llama.llama_batch_free(self._batch)
            llama.llama_free(self._context)
        self._context = None


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield row numbers, longest first, so that batches are within the limits and threads end together.

    A text longer than _BATCH_TOKENS has a batch of its own.
    """
    rows: list[int] = []
    for row in sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True):
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
    parameters.n_gpu_layers = 0  # the LLM needs that memory more, and this is quick without
    parameters.use_extra_bufts = False  # no repacked copy of the weights: they stay mapped from the file
    model = llama.llama_model_load_from_file(os.fsencode(path), parameters)
    if not model:
        raise RewardModelError(f"The encoder is damaged: {path}")
    return int(model)


def _usable_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _log(level: int, text: bytes, _data: int) -> None:
    message = text.decode("utf-8", errors="replace").rstrip()
    if message:
        _LOGGER.log(_LEVELS.get(level, logging.DEBUG), "%s", message)


_LOG = llama.llama_log_callback(_log)  # kept: llama.cpp calls it for as long as the process lives
