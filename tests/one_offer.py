"""A catalogue of one small model, which a server on this machine hands out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from file_server import FileServer, serving
from library.gguf_maker import MODEL, gguf

from localpersona import paths
from localpersona.library.catalogue import catalogue
from localpersona.library.part import part_of

TINY = gguf(MODEL | {"tokenizer.ggml.tokens": [f"t{number}" for number in range(300)]})


@dataclass(frozen=True)
class Shop:
    server: FileServer

    @property
    def path(self) -> Path:
        """Where the model goes."""
        return paths.models() / "tiny.gguf"

    @property
    def part(self) -> Path:
        return part_of(self.path)


@contextmanager
def offering(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """Let the catalogue that ships be another one, written into the folder."""
    for name in ("http_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with serving(TINY) as server:
        entry = {
            "name": "tiny",
            "title": "Tiny Instruct",
            "good_for": "Testing.",
            "licence": "CC0-1.0",
            "licence_url": "https://example.org/licence",
            "parameters": 20_000,
            "quantisation": "Q8_0",
            "context_length": 2_048,
            "kv_bytes_per_token": 512,
            "size_bytes": len(TINY),
            "sha256": hashlib.sha256(TINY).hexdigest(),
            "url": server.url,
        }
        file = folder / "catalogue.json"
        file.write_text(json.dumps({"about": "", "hosts": [server.host, ".hf.co"], "models": [entry]}))
        monkeypatch.setattr("localpersona.shipped.catalogue", lambda: file)
        catalogue.cache_clear()
        try:
            yield Shop(server)
        finally:
            catalogue.cache_clear()
