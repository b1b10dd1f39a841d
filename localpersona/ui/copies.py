"""What the screens say about the optimised copies of models. Every function reads the disk and may block."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from localpersona.library.optimise import copy_of, facts_of

if TYPE_CHECKING:
    from localpersona.library import ModelFile


def original(loaded: str, models: Sequence[Path]) -> str:
    """Return the path of the model that answers when the file `loaded` does: it may be the copy of one."""
    return next((str(path) for path in models if str(copy_of(path)) == loaded), loaded)


def described(models: Sequence[ModelFile], loaded: str) -> dict[Path, str]:
    """Return a line about the copy of each model that has one. `loaded`: the file in memory, "" for none."""
    return {model.path: _line(model.path, copy, loaded) for model in models if (copy := copy_of(model.path))}


def _line(path: Path, copy: Path, loaded: str) -> str:
    facts = facts_of(path)
    brings = f": {facts.kind}, {facts.gain_one:.1f} times as fast" if facts else ""
    if str(copy) == loaded:
        return f"⚡ the optimised copy is in use{brings}"
    if str(path) == loaded:
        return f"⚡ has an optimised copy, in use from the next answer on{brings}"
    return f"⚡ has an optimised copy, which answers in its place{brings}"
