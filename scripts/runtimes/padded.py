"""What PyTorch and ONNX Runtime have in common: tokens by `tokenizers`, padded batches, two means in NumPy."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runtimes.runtime import Array

Ints = NDArray[np.int64]
Forward = Callable[[Ints, Ints], Array]
"""From token ids (n, t) and what is no padding (n, t), ones and zeros, to the last layer (n, t, width)."""

TOKENISER_FILE, LIMITS_FILE = "tokenizer.json", "limits.json"
_BATCH = 32  # as sentence-transformers', which sorts by length likewise


class Padded:
    """Prompts with responses to vectors, as localpersona.rewards.encoder.Encoder gives them."""

    def __init__(self, made: Path, forward: Forward) -> None:
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(made / TOKENISER_FILE))
        limits = json.loads((made / LIMITS_FILE).read_text(encoding="utf-8"))
        self._longest, self._longest_prompt = limits["longest"], limits["longest prompt"]
        self._cls, self._sep = (self._tokenizer.token_to_id(mark) for mark in ("[CLS]", "[SEP]"))
        self._forward = forward

    def embed(self, pairs: Sequence[tuple[str, str]]) -> Array:
        """Return the means of the last layer (n, 2 · width), over the response and over the prompt."""
        marked = [self._tokens(prompt, response) for prompt, response in pairs]
        order = sorted(range(len(marked)), key=lambda row: len(marked[row][0]))
        parts = [order[at : at + _BATCH] for at in range(0, len(order), _BATCH)]
        vectors = np.concatenate([self._batch([marked[row] for row in part]) for part in parts])
        return vectors[np.argsort(order)]

    def _tokens(self, prompt: str, response: str) -> tuple[list[int], int]:
        """Return [CLS] prompt [SEP] response [SEP], cut as the shipped encoder cuts, and where the response begins."""
        encoded = self._tokenizer.encode_batch([prompt, response], add_special_tokens=False)
        asked, answered = (one.ids for one in encoded)
        asked = [self._cls, *asked[: self._longest_prompt], self._sep]
        return [*asked, *answered[: self._longest - len(asked) - 1], self._sep], len(asked)

    def _batch(self, marked: Sequence[tuple[list[int], int]]) -> Array:
        longest = max(len(tokens) for tokens, _ in marked)
        ids = np.zeros((len(marked), longest), dtype=np.int64)
        for row, (tokens, _) in enumerate(marked):
            ids[row, : len(tokens)] = tokens
        at = np.arange(longest)
        present = at < np.array([[len(tokens)] for tokens, _ in marked])
        asked = at < np.array([[begins] for _, begins in marked])
        hidden = self._forward(ids, present.astype(np.int64))
        return np.concatenate([_mean(hidden, present & ~asked), _mean(hidden, asked)], axis=1)


def _mean(hidden: Array, counted: NDArray[np.bool_]) -> Array:
    """Return (n, width): the mean of (n, t, width) over the counted tokens."""
    share = counted / counted.sum(axis=1, keepdims=True)
    return np.asarray(np.einsum("nt,ntd->nd", share.astype(np.float32), hidden))
