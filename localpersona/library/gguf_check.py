"""Whether llama.cpp can be shown a file: what it would abort on, or explain to programmers only, is refused here.

Not known here: whether the weights are good, and what a newer llama.cpp may come to accept.
"""

from __future__ import annotations

from pathlib import Path

from localpersona.library.gguf_bytes import GgufError
from localpersona.library.gguf_contents import TOKENS, GgufContents, read_contents
from localpersona.library.gguf_header import GgufHeader, described
from localpersona.text import one_line

CANNOT_CHAT = frozenset(
    {"bert", "nomic-bert", "nomic-bert-moe", "jina-bert-v2", "modern-bert", "clip", "t5encoder", "wavtokenizer-dec"}
)  # fmt: skip
"""Architectures that read or hear, but do not write."""

_MOST_LAYERS = 512  # llama.cpp aborts beyond; the deepest known have 126
_MOST_EXPERTS = 4_096
_MOST_OF_ANYTHING = 1 << 31  # heads, width; computing with more overflows
_KINDS = {"adapter": "a LoRA adapter", "imatrix": "an importance matrix", "mmproj": "a part that sees images"}


def check(path: Path) -> GgufHeader:
    """Return what the file says of itself if it looks like a model that llama.cpp can load.

    Raises GgufError with the reason, as a clause that a reader without knowledge of GGUF understands.
    """
    contents = read_contents(path, look_at_tokens=True)
    header = described(contents, path.stem)
    for check_one in (_is_a_chat_model, _has_sane_numbers, _has_sane_tensors, _has_a_vocabulary):
        check_one(contents, header)
    return header


def _is_a_chat_model(contents: GgufContents, header: GgufHeader) -> None:
    if header.kind != "model":
        what = _KINDS.get(header.kind, f"of the kind {header.kind!r}")
        raise GgufError(f"It is {what}, not a language model")
    if header.architecture in CANNOT_CHAT:
        raise GgufError(f"It is a model that writes no text ({header.architecture})")
    if header.part:
        raise GgufError(f"It is part {header.part + 1} of {header.parts}: choose the first one")


def _has_sane_numbers(contents: GgufContents, header: GgufHeader) -> None:
    def number(key: str, otherwise: int) -> int:
        value = contents.entries.get(f"{header.architecture}.{key}", otherwise)
        return value if isinstance(value, int) else otherwise

    bounds = {
        "block_count": (1, _MOST_LAYERS),
        "attention.head_count": (0, _MOST_OF_ANYTHING),  # 0: a model without attention
        "attention.head_count_kv": (0, _MOST_OF_ANYTHING),
        "attention.key_length": (1, _MOST_OF_ANYTHING),
        "attention.value_length": (1, _MOST_OF_ANYTHING),
        "embedding_length": (1, _MOST_OF_ANYTHING),
        "feed_forward_length": (0, _MOST_OF_ANYTHING),
        "expert_count": (0, _MOST_EXPERTS),
        "expert_used_count": (0, number("expert_count", 0)),
    }
    for key, (least, most) in bounds.items():
        value = number(key, least)
        if not least <= value <= most:
            raise GgufError(f"The file's header makes no sense: {key} is {value}")


def _has_sane_tensors(contents: GgufContents, header: GgufHeader) -> None:
    if not contents.tensors:
        raise GgufError("The file holds no weights")
    if len({tensor.name for tensor in contents.tensors}) < len(contents.tensors):
        raise GgufError("The file is damaged: the same weights are in it twice")
    ends_at = 0
    for tensor in sorted(contents.tensors, key=lambda tensor: (tensor.offset, tensor.size_bytes)):
        if tensor.offset < ends_at:
            raise GgufError("The file is damaged: its weights lie one over the other")
        ends_at = tensor.offset + tensor.size_bytes


def _has_a_vocabulary(contents: GgufContents, header: GgufHeader) -> None:
    if TOKENS not in contents.entries:
        raise GgufError("The file has no vocabulary")
    if contents.repeated_token is not None:
        token = one_line(contents.repeated_token, 20)
        raise GgufError(f"Its vocabulary holds {token!r} twice, which llama.cpp cannot load")
