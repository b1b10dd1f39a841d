"""What a GGUF file says it is. Without llama.cpp: files come from strangers, and it aborts on some of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from localpersona.library.gguf_bytes import GgufError
from localpersona.library.gguf_contents import GgufContents, Value, read_contents
from localpersona.library.gguf_types import FILE_TYPES
from localpersona.text import one_line


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """The facts that choosing a model needs. Texts are harmless and on one line; 0 means: not said."""

    name: str
    architecture: str
    kind: str
    """"model", or what else it is: "adapter", "imatrix", "mmproj" …"""
    parameters: int
    quantisation: str
    context_length: int
    """The most tokens that the model was trained for."""
    layers: int
    heads: int
    kv_heads: int
    """Summed over the layers: they need not be alike."""
    head_size: int
    size_bytes: int
    part: int = 0
    """Which part of a split file this is, from 0."""
    parts: int = 1
    layer_bytes: tuple[int, ...] = ()
    """The weights of each layer, as they are in the file (of a split model: in its first part)."""

    @property
    def kv_bytes_per_token(self) -> int:
        """Memory that a token of context takes: keys and values, 16 bits each, in every layer."""
        return 2 * self.kv_heads * self.head_size * 2


def read_header(path: Path) -> GgufHeader:
    """Return what the file at path says of itself; raises GgufError when it is not a whole GGUF."""
    return described(read_contents(path), path.stem)


def described(contents: GgufContents, stem: str) -> GgufHeader:
    """Return the facts among the contents; stem names a model that has no name. Raises GgufError."""
    said = contents.entries
    architecture = one_line(str(said.get("general.architecture") or ""), 40)
    if not architecture:
        raise GgufError("The file does not say what architecture the model has")

    def of_model(key: str) -> Value | None:
        return said.get(f"{architecture}.{key}")

    weights: Counter[str] = Counter()
    for tensor in contents.tensors:
        weights[tensor.kind] += tensor.weights
    layers = _whole(of_model("block_count"))
    heads = _whole(of_model("attention.head_count"))
    width = _whole(of_model("embedding_length"))
    per_layer = of_model("attention.head_count_kv")
    common_type = weights.most_common(1)[0][0] if weights else ""
    return GgufHeader(
        name=one_line(str(said.get("general.name") or stem)),
        architecture=architecture,
        kind=one_line(str(said.get("general.type") or "model"), 20),
        parameters=weights.total() or _whole(said.get("general.parameter_count")),
        quantisation=FILE_TYPES.get(_whole(said.get("general.file_type"), -1), common_type),
        context_length=_whole(of_model("context_length")),
        layers=layers,
        heads=heads,
        kv_heads=sum(per_layer) if isinstance(per_layer, tuple) else (_whole(per_layer) or heads) * layers,
        head_size=_whole(of_model("attention.key_length")) or (width // heads if heads else 0),
        size_bytes=contents.size_bytes,
        part=_whole(said.get("split.no")),
        parts=max(_whole(said.get("split.count")), 1),
        layer_bytes=_layer_bytes(contents),
    )


def _layer_bytes(contents: GgufContents) -> tuple[int, ...]:
    sums: Counter[int] = Counter()
    for tensor in contents.tensors:
        kind, _, rest = tensor.name.partition(".")
        number = rest.partition(".")[0]
        if kind == "blk" and number.isascii() and number.isdigit():
            sums[int(number[:6])] += tensor.size_bytes
    return tuple(size for _, size in sorted(sums.items()))


def _whole(value: Value | None, otherwise: int = 0) -> int:
    """Return value if it is a whole number (of an array, the largest) of at least `otherwise`, else that."""
    if isinstance(value, tuple):
        value = max(value, default=otherwise)
    return max(value, otherwise) if type(value) is int else otherwise
