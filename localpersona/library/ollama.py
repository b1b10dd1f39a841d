"""Ollama's models: files named by their hash, and manifests (JSON) that say which belongs to which name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_MODEL_LAYER = "application/vnd.ollama.image.model"
_DIGEST = re.compile(r"sha256[:-]([0-9a-f]{64})")
_MOST_MANIFESTS = 1_000
_MOST_BYTES = 1 << 20


def ollama_models(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield (name such as "llama3.2:3b", file) of each model; what is broken or missing is left out."""
    try:
        manifests = sorted(path for path in (folder / "manifests").glob("*/*/*/*"))[:_MOST_MANIFESTS]
    except OSError:
        return
    for manifest in manifests:
        digest = _model_digest(manifest)
        blob = folder / "blobs" / f"sha256-{digest}"
        if digest and is_file(blob):
            yield f"{manifest.parent.name}:{manifest.name}", blob


def is_file(path: Path) -> bool:
    """Whether there is a file that we can see; in somebody else's folders we may not be allowed to look."""
    try:
        return path.is_file()
    except OSError:
        return False


def _model_digest(manifest: Path) -> str:
    """Return the hash of the model's file, hexadecimal; empty when the manifest names none properly."""
    try:
        with manifest.open("rb") as file:
            content: Any = json.loads(file.read(_MOST_BYTES))
        digests = [layer["digest"] for layer in content["layers"] if layer["mediaType"] == _MODEL_LAYER]
        found = _DIGEST.fullmatch(digests[0])  # anything else could lead out of the folder
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return ""
    return found[1] if found else ""
