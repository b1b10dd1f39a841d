"""Files that are no model, or a hostile one: name → what writes it. None may end or block the app."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .gguf_bytes import GgufBytes
from .tiny_gguf import CONTROL, NORMAL, sentencepiece_tokens, write_gguf

Make = Callable[[Path], object]

VOCABULARY = sentencepiece_tokens({"<|im_start|>": CONTROL, "<|im_end|>": CONTROL})
BURNING = "{% for i in range(99999) %}{% for j in range(99999) %}{{ j }}{% endfor %}{% endfor %}"


def model(**options: Any) -> Make:
    return lambda path: write_gguf(path, **options)


def changed(change: Callable[[GgufBytes], GgufBytes], **options: Any) -> Make:
    return lambda path: change(GgufBytes(write_gguf(path, **options))).save()


def cut(keep: Callable[[int], int]) -> Make:
    def make(path: Path) -> None:
        content = write_gguf(path).read_bytes()
        path.write_bytes(content[: keep(len(content))])

    return make


def content(data: bytes) -> Make:
    return lambda path: path.write_bytes(data)


def stretched(path: Path, width: int = 1 << 31) -> None:
    """Write a model whose last three tensors take 3 · 128 · width bytes, all of it holes in the file."""
    file = GgufBytes(write_gguf(path)).set("llama.feed_forward_length", "I", width)
    begin = file.offset_of("blk.0.ffn_gate.weight")
    for index, (name, shape) in enumerate(
        {"gate": (32, width), "up": (32, width), "down": (width, 32)}.items()
    ):
        file.tensor(f"blk.0.ffn_{name}.weight", shape=shape, offset=begin + index * 128 * width)
    os.truncate(file.save(), begin + (1 << 20) + 3 * 128 * width)


NO_GGUF: dict[str, Make] = {
    "empty": content(b""),
    "one byte": content(b"G"),
    "only the magic": content(b"GGUF"),
    "a web page": content(b"<!DOCTYPE html><html>404 Not Found</html>"),
    "a pointer of Git LFS": content(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"),
    "a pickle": content(b"\x80\x04cos\nsystem\n(S'true'\ntR." + bytes(64)),
    "an old GGML file": changed(lambda file: file.replace(b"GGUF", b"GGML")),
    "nothing but zeros": content(bytes(100_000)),
    "the magic and random bytes": content(b"GGUF\x03\0\0\0" + bytes(range(256)) * 64),
    "a terabyte of nothing": lambda path: (path.write_bytes(b"GGUF"), os.truncate(path, 1 << 40)),
}

CUT: dict[str, Make] = {
    **{f"cut after {size} bytes": cut(lambda _, size=size: size) for size in (8, 23, 24, 200, 2_000, 9_000)},
    "half": cut(lambda size: size // 2),
    "4 kB short": cut(lambda size: size - 4_000),
    "a byte short": cut(lambda size: size - 1),
}

COUNTS: dict[str, Make] = {
    "version 1": changed(lambda file: file.put(4, "I", 1)),
    "version 4 billion": changed(lambda file: file.put(4, "I", 2**32 - 1)),
    "other byte order": changed(lambda file: file.put(4, "I", 3 << 24)),
    "2^63 tensors": changed(lambda file: file.put(8, "Q", 2**63)),
    "no tensors": changed(lambda file: file.put(8, "Q", 0)),
    "a tensor too few": changed(lambda file: file.put(8, "Q", 11)),
    "a tensor too many": changed(lambda file: file.put(8, "Q", 13)),
    "2^64 - 1 entries": changed(lambda file: file.put(16, "Q", 2**64 - 1)),
    "an entry too few": changed(lambda file: file.put(16, "Q", 10)),
    "a thousand entries too many": changed(lambda file: file.put(16, "Q", 1_015)),
    "a key without end": changed(lambda file: file.put(24, "Q", 2**63)),
    "a text longer than the file": changed(lambda file: file.set("general.architecture", "Q", 2**64 - 1)),
    "an array longer than the file": changed(lambda file: file.array("tokenizer.ggml.scores", length=2**61)),
    "an array of -1 texts": changed(lambda file: file.array("tokenizer.ggml.tokens", length=2**64 - 1)),
    "arrays within arrays": changed(lambda file: file.array("tokenizer.ggml.tokens", kind=9)),
    "arrays a thousand deep": lambda path: nested(path, 1_000),
    "a value of no known type": changed(lambda file: file.retype("llama.context_length", 99)),
    "a key twice": changed(
        lambda file: file.replace(b"llama.feed_forward_length", b"tokenizer.ggml.token_type")
    ),
    "alignment 0": model(numbers={"general.alignment": 0}),
    "alignment 3": model(numbers={"general.alignment": 3}),
    "alignment 2^31": changed(
        lambda file: file.set("general.alignment", "I", 2**31), numbers={"general.alignment": 32}
    ),
}

NUMBERS: dict[str, Make] = {
    "no layers": model(block_count=0),
    "4,000 layers (aborts)": model(block_count=4_000),
    "4 billion layers": model(block_count=2**32 - 1),
    "layers as text": changed(lambda file: file.retype("llama.block_count", 8)),
    "no heads": model(heads=0),
    "7 heads": model(heads=7),
    "4 billion heads": model(heads=2**32 - 1),
    "more heads for keys than there are": model(numbers={"llama.attention.head_count_kv": 3}),
    "no width": changed(lambda file: file.set("llama.embedding_length", "I", 0)),
    "4 billion wide": changed(lambda file: file.set("llama.embedding_length", "I", 2**32 - 1)),
    "feed-forward of 4 billion": changed(lambda file: file.set("llama.feed_forward_length", "I", 2**32 - 1)),
    "a million experts": model(numbers={"llama.expert_count": 1_000_000}),
    "more experts used than there are": model(
        numbers={"llama.expert_count": 2, "llama.expert_used_count": 9}
    ),
    "keys of 4 billion numbers": model(numbers={"llama.attention.key_length": 2**32 - 1}),
    "positions over 3 of 16 numbers": model(numbers={"llama.rope.dimension_count": 3}),
    "no architecture": model(architecture=""),
    "unknown architecture": model(architecture="doesnotexist"),
    "an architecture of a megabyte": model(architecture="x" * (1 << 20)),
    "an encoder (BERT)": model(architecture="bert"),
    "an image encoder": model(architecture="clip"),
    "a LoRA adapter": model(extra={"general.type": "adapter", "adapter.type": "lora"}),
    "an importance matrix": model(extra={"general.type": "imatrix"}),
    "a second part": model(numbers={"split.no": 1, "split.count": 2}),
}

VOCABULARIES: dict[str, Make] = {
    "a token twice (aborts)": model(tokens=[*VOCABULARY, ("hello", NORMAL)]),
    "all tokens alike": model(tokens=[("a", NORMAL)] * 100),
    "no tokens": model(tokens=[]),
    "one token": model(tokens=[("a", NORMAL)]),
    "tokens without texts": changed(
        lambda file: file.replace(b"tokenizer.ggml.tokens", b"tokenizer.ggml.tokenz")
    ),
    "more tokens than weights": changed(
        lambda file: file.tensor("token_embd.weight", shape=(32, 5)).tensor("output.weight", shape=(32, 5))
    ),
    "scores for half the tokens": changed(lambda file: file.array("tokenizer.ggml.scores", kind=0)),
    "a tokenizer that nobody knows": model(tokenizer="doesnotexist"),
    "byte pairs without merges": model(tokenizer="gpt2", merges=None),
    "tokenizer of an encoder": model(tokenizer="bert"),
    "no tokenizer": model(tokenizer="none"),
    "no bytes in the vocabulary": model(
        tokens=[("<unk>", 2), ("<s>", CONTROL), ("</s>", CONTROL), *[(f"t{i}", NORMAL) for i in range(90)]]
    ),
}

TENSORS: dict[str, Make] = {
    "weights all zero": model(weights=0.0),
    "weights not numbers": model(weights=float("nan")),
    "weights without end": model(weights=float("inf")),
    "one weight not a number": changed(lambda file: file.weights("output.weight", float("nan"), 1)),
    "a layer that is not numbers": changed(
        lambda file: file.weights("blk.0.attn_q.weight", float("nan"), 1024)
    ),
    "a norm of zeros": changed(lambda file: file.weights("output_norm.weight", 0.0, 32)),
    "a tensor of no known type": changed(lambda file: file.tensor("output.weight", kind=999)),
    "a tensor of another type": changed(lambda file: file.tensor("output.weight", kind=2)),
    "a tensor of whole numbers": changed(lambda file: file.tensor("output_norm.weight", kind=26)),
    "a tensor of 9 dimensions": changed(lambda file: file.tensor("output.weight", dimensions=9)),
    "a tensor of 2^62 rows": changed(lambda file: file.tensor("output.weight", shape=(32, 2**62))),
    "a tensor of 2^63 columns": changed(lambda file: file.tensor("output.weight", shape=(2**63, 1))),
    "an empty tensor": changed(lambda file: file.tensor("output.weight", shape=(0, 0))),
    "tensors one over the other": changed(lambda file: file.tensor("blk.0.ffn_up.weight", offset=0)),
    "a tensor beyond the end": changed(lambda file: file.tensor("output.weight", offset=2**40)),
    "a tensor before the beginning": changed(lambda file: file.tensor("output.weight", offset=2**64 - 32)),
    "a crooked offset": changed(lambda file: file.tensor("output.weight", offset=33)),
    "a tensor twice": changed(lambda file: file.replace(b"blk.0.ffn_up.weight", b"blk.0.attn_q.weight")),
    "a tensor under another name": changed(lambda file: file.replace(b"ffn_gate", b"ffn_gote")),
    "800 GB of weights": stretched,
}

ODD: Mapping[str, Make] = {
    "merges that merge nothing": model(tokenizer="gpt2", merges=["", "x", "no such", " ", "a  b"]),
    "scores that are not numbers": model(score=float("nan")),
    "a context of 2^31 - 1 tokens": model(context_length=2**31 - 1),
    "a context of no tokens": model(context_length=0),
    "a first token that does not exist": changed(
        lambda file: file.set("tokenizer.ggml.bos_token_id", "I", 2**31)
    ),
    "an answer that never ends": changed(
        lambda file: file.set("tokenizer.ggml.eos_token_id", "I", 2**32 - 1)
    ),
    "a name with escapes": model(extra={"general.name": "\x1b[31mevil\n\n\u202eeman"}),
    "a name that is no UTF-8": changed(
        lambda file: file.replace(b"evil", b"\xff\xfe\x80\xc0"), extra={"general.name": "evil"}
    ),
    "a token of a megabyte": model(tokens=[*VOCABULARY, ("x" * (1 << 20), NORMAL)]),
    "norms divided by nothing": changed(
        lambda file: file.set("llama.attention.layer_norm_rms_epsilon", "f", 0.0)
    ),
}
"""Files that are strange, yet answer."""

BAD: Mapping[str, Make] = NO_GGUF | CUT | COUNTS | NUMBERS | VOCABULARIES | TENSORS
"""Files of which none can answer."""

TEMPLATES: Mapping[str, str] = {
    "broken": "{% if",
    "refuses": "{{ raise_exception('no') }}",
    "looks around": "{{ ''.__class__.__mro__ }}",
    "looks for globals": "{{ cycler.__init__.__globals__ }}",
    "a billion letters": "{{ 'a' * 1000000000 }}",
    "a list of a billion": "{{ [0] * 1000000000 }}",
    "centred in a billion": "{{ 'a' | center(1000000000) }}",
    "padded to a billion": "{{ '%1000000000d' % 1 }}",
    "formatted to a billion": "{{ '{:1000000000}'.format(1) }}",
    "a power": "{{ 7 ** (10 ** 8) }}",
    "squares": "{% set n = namespace(x=10 ** 0 + 9) %}{% for i in range(40) %}{% set n.x = n.x * n.x %}"
    "{% endfor %}{{ n.x }}",
    "says nothing": "nothing",
    "burns": BURNING,
    "calls itself": "{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}",
    "includes a file": "{% include '/etc/passwd' %}",
    "changes the conversation": "{{ messages.clear() }}",
    "too long": "x" * 300_000,
    "brackets a thousand deep": "{{ " + "(" * 5_000 + "1" + ")" * 5_000 + " }}",
}


def nested(path: Path, depth: int) -> None:
    """Write a model with an array in an array in an array … before everything else."""
    file = GgufBytes(write_gguf(path))
    key = b"\x04" + bytes(7) + b"deep" + (9).to_bytes(4, "little")
    inner = ((9).to_bytes(4, "little") + (1).to_bytes(8, "little")) * depth
    file.data[24:24] = key + inner + bytes(12)
    file.put(16, "Q", int.from_bytes(file.data[16:24], "little") + 1).save()
