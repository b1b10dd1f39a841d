"""Make of the shipped encoder what the other run times need: a PyTorch checkpoint, ONNX files, an F16 GGUF.

All get the shipped weights, dequantised, so that a difference in scores is the run time's own. With the trained
weights (a .npz that scripts/train_rewards.py leaves in its cache) it contains the weights' rounding too.
"""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from training.encoder_gguf import CONTEXT, EPSILON, HEADS, INNER, LAYERS, SPECIAL, WIDTH, read_weights

from localpersona.rewards.encoder import LONGEST, LONGEST_PROMPT
from runtimes.llama import F16_FILE
from runtimes.onnx_runtime import FLOAT, FLOAT_FILE, INT8_FILE
from runtimes.padded import LIMITS_FILE, TOKENISER_FILE
from runtimes.pytorch import CHECKPOINT, PYTORCH
from runtimes.runtime import Array, Places

_TRAINED = "encoder "  # what encoder tensors' names begin with in the cache


def prepare(places: Places, trained: Path | None) -> None:
    """Fill places.made with what the installed run times need."""
    logging.disable(logging.WARNING)  # the exporters talk about themselves
    warnings.simplefilter("ignore")
    encoder = places.shipped / "encoder.gguf"
    weights = read_weights(encoder) if trained is None else read_trained(trained)
    write_f16(encoder, weights, places.made / F16_FILE)
    if not PYTORCH.missing() or not FLOAT.missing():
        limits = {"longest": LONGEST, "longest prompt": LONGEST_PROMPT}
        (places.made / LIMITS_FILE).write_text(json.dumps(limits), encoding="utf-8")
        _write_tokeniser(encoder, places.made / TOKENISER_FILE)
        _write_checkpoint(weights, places.made / CHECKPOINT)
    if not FLOAT.missing():
        _write_onnx(places.made)


def read_trained(path: Path) -> dict[str, Array]:
    """Return the encoder's tensors by Hugging Face names, as they were trained."""
    with np.load(path, allow_pickle=False) as stored:
        names = [name for name in stored.files if name.startswith(_TRAINED)]
        return {name.removeprefix(_TRAINED): stored[name].astype(np.float32) for name in names}


def write_f16(source: Path, weights: Mapping[str, Array], path: Path) -> None:
    """Write source with weights, of which those that it quantises get 16 bits."""
    reader = gguf.GGUFReader(source)
    writer = gguf.GGUFWriter(path, str(reader.fields["general.architecture"].contents()))
    written = {"general.architecture", "general.file_type"}
    for field in reader.fields.values():
        if field.name not in written and not field.name.startswith("GGUF."):
            item = field.types[1] if len(field.types) > 1 else None
            writer.add_key_value(field.name, field.contents(), field.types[0], item)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.BERT, LAYERS)
    ours = {names.get_name(name, try_suffixes=(".weight", ".bias")): name for name in weights}
    for tensor in reader.tensors:
        kind = np.float32 if tensor.tensor_type == gguf.GGMLQuantizationType.F32 else np.float16
        writer.add_tensor(tensor.name, np.ascontiguousarray(weights[ours[tensor.name]], dtype=kind))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _write_tokeniser(encoder: Path, path: Path) -> None:
    """Write the GGUF's vocabulary for the tokenizers library, spelled as BERT's vocab.txt spells it."""
    from tokenizers import BertWordPieceTokenizer

    def spelled(token: str) -> str:
        if token.startswith("\u2581"):
            return token[1:]
        return token if token.startswith("[") and token.endswith("]") else f"##{token}"

    tokens = gguf.GGUFReader(encoder).fields["tokenizer.ggml.tokens"].contents()
    BertWordPieceTokenizer({spelled(token): number for number, token in enumerate(tokens)}).save(str(path))


def _write_checkpoint(weights: Mapping[str, Array], folder: Path) -> None:
    import torch
    from transformers import BertConfig, BertModel

    words = len(weights["embeddings.word_embeddings.weight"])
    config = BertConfig(
        vocab_size=words,
        hidden_size=WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=INNER,
        max_position_embeddings=CONTEXT,
        layer_norm_eps=EPSILON,
        pad_token_id=SPECIAL["[PAD]"],
    )
    model = BertModel(config, add_pooling_layer=False)
    tensors = {name: torch.tensor(weights[name]) for name, _ in model.named_parameters()}
    model.load_state_dict(tensors, strict=False)  # not strict: buffers such as position ids are no weights
    model.save_pretrained(folder)


def _write_onnx(made: Path) -> None:
    """Export what `_write_checkpoint` wrote, for any number of texts and tokens."""
    import torch
    from onnxruntime.quantization import quantize_dynamic
    from transformers import BertModel

    class LastLayer(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            # "eager" exports as plain products and a softmax, which ONNX Runtime fuses better.
            self.bert = BertModel.from_pretrained(
                made / CHECKPOINT, add_pooling_layer=False, attn_implementation="eager"
            )

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            return self.bert(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state

    ids, present = (torch.ones((2, 16), dtype=torch.int64) for _ in range(2))  # one tensor would be one input
    any_size = {0: torch.export.Dim("texts"), 1: torch.export.Dim("tokens", max=CONTEXT)}
    torch.onnx.export(
        LastLayer().eval(),
        (ids, present),
        str(made / FLOAT_FILE),
        input_names=["input_ids", "attention_mask"],
        dynamic_shapes={"input_ids": any_size, "attention_mask": any_size},
        external_data=False,
        dynamo=True,
        verbose=False,
    )
    quantize_dynamic(made / FLOAT_FILE, made / INT8_FILE, per_channel=True)
