"""PyTorch: the shipped encoder in float32 as transformers' BertModel, which sentence-transformers runs too."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from runtimes.padded import TOKENISER_FILE, Ints, Padded
from runtimes.runtime import TO_CONVERT, Array, Places, Reader, Runtime

CHECKPOINT = "checkpoint"


def _load(places: Places, threads: int) -> Reader:
    import torch
    from transformers import BertModel

    from runtimes.scoring import Scorer

    torch.set_num_threads(threads)
    model = BertModel.from_pretrained(places.made / CHECKPOINT, add_pooling_layer=False).eval()

    def forward(ids: Ints, present: Ints) -> Array:
        with torch.inference_mode():
            found = model(input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(present))
        hidden: Array = found.last_hidden_state.numpy()
        return hidden

    return Scorer(Padded(places.made, forward), places.shipped)


def _files(places: Places) -> Sequence[Path]:
    return [places.made / CHECKPOINT / "model.safetensors", places.made / TOKENISER_FILE]


PYTORCH = Runtime(
    name="PyTorch, float32",
    modules=("torch", "transformers", "tokenizers", *TO_CONVERT),
    packages=("torch", "transformers"),
    simplicity="what training uses, so nothing is converted; padding, cutting and the two means are ours to write",
    load=_load,
    files=_files,
)
