"""Makes a GGUF of a few kilobytes with random weights, and any vocabulary, template or damage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import gguf
import numpy as np

WIDTH, FEED_FORWARD, HEADS = 32, 64, 2
NORMAL, UNKNOWN, CONTROL, USER_DEFINED, BYTE = 1, 2, 3, 4, 6

CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def sentencepiece_tokens(extra: Mapping[str, int] | None = None) -> list[tuple[str, int]]:
    """Return a SentencePiece vocabulary as (text, type): bytes, ASCII, a few words, and `extra`."""
    words = [
        "▁",
        "▁a",
        "▁b",
        "he",
        "▁he",
        "ll",
        "llo",
        "▁hello",
        "hello",
        "▁world",
        "[",
        "INST",
        "]",
        "[INST]",
    ]
    letters = [chr(code) for code in range(33, 127) if chr(code) not in words]
    return [
        ("<unk>", UNKNOWN),
        ("<s>", CONTROL),
        ("</s>", CONTROL),
        *(((f"<0x{byte:02X}>"), BYTE) for byte in range(256)),
        *((word, NORMAL) for word in words + letters),
        *(extra or {}).items(),
    ]


def write_gguf(
    path: Path,
    *,
    tokens: Sequence[tuple[str, int]] | None = None,
    template: str | None = CHATML,
    architecture: str = "llama",
    tokenizer: str = "llama",
    context_length: int = 512,
    block_count: int = 1,
    heads: int = HEADS,
    weights: float = 1.0,
    score: float = -1.0,
    merges: Sequence[str] | None = (),
    extra: Mapping[str, str] | None = None,
    numbers: Mapping[str, int] | None = None,
) -> Path:
    """Write a one-layer model. weights scales the random numbers: 0 gives a file full of zeros.

    score: of a token, times its index. merges: of byte pairs; None leaves the list out.
    extra, numbers: further entries.
    """
    tokens = (
        sentencepiece_tokens({"<|im_start|>": CONTROL, "<|im_end|>": CONTROL}) if tokens is None else tokens
    )
    writer = gguf.GGUFWriter(str(path), architecture)
    writer.add_context_length(context_length)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(block_count)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_tokenizer_model(tokenizer)
    writer.add_token_list([text for text, _ in tokens])
    writer.add_token_types([kind for _, kind in tokens])
    writer.add_token_scores(
        [score * index if kind == NORMAL else 0.0 for index, (_, kind) in enumerate(tokens)]
    )
    if tokenizer == "gpt2":
        if merges is not None:
            writer.add_token_merges(merges)
        writer.add_tokenizer_pre("smollm")
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    if template is not None:
        writer.add_chat_template(template)
    for key, value in (extra or {}).items():
        writer.add_string(key, value)
    for key, number in (numbers or {}).items():
        writer.add_uint32(key, number)
    random = np.random.default_rng(0)
    for name, shape in _shapes(len(tokens)).items():
        ones = name.endswith("norm.weight") and weights
        values = np.ones(shape) if ones else random.normal(size=shape) * weights * 0.3
        writer.add_tensor(name, values.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _shapes(vocabulary: int) -> dict[str, tuple[int, ...]]:
    block = {
        "attn_norm": (WIDTH,),
        "attn_q": (WIDTH, WIDTH),
        "attn_k": (WIDTH, WIDTH),
        "attn_v": (WIDTH, WIDTH),
        "attn_output": (WIDTH, WIDTH),
        "ffn_norm": (WIDTH,),
        "ffn_gate": (FEED_FORWARD, WIDTH),
        "ffn_up": (FEED_FORWARD, WIDTH),
        "ffn_down": (WIDTH, FEED_FORWARD),
    }
    return {
        "token_embd.weight": (vocabulary, WIDTH),
        "output_norm.weight": (WIDTH,),
        "output.weight": (vocabulary, WIDTH),
        **{f"blk.0.{name}.weight": shape for name, shape in block.items()},
    }
