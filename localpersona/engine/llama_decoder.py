"""`Decoder` over llama.cpp's cache: one pool of cells that all sequences share, so that a fork copies nothing.

The cache of sequence 0 outlives a request: the next one only processes what is new (`reuse`).
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from llama_cpp import llama_cpp as L

from localpersona.alignment.decoder import Row, Stopped
from localpersona.engine.adapters import Adapters, Mix
from localpersona.engine.machine import physical_memory
from localpersona.engine.protocol import Adapter, ModelError
from localpersona.engine.vocabulary import Vocabulary

BATCH = 512
_ABORTABLE = 32
"""Batches of at least this many tokens can be aborted half-way. The callback costs a Python call for every
node of the graph, too much for single steps; between those the loop asks anyway."""


class OutOfCells(MemoryError):
    """The pool is full: `ensure` should have been asked for more."""


class LlamaDecoder:
    """Decodes with `model` (a llama_model pointer, which must outlive this). Raises MemoryError.

    cells: tokens that the pool holds at first, over all sequences; see `ensure`.
    stopped: asked while a prompt is processed; True makes `append` raise Stopped.
    """

    def __init__(
        self, model: Any, vocabulary: Vocabulary, *, cells: int, threads: int, stopped: Callable[[], bool]
    ) -> None:
        self.model = model
        self.layers, self.width = int(L.llama_model_n_layer(model)), int(L.llama_model_n_embd(model))
        self._vocabulary = vocabulary
        self._adapters = Adapters(model)
        self._mix: Mix = ()
        self._vector = b""
        self.threads = threads
        self._stopped = stopped
        self._batch = L.llama_batch_init(BATCH, 0, 1)
        self._abort = L.ggml_abort_callback(lambda _data: stopped())
        self._never = L.ggml_abort_callback()
        self._row_type = ctypes.c_float * vocabulary.size
        self._tokens: dict[int, list[int]] = {}
        self._rows: dict[int, int | Row] = {}
        self._context: Any = None
        self.cells = self.sequences = 0
        self._bytes_per_cell = _bytes_per_cell(model)
        # Recurrent models keep a state for each sequence; for all others, sequences are only labels on cells.
        recurrent = L.llama_model_is_recurrent(model) or L.llama_model_is_hybrid(model)
        self._open(cells, 1 if recurrent else 8)

    def append(self, tokens: Mapping[int, Sequence[int]]) -> None:
        """See `Decoder.append`. When it raises Stopped, whole chunks of 512 may have been appended."""
        rows = [(sequence, token) for sequence, new in tokens.items() for token in new]
        for sequence, _ in rows:
            self._rows.pop(sequence, None)  # so that nothing is copied that the batch replaces
        for start in range(0, len(rows), BATCH):
            self._keep_rows()
            self._decode(rows[start : start + BATCH])

    def logits(self, sequence: int) -> Row:
        row = self._rows[sequence]
        if not isinstance(row, int):
            return row
        pointer = L.llama_get_logits_ith(self._context, row)
        # As numpy.ctypeslib.as_array does it, without looking the types up again for each token.
        found = self._row_type.from_address(ctypes.addressof(pointer.contents))
        return np.frombuffer(memoryview(found), np.float32)

    def tokens(self, sequence: int) -> Sequence[int]:
        return self._tokens.get(sequence, [])

    def fork(self, source: int, targets: Iterable[int]) -> None:
        for target in targets:
            self.drop(target)
            L.llama_memory_seq_cp(self._memory, source, target, -1, -1)
            self._tokens[target] = list(self._tokens.get(source, []))
            if source in self._rows:
                self._rows[target] = self._rows[source]

    def drop(self, sequence: int, length: int = 0) -> int:
        held = self._tokens.get(sequence, [])
        self._rows.pop(sequence, None)
        if length >= len(held) > 0:
            return len(held)
        if not L.llama_memory_seq_rm(self._memory, sequence, length or -1, -1):
            L.llama_memory_seq_rm(
                self._memory, sequence, -1, -1
            )  # a recurrent state cannot go back: forget it all
            length = 0
        self._tokens[sequence] = held[:length]
        return length

    def piece(self, token: int) -> bytes:
        return self._vocabulary.piece(token)

    def ends(self, token: int) -> bool:
        return self._vocabulary.ends(token)

    def reuse(self, prompt: Sequence[int]) -> int:
        """Keep in sequence 0 what the prompt begins with, nothing of the others; return how many tokens that is.

        At least one token of the prompt is left to process, because the cache holds no logits.
        """
        if self._held(1, prompt) > self._held(0, prompt):
            self.fork(1, [0])
        return self._keep_beginnings(prompt)[0]

    def reuse_pair(self, first: Sequence[int], second: Sequence[int]) -> tuple[int, int]:
        """Keep in sequences 0 and 1 what these prompts begin with; return how many tokens that is of each.

        What both begin with, either sequence may lend to the other: it is in the cache once.
        """
        if self._held(0, second) > self._held(1, second):
            self.fork(0, [1])
        elif self._held(1, first) > self._held(0, first):
            self.fork(1, [0])
        kept = self._keep_beginnings(first, second)
        return kept[0], kept[1]

    def _held(self, sequence: int, prompt: Sequence[int]) -> int:
        return _common(self.tokens(sequence), prompt[:-1])

    def _keep_beginnings(self, *prompts: Sequence[int]) -> list[int]:
        for sequence in [sequence for sequence in self._tokens if sequence >= len(prompts)]:
            self.drop(sequence)
        return [self.drop(sequence, self._held(sequence, prompt)) for sequence, prompt in enumerate(prompts)]

    def influence(self, vector: bytes = b"", adapters: Sequence[Adapter] = ()) -> None:
        """Add these to what the model computes, from now on, and nothing else. Raises ModelError.

        vector: float32 (layers − 1, width), added to the residual stream after layers 1, 2, …; b"" for none.
        The cache was computed under the former influence: a change forgets it (what another mixture of weights
        left there would spoil every later token).
        """
        mix = self._adapters.load(adapters)
        if vector and len(vector) != 4 * (self.layers - 1) * self.width:
            raise ModelError("The steering vectors belong to another model.\nMake them again for this one.")
        if (mix, vector) == (self._mix, self._vector):
            return
        self._mix, self._vector = mix, vector
        self._apply_influence()
        L.llama_memory_clear(self._memory, True)
        self._tokens, self._rows = {}, {}

    def keep(self, *sequences: int) -> None:
        """Make these sequences, in their order, what the next request begins with: one, or a pair."""
        for target, sequence in enumerate(sequences):
            if sequence != target:
                self.fork(sequence, [target])

    def ensure(self, cells: int, sequences: int) -> None:
        """Enlarge the pool where needed; sequence 0 survives.

        Raises MemoryError; the old pool is then back, unless even that finds no room any more: the next call
        tries again.
        """
        if self._context is not None and cells <= self.cells and sequences <= self.sequences:
            return
        before = self.cells, self.sequences
        held, state = self._tokens.get(0, []), self._state() if self._context is not None else None
        self._free()
        try:
            self._open(max(cells, self.cells), max(sequences, self.sequences))
        except MemoryError:
            self._open(*before)
            raise
        finally:
            if self._context and state and L.llama_state_seq_set_data(self._context, state, len(state), 0):
                self._tokens[0] = held

    def works(self) -> bool:
        """Decode one token and forget it; return whether that gave usable logits."""
        self.append({0: [max(self._vocabulary.bos, 0)]})
        pointer = L.llama_get_logits_ith(self._context, 0)
        usable = bool(pointer) and bool(
            np.ptp(self.logits(0)) > 0
        )  # damaged weights: all the same, or not a number
        self.drop(0)
        return usable

    def close(self) -> None:
        if self._batch is not None:
            L.llama_batch_free(self._batch)
            self._batch = None
        self._free()
        self._adapters.close()

    def _open(self, cells: int, sequences: int) -> None:
        if cells * self._bytes_per_cell > (physical_memory() or 2**62):
            raise MemoryError(f"no room for {cells} tokens")  # llama.cpp would try, for half a minute
        parameters = L.llama_context_default_params()
        parameters.n_ctx, parameters.n_seq_max = cells, sequences
        parameters.n_batch = parameters.n_ubatch = BATCH
        parameters.n_threads = parameters.n_threads_batch = self.threads
        parameters.kv_unified = True
        self._context = L.llama_init_from_model(self.model, parameters)
        if not self._context:
            self._context = None
            raise MemoryError(f"no room for {cells} tokens")
        self._memory = L.llama_get_memory(self._context)
        self.cells, self.sequences = int(L.llama_n_ctx(self._context)), sequences
        self._tokens, self._rows = {}, {}
        self._abortable = False
        if self._mix or self._vector:
            self._apply_influence()

    def _apply_influence(self) -> None:
        self._adapters.apply(self._context, self._mix)
        size = len(self._vector) // 4
        data = (ctypes.c_float * size).from_buffer_copy(self._vector) if size else None
        if L.llama_set_adapter_cvec(self._context, data, size, self.width, 1, self.layers - 1):
            raise ModelError("The steering vectors do not fit this model.\nMake them again.")

    def _free(self) -> None:
        if self._context is not None:
            L.llama_free(self._context)
            self._context = None

    def _state(self) -> ctypes.Array[Any] | None:
        """Return the state of sequence 0, to be put into a larger pool; None when it is empty."""
        if not self._tokens.get(0):
            return None
        size = L.llama_state_seq_get_size(self._context, 0)
        buffer = (ctypes.c_uint8 * size)()
        return buffer if L.llama_state_seq_get_data(self._context, buffer, size, 0) == size else None

    def _keep_rows(self) -> None:
        """Copy the logits that the next batch would overwrite."""
        for sequence, row in self._rows.items():
            if isinstance(row, int):
                self._rows[sequence] = self.logits(sequence).copy()

    def _decode(self, rows: Sequence[tuple[int, int]]) -> None:
        batch, ends = self._batch, {sequence: index for index, (sequence, _) in enumerate(rows)}
        positions = {sequence: len(self.tokens(sequence)) for sequence in ends}
        for index, (sequence, token) in enumerate(rows):
            batch.token[index], batch.pos[index] = token, positions[sequence]
            batch.n_seq_id[index], batch.seq_id[index][0] = 1, sequence
            batch.logits[index] = ends[sequence] == index
            positions[sequence] += 1
        batch.n_tokens = len(rows)
        self._set_abortable(len(rows) >= _ABORTABLE)
        result = L.llama_decode(self._context, batch)
        if result:
            self._take_back(ends)
            raise (
                Stopped
                if result == 2
                else OutOfCells
                if result == 1
                else RuntimeError(f"llama_decode: {result}")
            )
        for sequence, token in rows:
            self._tokens.setdefault(sequence, []).append(token)
        self._rows |= ends

    def _take_back(self, sequences: Iterable[int]) -> None:
        """After a failure: remove whatever part of the batch had been processed."""
        for sequence in sequences:
            self._rows.pop(sequence, None)
            length = len(self.tokens(sequence))
            if not L.llama_memory_seq_rm(self._memory, sequence, length or -1, -1):
                self.drop(sequence)

    def _set_abortable(self, abortable: bool) -> None:
        if abortable != self._abortable:
            L.llama_set_abort_callback(self._context, self._abort if abortable else self._never, None)
            self._abortable = abortable


def _bytes_per_cell(model: Any) -> int:
    """Return the memory of one token: in each layer a key and a value of 16-bit numbers; and its labels."""
    heads = max(L.llama_model_n_head(model), 1)
    width = L.llama_model_n_embd(model) * L.llama_model_n_head_kv(model) // heads
    return int(2 * 2 * L.llama_model_n_layer(model) * width) + 64


def _common(first: Sequence[int], second: Sequence[int]) -> int:
    """Return the length of the longest common beginning."""
    pairs = zip(first, second, strict=False)
    return next(
        (index for index, (one, other) in enumerate(pairs) if one != other), min(len(first), len(second))
    )
