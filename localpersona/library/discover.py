"""Find the LLMs that are on this disk already, whoever put them there, and use them in place."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path

from localpersona.library.embedded import embedded_model
from localpersona.library.gguf_bytes import GgufError
from localpersona.library.gguf_check import CANNOT_CHAT
from localpersona.library.gguf_header import GgufHeader, read_header
from localpersona.library.memory import Fit, available_bytes, fit
from localpersona.library.ollama import is_file, ollama_models
from localpersona.library.places import model_folders, ollama_folders
from localpersona.text import one_line

EMBEDDED = "comes with LocalPersona"

_DEEPEST = 6
_MOST_ENTRIES = 20_000  # in one place; a folder with more is not a folder of models
_PART = re.compile(r"-(\d{5})-of-(\d{5})\.gguf$", re.IGNORECASE)
_UNFINISHED = ("incomplete-", ".")  # GPT4All's downloads; hidden files


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model that could be chosen."""

    path: Path
    header: GgufHeader
    source: str
    """Whose file it is: "Ollama", "LM Studio" …"""
    fits: Fit
    name: str
    """For people: harmless, on one line."""


def discover(extra_folders: Iterable[Path] = (), context_length: int = 4096) -> list[ModelFile]:
    """Return the chat models found: the embedded one first, then by place and name, each once. Never raises.

    extra_folders: where else to look, or single files. Takes some milliseconds a model the first time.
    """
    free = available_bytes()
    found: dict[tuple[int, int], ModelFile] = {}
    for source, name, path in _files(extra_folders):
        identity, header = _identified(path)
        if identity is None or header is None or identity in found or not _can_chat(header):
            continue
        fits = fit(header, context_length, free)
        found[identity] = ModelFile(path, header, source, fits, one_line(name or path.stem))
    return list(found.values())


def _files(extra_folders: Iterable[Path]) -> Iterator[tuple[str, str, Path]]:
    """Yield (source, name or nothing, path) of everything that might be a model."""
    embedded = embedded_model()
    if embedded is not None:
        yield EMBEDDED, "", embedded
    for source, folder in (*model_folders(), *(("chosen folder", folder) for folder in extra_folders)):
        for path in sorted(islice(_gguf_files(folder), _MOST_ENTRIES)):
            yield source, "", path
    for folder in ollama_folders():
        for name, path in ollama_models(folder):
            yield "Ollama", name, path


def _gguf_files(folder: Path) -> Iterator[Path]:
    """Yield what is named like a model's (first) file, not too deep; links to folders are not followed."""
    if is_file(folder):
        yield folder
        return
    entries = 0
    for place, folders, files in os.walk(folder):
        entries += len(folders) + len(files)
        if entries > _MOST_ENTRIES:
            return
        if len(Path(place).relative_to(folder).parts) >= _DEEPEST:
            folders.clear()
        yield from (Path(place) / name for name in files if _looks_whole(name))


def _looks_whole(name: str) -> bool:
    part = _PART.search(name)
    return (
        name.lower().endswith(".gguf")
        and not name.startswith(_UNFINISHED)
        and "mmproj" not in name.lower()
        and (part is None or int(part[1]) == 1)
    )


def _identified(path: Path) -> tuple[tuple[int, int] | None, GgufHeader | None]:
    """Return what tells this file from all others, and its header; None for what is missing or no model."""
    try:
        status = path.stat()
        header = _header(path, status.st_size, status.st_mtime_ns)
        return (status.st_dev, status.st_ino), _with_all_parts(path, header)
    except (OSError, GgufError):
        return None, None


@lru_cache(maxsize=512)
def _header(path: Path, size: int, changed: int) -> GgufHeader:
    """Read a header once for as long as the file stays the same."""
    return read_header(path)


def _with_all_parts(path: Path, header: GgufHeader) -> GgufHeader:
    """Return the header with the size of all parts of a split model; raises OSError when one is missing."""
    part = _PART.search(path.name)
    if part is None:
        return header
    parts = [
        path.with_name(f"{path.name[: part.start()]}-{number:05}-of-{part[2]}.gguf")
        for number in _numbers(part[2])
    ]
    return replace(header, size_bytes=sum(other.stat().st_size for other in parts))


def _numbers(parts: str) -> range:
    return range(1, min(int(parts), 1_000) + 1)


def _can_chat(header: GgufHeader) -> bool:
    return header.kind == "model" and header.part == 0 and header.architecture not in CANNOT_CHAT
