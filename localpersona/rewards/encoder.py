"""The encoder (a fine-tuned all-MiniLM-L6-v2 as a GGUF) through llama.cpp's low-level binding.

It reads prompt and response as one text, [CLS] prompt [SEP] response [SEP], so that its attention can relate
the two. Of a response that is still being written the last [SEP] is left out: that is how it was trained to
tell a beginning from an answer that breaks off.

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

LONGEST = 320
"""Tokens of prompt and response that are read, marks included. The architecture has positions for 512, but no
training answer was longer than this; what is counted is counted in the whole response."""

LONGEST_PROMPT = 120
"""Tokens of the prompt that are read: its beginning says what is asked, and the response needs the room."""

Pair = tuple[str, str]
"""A prompt and a response to it."""

_SEPARATOR = 102  # [SEP] in BERT's vocabulary
_MOST_CHARACTERS = 16_384  # 320 tokens are far shorter; a megabyte of text need not be tokenised to be cut
_BATCH_TOKENS = 256  # without a KV cache every token attends to the whole batch, so larger ones cost more
_BATCH_TEXTS = 32
_MOST_THREADS = 4
_LOGGER = logging.getLogger("localpersona.llama")
_LOGGER.addHandler(logging.NullHandler())  # without one, Python prints warnings on stderr
_LEVELS = {2: logging.INFO, 3: logging.WARNING, 4: logging.ERROR}  # ggml.h; the rest is chatter


class Encoder:
    """Prompts with responses to vectors. Not to be used by two threads at once."""

    def __init__(self, path: Path, threads: int = 0) -> None:
        """Load path. threads 0: as many as there are cores for this process, at most 4.

        Raises RewardModelError.
        """
        llama.llama_log_set(_LOG, ctypes.c_void_p(0))  # process-wide; otherwise it writes to stderr
        llama.llama_backend_init()
        self._contexts: list[_Context] = []
        self._prompt: tuple[str, Tokens] | None = None
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

    def embed(self, pairs: Sequence[Pair], finished: bool = True) -> Array:
        """Return the means of the last layer (n, 2 · width), over the response and over the prompt.

        finished: False for responses of which only the beginning is there. Raises RewardModelError.
        """
        if self._model is None:
            raise RewardModelError("The reward model is closed.")
        tokens = [self.tokenise(prompt, response, finished) for prompt, response in pairs]
        batches = list(_batches([len(one) for one in tokens]))
        result = np.zeros((len(pairs), 2 * self.width), dtype=np.float32)
        embedded = self._pool.map(lambda rows: self._embed([tokens[row] for row in rows]), batches)
        for rows, vectors in zip(batches, embedded, strict=True):
            result[rows] = vectors
        return result

    def tokenise(self, prompt: str, response: str, finished: bool = True) -> Tokens:
        """Return the token ids that `embed` reads. What looks like a special token is plain text."""
        if self._prompt is None or self._prompt[0] != prompt:  # many candidates share one prompt
            cls, *words, sep = self._tokens_of(prompt)
            self._prompt = prompt, [cls, *words[:LONGEST_PROMPT], sep]
        asked = self._prompt[1]
        *answered, sep = self._tokens_of(response)[1:]
        answered = answered[: LONGEST - len(asked) - 1]
        return [*asked, *answered, sep] if finished else [*asked, *answered]

    def _tokens_of(self, text: str) -> Tokens:
        """Return [CLS], the text's tokens and [SEP]."""
        raw = text[:_MOST_CHARACTERS].encode("utf-8", errors="replace")
        room = len(raw) + 2  # no token is shorter than a byte
        buffer = (llama.llama_token * room)()
        count = llama.llama_tokenize(self._vocabulary, raw, len(raw), buffer, room, True, False)
        if count < 0:
            raise RewardModelError("The encoder's tokeniser failed.")
        return list(buffer[:count])

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
        parameters.pooling_type = llama.LLAMA_POOLING_TYPE_NONE
        self._width = width
        self._context: int | None = llama.llama_init_from_model(model, parameters)
        if not self._context:
            raise RewardModelError("There is not enough memory for the reward model.")
        self._batch = llama.llama_batch_init(LONGEST, 0, 1)

    def embed(self, texts: Sequence[Tokens]) -> Array:
        """Return (n, 2 · width) for texts that fit one batch."""
        batch, at = self._batch, 0
        for sequence, tokens in enumerate(texts):
            for position, token in enumerate(tokens):
                batch.token[at], batch.pos[at], batch.n_seq_id[at] = token, position, 1
                batch.seq_id[at][0], batch.logits[at] = sequence, 1
                at += 1
        batch.n_tokens = at
        if llama.llama_encode(self._context, batch) != 0:
            raise RewardModelError("llama.cpp could not run the encoder.")
        by_token = np.ctypeslib.as_array(llama.llama_get_embeddings(self._context), (at, self._width))
        ends = np.cumsum([len(tokens) for tokens in texts])[:-1]
        return np.stack(
            [_means(rows, tokens) for rows, tokens in zip(np.split(by_token, ends), texts, strict=True)]
        )

    def close(self) -> None:
        if self._context is not None:
            llama.llama_batch_free(self._batch)
            llama.llama_free(self._context)
        self._context = None


def _means(by_token: Array, tokens: Tokens) -> Array:
    """Return (2 · width,) for (tokens, width): the mean over the response, then over the prompt with its marks."""
    asked = tokens.index(_SEPARATOR) + 1
    answered = by_token[asked:] if len(tokens) > asked else np.zeros_like(by_token[:1])
    return np.concatenate([answered.mean(axis=0), by_token[:asked].mean(axis=0)])


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
