"""llama.cpp: what ships, and the same encoder with weights of 16 bits to show what 8 bits move."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from runtimes.runtime import TO_CONVERT, Places, Reader, Runtime

F16_FILE = "encoder.f16.gguf"


def _load_shipped(places: Places, threads: int) -> Reader:
    from localpersona.rewards import RewardModel

    return RewardModel.load(places.shipped, threads)  # as the app does, its checks included


def _load_f16(places: Places, threads: int) -> Reader:
    from localpersona.rewards.encoder import Encoder
    from runtimes.scoring import Scorer

    return Scorer(Encoder(places.made / F16_FILE, threads), places.shipped)


def _shipped_files(places: Places) -> Sequence[Path]:
    return [places.shipped / "encoder.gguf"]


def _f16_files(places: Places) -> Sequence[Path]:
    return [places.made / F16_FILE]


SHIPPED = Runtime(
    name="llama.cpp, Q8_0 (ships)",
    modules=("llama_cpp",),
    packages=("llama-cpp-python",),
    simplicity="nothing to install, since the LLM runs on it; one file holds weights and vocabulary; batches, "
    "threads and the two means are ours to write (rewards/encoder.py), and so is the conversion, a page",
    load=_load_shipped,
    files=_shipped_files,
)

F16 = Runtime(
    name="llama.cpp, F16",
    modules=("llama_cpp", *TO_CONVERT),
    packages=("llama-cpp-python",),
    simplicity="the same with a file twice as large",
    load=_load_f16,
    files=_f16_files,
)
