"""Where programs that run LLMs keep their files. Only looked at, never written to."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from localpersona import paths


def model_folders() -> list[tuple[str, Path]]:
    """Return (whose, folder) for every place where GGUF files lie as such; most do not exist here."""
    home = Path.home()
    return [
        ("your models folder", paths.models()),
        *(("LM Studio", folder) for folder in _lm_studio(home)),
        *(("Jan", folder) for folder in _jan(home)),
        *(("GPT4All", folder) for folder in _gpt4all(home)),
        ("llama.cpp", Path(os.environ.get("LLAMA_CACHE") or _caches(home) / "llama.cpp")),
        ("Hugging Face", _hugging_face(home)),
    ]


def ollama_folders() -> list[Path]:
    """Return where Ollama keeps `manifests` and `blobs`: the user's, and the Linux service's."""
    own = os.environ.get("OLLAMA_MODELS")
    return [
        Path(own).expanduser() if own else Path.home() / ".ollama" / "models",
        Path("/usr/share/ollama/.ollama/models"),
        Path("/var/lib/ollama/models"),
    ]


def _lm_studio(home: Path) -> list[Path]:
    return [home / ".lmstudio" / "models", home / ".cache" / "lm-studio" / "models"]


def _jan(home: Path) -> list[Path]:
    data = [home / "jan", _application_data(home) / "Jan" / "data", home / ".config" / "Jan" / "data"]
    return [folder / models for folder in data for models in ("llamacpp/models", "models")]


def _gpt4all(home: Path) -> list[Path]:
    local = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    data = local if sys.platform == "win32" else _application_data(home)
    return [data / "nomic.ai" / "GPT4All", home / ".cache" / "gpt4all"]


def _hugging_face(home: Path) -> Path:
    cache = os.environ.get("HF_HUB_CACHE")
    hub = (
        os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "huggingface"
    )
    return Path(cache) if cache else Path(hub) / "hub"


def _application_data(home: Path) -> Path:
    if sys.platform == "darwin":
        return home / "Library" / "Application Support"
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or home / "AppData" / "Roaming")
    return Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")


def _caches(home: Path) -> Path:
    if sys.platform == "darwin":
        return home / "Library" / "Caches"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
