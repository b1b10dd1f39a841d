"""The network that is fine-tuned: the encoder in PyTorch, and K linear heads over its two mean vectors.

BERT in a page, because PyTorch's TransformerEncoder, the same function, takes half as long again for a step on
a CPU. What this does not know: that llama.cpp will run the encoder (encoder_gguf.py writes it), and that words
are counted beside it (fit.py).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from training.encoder_gguf import CONTEXT, EPSILON, HEADS, INNER, LAYERS, SPECIAL, WIDTH

FROZEN = 2
"""Layers nearest to the words, and the words' vectors, stay as they were: a few thousand answers would only
teach them the training prompts' topics."""
DROPOUT = 0.1  # of the mean vectors' components
SCALE = 4.0  # of the mean vectors, so that the heads' learning rate suits it

_IN_LAYER = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "mixed": "attention.output.dense",
    "first_norm": "attention.output.LayerNorm",
    "wide": "intermediate.dense",
    "narrow": "output.dense",
    "second_norm": "output.LayerNorm",
}


class Layer(nn.Module):
    """One layer of BERT. No dropout: over so few epochs it would cost more time than it gives."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value, self.mixed = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.wide, self.narrow = nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)
        self.first_norm, self.second_norm = (nn.LayerNorm(WIDTH, eps=EPSILON) for _ in range(2))

    def forward(self, x: Tensor, penalty: Tensor) -> Tensor:
        """Return (n, t, width) for x likewise; penalty (n, 1, 1, t) is −∞ where a token is only padding."""
        query, key, value = (_by_head(part(x)) for part in (self.query, self.key, self.value))
        logits = query @ key.transpose(2, 3) / math.sqrt(WIDTH // HEADS) + penalty
        mixed = (logits.softmax(dim=3) @ value).transpose(1, 2).flatten(2)
        x = self.first_norm(x + self.mixed(mixed))
        inner = nn.functional.gelu(self.wide(x))
        result: Tensor = self.second_norm(x + self.narrow(inner))
        return result


class Network(nn.Module):
    """Token sequences to scores."""

    def __init__(self, weights: Mapping[str, NDArray[np.float32]], heads: int, traits: int) -> None:
        super().__init__()
        self.words = nn.Embedding(len(weights["embeddings.word_embeddings.weight"]), WIDTH)
        self.positions = nn.Embedding(CONTEXT, WIDTH)
        self.segments = nn.Embedding(2, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, eps=EPSILON)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.load_state_dict({here: torch.tensor(weights[there]) for here, there in _names().items()})
        for part in (self.words, self.positions, self.segments, self.norm, *self.layers[:FROZEN]):
            part.requires_grad_(False)
        self.shape = (heads, traits)
        self.heads = nn.Linear(2 * WIDTH, heads * traits)
        self.dropout = nn.Dropout(DROPOUT)
        nn.init.zeros_(self.heads.weight)
        nn.init.zeros_(self.heads.bias)

    def forward(self, tokens: Sequence[Sequence[int]]) -> Tensor:
        """Return (n, K, J) for n token sequences, each [CLS] prompt [SEP] response."""
        scores: Tensor = self.heads(self.dropout(self.embed(tokens)))
        return scores.view(-1, *self.shape)

    def embed(self, tokens: Sequence[Sequence[int]]) -> Tensor:
        """Return (n, 2 · width), SCALE times the means over a sequence's response and over its prompt."""
        longest = max(map(len, tokens))
        padded = torch.tensor([[*one, *[0] * (longest - len(one))] for one in tokens])
        at = torch.arange(longest)
        absent = at >= torch.tensor([[len(one)] for one in tokens])
        asked = at < torch.tensor([[one.index(SPECIAL["[SEP]"]) + 1] for one in tokens])
        # llama.cpp knows one segment only: the first.
        x = self.norm(self.words(padded) + self.positions.weight[:longest] + self.segments.weight[0])
        penalty = torch.zeros(absent.shape).masked_fill(absent, -1e9)[:, None, None, :]
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.training):
            for layer in self.layers:
                x = layer(x, penalty)
        return SCALE * torch.cat([_mean(x.float(), ~asked & ~absent), _mean(x.float(), asked)], dim=1)

    def checkpoint(self) -> dict[str, NDArray[np.float32]]:
        """Return the encoder's tensors by their Hugging Face names, as they were given."""
        state = self.state_dict()
        return {there: state[here].numpy() for here, there in _names().items()}


def _names() -> dict[str, str]:
    """Return the Hugging Face name of each of our tensors."""
    names = {
        "words.weight": "embeddings.word_embeddings.weight",
        "positions.weight": "embeddings.position_embeddings.weight",
        "segments.weight": "embeddings.token_type_embeddings.weight",
        "norm.weight": "embeddings.LayerNorm.weight",
        "norm.bias": "embeddings.LayerNorm.bias",
    }
    for layer in range(LAYERS):
        for here, there in _IN_LAYER.items():
            for kind in ("weight", "bias"):
                names[f"layers.{layer}.{here}.{kind}"] = f"encoder.layer.{layer}.{there}.{kind}"
    return names


def _by_head(x: Tensor) -> Tensor:
    return x.unflatten(2, (HEADS, -1)).transpose(1, 2)


def _mean(x: Tensor, counted: Tensor) -> Tensor:
    share = counted / counted.sum(1, keepdim=True).clamp(min=1)
    return torch.einsum("nt,ntd->nd", share, x)
