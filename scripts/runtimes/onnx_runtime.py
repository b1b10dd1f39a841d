"""ONNX Runtime: the shipped encoder in float32, and with weights and activations of 8 bits."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from runtimes.padded import TOKENISER_FILE, Ints, Padded
from runtimes.runtime import TO_CONVERT, Array, Places, Reader, Runtime

FLOAT_FILE, INT8_FILE = "encoder.onnx", "encoder.int8.onnx"


def _load(file: str, places: Places, threads: int) -> Reader:
    from onnxruntime import InferenceSession, SessionOptions

    from runtimes.scoring import Scorer

    options = SessionOptions()
    options.intra_op_num_threads = threads
    session = InferenceSession(str(places.made / file), options, providers=["CPUExecutionProvider"])

    def forward(ids: Ints, present: Ints) -> Array:
        hidden: Array = session.run(None, {"input_ids": ids, "attention_mask": present})[0]
        return hidden

    return Scorer(Padded(places.made, forward), places.shipped)


def _files(file: str, places: Places) -> Sequence[Path]:
    return [places.made / file, places.made / TOKENISER_FILE]


_TO_EXPORT = ("torch", "transformers", "tokenizers", "onnx", "onnxscript", "onnxruntime", *TO_CONVERT)
_TO_RUN = ("onnxruntime", "tokenizers")

FLOAT = Runtime(
    name="ONNX Runtime, float32",
    modules=_TO_EXPORT,
    packages=_TO_RUN,
    simplicity="a second native run time beside llama.cpp, a tokeniser, and an export that needs PyTorch, onnx and "
    "onnxscript of versions that fit each other; padding, cutting and the two means are ours to write",
    load=partial(_load, FLOAT_FILE),
    files=partial(_files, FLOAT_FILE),
)

INT8 = Runtime(
    name="ONNX Runtime, int8",
    modules=_TO_EXPORT,
    packages=_TO_RUN,
    simplicity="the same with one more step of conversion",
    load=partial(_load, INT8_FILE),
    files=partial(_files, INT8_FILE),
)
