"""Makes a LoRA adapter of rank 2 for the tiny model, as a GGUF."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np

from .tiny_gguf import WIDTH

RANK = 2


def write_lora(
    path: Path, *, architecture: str = "llama", width: int = WIDTH, tensor: str = "attn_v", seed: int = 0
) -> Path:
    writer = gguf.GGUFWriter(str(path), architecture)
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, float(RANK))
    random = np.random.default_rng(seed)
    for half, shape in (("lora_a", (RANK, width)), ("lora_b", (width, RANK))):
        values = random.normal(size=shape).astype(np.float16)
        writer.add_tensor(f"blk.0.{tensor}.weight.{half}", values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
