"""How well a model predicts a text: a page of plain English, which tells what a copy with other weights has lost,
or an answer, which tells whether it makes sense to the model."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from importlib import resources

import numpy as np
from llama_cpp import llama_cpp as L
from numpy.typing import NDArray

from localpersona.engine.llama_decoder import LlamaDecoder
from localpersona.engine.protocol import ModelError
from localpersona.engine.vocabulary import Vocabulary

_MOST_TOKENS = 1_024
_ROWS = 64  # whose logits are held at once: 40 MB with a vocabulary of 150,000
_UNSCORED = 16  # the first tokens follow from nothing


def perplexity(decoder: LlamaDecoder, vocabulary: Vocabulary, text: str | None = None) -> float:
    """Return exp of the mean negative log-probability per token of the text, by default the shipped page.

    Raises ModelError when there is no memory, or nothing usable comes out.
    """
    page = resources.files("localpersona.engine").joinpath("perplexity.txt").read_text("utf-8")
    tokens = ([vocabulary.bos] if vocabulary.adds_bos else []) + vocabulary.tokenise_content(text or page)
    trained = int(L.llama_model_n_ctx_train(decoder.model))
    tokens = tokens[: min(_MOST_TOKENS, trained) if trained > 0 else _MOST_TOKENS]
    losses = _losses(decoder, tokens, vocabulary.size, _UNSCORED + 1)
    mean = math.fsum(losses) / len(losses) if losses else math.nan
    if not math.isfinite(mean):
        raise ModelError("The model predicts nothing: it is damaged.\nDownload it again.")
    return math.exp(min(mean, 100.0))


def mean_log_probability(
    decoder: LlamaDecoder, vocabulary: Vocabulary, prompt: Sequence[int], response: Sequence[int]
) -> float:
    """Return the mean natural logarithm of the probabilities of the response's tokens after the prompt's.

    By the model alone: neither adapters nor vectors. 0 for an empty response. Raises ModelError.
    """
    if not response:
        return 0.0
    losses = _losses(decoder, [*prompt, *response], vocabulary.size, len(prompt))
    return -math.fsum(losses) / len(losses)


def logits_before(
    decoder: LlamaDecoder, vocabulary: Vocabulary, prompt: Sequence[int], response: Sequence[int]
) -> Iterator[NDArray[np.float64]]:
    """Yield, in pieces (k, vocabulary) of at most 64 rows, the logits that each token of the response was drawn from.

    By the model alone: neither adapters nor vectors. Raises ModelError.
    """
    return _rows(decoder, [*prompt, *response], vocabulary.size, len(prompt))


def _losses(decoder: LlamaDecoder, tokens: Sequence[int], size: int, first: int) -> list[float]:
    """Return -log p of each token from number `first` on, given those before it."""
    losses: list[float] = []
    first = max(first, 1)  # nothing stands before the first
    for logits in _rows(decoder, tokens, size, first):
        logits -= logits.max(axis=1, keepdims=True)
        at = first + len(losses)
        chosen = logits[np.arange(len(logits)), tokens[at : at + len(logits)]]
        losses += list(np.log(np.exp(logits).sum(axis=1)) - chosen)
    return losses


def _rows(
    decoder: LlamaDecoder, tokens: Sequence[int], size: int, first: int
) -> Iterator[NDArray[np.float64]]:
    """Yield the logits that the tokens from number `first` on are drawn from. In a context of its own."""
    parameters = L.llama_context_default_params()
    parameters.n_ctx, parameters.n_batch, parameters.n_ubatch = len(tokens), _ROWS, _ROWS
    parameters.n_threads = parameters.n_threads_batch = decoder.threads
    context = L.llama_init_from_model(decoder.model, parameters)
    if not context:
        raise ModelError("There is not enough memory to measure this model.\nClose other programs.")
    batch = L.llama_batch_init(_ROWS, 0, 1)
    try:
        for start in range(0, len(tokens) - 1, _ROWS):
            rows = tokens[start : min(start + _ROWS, len(tokens) - 1)]
            wanted = [at for at in range(start, start + len(rows)) if at + 1 >= first]
            for index, token in enumerate(rows):
                batch.token[index], batch.pos[index] = token, start + index
                batch.logits[index] = start + index + 1 >= first
                batch.n_seq_id[index], batch.seq_id[index][0] = 1, 0
            batch.n_tokens = len(rows)
            if L.llama_decode(context, batch):
                raise ModelError("The model cannot be measured: llama.cpp fails to run it.\nChoose another.")
            if wanted:
                pointer = L.llama_get_logits(context)
                yield np.ctypeslib.as_array(pointer, shape=(len(wanted), size)).astype(float)
    finally:
        L.llama_batch_free(batch)
        L.llama_free(context)
