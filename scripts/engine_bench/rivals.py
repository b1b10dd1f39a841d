"""The rivals: a bare loop of `llama_decode`, the least that decoding can take, and llama-cpp-python's high level."""

from __future__ import annotations

import time
from collections.abc import Sequence

from llama_cpp import Llama
from llama_cpp import llama_cpp as low_level

from localpersona.values import Turn

_QUIET = low_level.llama_log_callback(lambda level, text, data: None)
_CHUNK = 512


def be_quiet() -> None:
    low_level.llama_log_set(_QUIET, None)


class BareLoop:
    """Decodes given tokens for N sequences in one batch; samples nothing and turns nothing into text."""

    def __init__(self, path: str, threads: int, cells: int = 8192, sequences: int = 32) -> None:
        self._model = low_level.llama_model_load_from_file(
            path.encode(), low_level.llama_model_default_params()
        )
        parameters = low_level.llama_context_default_params()
        parameters.n_ctx, parameters.n_seq_max, parameters.kv_unified = cells, sequences, True
        parameters.n_threads = parameters.n_threads_batch = threads
        self._context = low_level.llama_init_from_model(self._model, parameters)
        self._batch = low_level.llama_batch_init(_CHUNK, 0, 1)

    def seconds(self, sequences: int, tokens: int, filled: int = 40) -> float:
        """Return how long so many steps take after a prompt of `filled` tokens."""
        memory = low_level.llama_get_memory(self._context)
        low_level.llama_memory_clear(memory, True)
        for start in range(0, filled, _CHUNK):
            chunk = range(start, min(start + _CHUNK, filled))
            self._decode([(1000 + position % 7000, position, 0) for position in chunk])
        for sequence in range(1, sequences):
            low_level.llama_memory_seq_cp(memory, 0, sequence, -1, -1)
        started = time.perf_counter()
        for step in range(tokens):
            self._decode([(1000 + 37 * s + step, filled + step, s) for s in range(sequences)])
        return time.perf_counter() - started

    def _decode(self, rows: Sequence[tuple[int, int, int]]) -> None:
        batch = self._batch
        batch.n_tokens = len(rows)
        for index, (token, position, sequence) in enumerate(rows):
            batch.token[index], batch.pos[index] = token, position
            batch.logits[index] = len(rows) <= 64 or index == len(rows) - 1
            batch.n_seq_id[index], batch.seq_id[index][0] = 1, sequence
        assert low_level.llama_decode(self._context, batch) == 0
        low_level.llama_synchronize(self._context)


class HighLevel:
    """`Llama.create_chat_completion`, what most programs call."""

    def __init__(self, path: str, threads: int, context: int) -> None:
        self._llama = Llama(path, n_ctx=context, n_threads=threads, n_threads_batch=threads, verbose=False)

    def ask(self, turns: Sequence[Turn], tokens: int, *, cold: bool = True) -> tuple[str, float, float]:
        """Return the answer, seconds to its first text and in all. cold: forget what is cached first."""
        if cold:
            self._llama.reset()
        messages = [{"role": turn.role, "content": turn.content} for turn in turns]
        started = time.perf_counter()
        first, text = 0.0, ""
        for part in self._llama.create_chat_completion(messages, max_tokens=tokens, seed=7, stream=True):
            content = part["choices"][0]["delta"].get("content") or ""
            text += content
            if text and not first:
                first = time.perf_counter() - started
        return text, first, time.perf_counter() - started
