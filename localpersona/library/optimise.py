"""A copy of a model that this machine runs faster, made only where it is worth it by measurement.

llama.cpp has special code for some formats of weights (Q8_0, Q4_0, IQ4_NL), and none or less for others. A copy in
such a format is kept when it answers at least 1.3 times as fast, alone and eight at once, and predicts a page of
English nearly as well: its perplexity is less than 2 % higher. The original is never touched; copies lie in a folder
of our own and are deleted to undo it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from localpersona import paths
from localpersona.library.gguf_header import GgufHeader, read_header
from localpersona.library.gguf_types import without_quantisation

LEAST_GAIN = 1.3
MOST_RISE = 0.02
_ROUNDS = 2
_BITS = {"Q8_0": 8.5, "Q4_0": 5.0, "IQ4_NL": 5.0}
"""Per weight, some tensors in a finer format included."""
_FAST = frozenset({"Q4_0", "IQ4_NL"})
UNQUANTISED = frozenset({"F32", "F16", "BF16"})
"""Formats from which a copy nearly always gains."""
_SPARE_BYTES = 500 << 20
_FACTS = "copy.json"


@dataclass(frozen=True, slots=True)
class Measured:
    """What a model takes on this machine."""

    one: float
    """Seconds for a typical answer: 200 tokens of prompt, 200 of answer."""
    eight: float
    """Seconds for eight such answers to one prompt, at once."""
    perplexity: float
    """On the shipped page; 0: not asked for."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy that was made, or tried, and what it brings."""

    kind: str
    gain_one: float
    """How many times as fast as the original a single answer is."""
    gain_eight: float
    """The same for eight answers at once."""
    rise: float
    """Of the perplexity: 0.01 is 1 %."""
    size_bytes: int = 0

    @property
    def worth_it(self) -> bool:
        return min(self.gain_one, self.gain_eight) >= LEAST_GAIN and self.rise < MOST_RISE

    def __str__(self) -> str:
        speed = f"{self.gain_one:.2f} times as fast ({self.gain_eight:.2f} for eight answers at once)"
        return f"{self.kind}: {speed}, perplexity {self.rise:+.1%}"


class NotWorthIt(Exception):
    """No copy is worth its disk space. str(error): one or two plain lines; `tried`: the figures."""

    def __init__(self, message: str, tried: tuple[Copy, ...] = ()) -> None:
        super().__init__(message)
        self.tried = tried


class Jobs(Protocol):
    """What takes minutes and llama.cpp. Both raise what the caller of `optimise` gets."""

    def measure(self, path: Path, *, read_page: bool) -> Measured: ...

    def quantise(self, source: Path, target: Path, kind: str, tell: Callable[[float], None]) -> None: ...


Tell = Callable[[str, float], None]
"""What is being done, and how much of it: 0 … 1."""


def optimise(path: Path, jobs: Jobs, tell: Tell = lambda _what, _done: None) -> Copy:
    """Make the best copy of the model at path, replacing an older one; leaves nothing behind when it fails.

    Raises NotWorthIt, GgufError, OSError (no room), and what the jobs raise.
    """
    header = read_header(path)
    kinds = _worth_trying(header)
    forget_stale_copies()
    tell("Measuring the model as it is", 0.0)
    original = jobs.measure(path, read_page=True)
    tried: list[Copy] = []
    with _workshop(path) as folder:
        best: tuple[Copy, Path] | None = None
        for kind in kinds:
            if any(copy.rise > 2 * MOST_RISE for copy in tried):
                break  # what loses so much in one format of few bits does in the others
            _require_room(folder, header, kind)
            target = folder / f"{without_quantisation(path.stem)} (optimised).{kind}.gguf"
            jobs.quantise(path, target, kind, lambda done, kind=kind: tell(f"Making a copy as {kind}", done))  # type: ignore[misc]
            tell(f"Measuring the copy as {kind}", 0.0)
            copy = _compared(kind, path, target, original, jobs)
            tried.append(copy)
            if copy.worth_it and (best is None or copy.gain_eight > best[0].gain_eight):
                best = (copy, target)
            else:
                target.unlink()
        if best is None:
            raise _not_worth_it(path, tried)
        _install(path, *best)
    return best[0]


def copy_of(path: Path) -> Path | None:
    """Return the copy to use in place of the model at path; None when there is none, or the model has changed."""
    with suppress(OSError):
        return next(iter(sorted(_place(path).glob("*.gguf"))), None)
    return None


def facts_of(path: Path) -> Copy | None:
    """Return what the copy of the model at path brings, as measured when it was made."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        facts = json.loads((_place(path) / _FACTS).read_text(encoding="utf-8"))
        return Copy(**facts["copy"])
    return None


def undo(path: Path) -> bool:
    """Delete the copy of the model at path; return whether there was one. Raises OSError."""
    existed = copy_of(path) is not None
    with suppress(FileNotFoundError):
        shutil.rmtree(_place(path))
    return existed


def forget_stale_copies() -> None:
    """Delete the copies of models that are gone or have changed, and what an interrupted run left."""
    for folder in _home().glob("*"):
        with suppress(OSError, ValueError, TypeError, KeyError):
            original = Path(json.loads((folder / _FACTS).read_text(encoding="utf-8"))["original"])
            if _place(original) == folder:
                continue
        shutil.rmtree(folder, ignore_errors=True)


def _worth_trying(header: GgufHeader) -> tuple[str, ...]:
    if header.parts > 1:
        raise NotWorthIt(
            "Models in several parts cannot be copied.\nMerge them first, with llama.cpp's own tool."
        )
    if header.quantisation in _FAST:
        raise NotWorthIt(f"The model is in a fast format already ({header.quantisation}).")
    return tuple(kind for kind in _BITS if kind != "Q8_0" or header.quantisation in UNQUANTISED)


def _compared(kind: str, path: Path, target: Path, original: Measured, jobs: Jobs) -> Copy:
    """Measure copy and original by turns, so that a machine that slows down slows both."""
    read = jobs.measure(target, read_page=True)
    copies, originals = [read], [original]
    for _ in range(_ROUNDS - 1):
        originals.append(jobs.measure(path, read_page=False))
        copies.append(jobs.measure(target, read_page=False))
    return Copy(
        kind,
        min(m.one for m in originals) / min(m.one for m in copies),
        min(m.eight for m in originals) / min(m.eight for m in copies),
        read.perplexity / original.perplexity - 1,
        target.stat().st_size,
    )


def _not_worth_it(path: Path, tried: list[Copy]) -> NotWorthIt:
    figures = "; ".join(map(str, tried))
    return NotWorthIt(
        f"No copy of {path.name} is worth making: {figures}.\nIt takes {LEAST_GAIN} times the speed for less "
        f"than {MOST_RISE:.0%} more perplexity. Nothing was changed.",
        tuple(tried),
    )


@contextmanager
def _workshop(path: Path) -> Iterator[Path]:
    """Give a folder to work in, on the disk where the copy will lie; it is gone afterwards."""
    folder = _home() / f".{_place(path).name}"
    shutil.rmtree(folder, ignore_errors=True)
    paths.make_private(paths.home())
    paths.make_private(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _install(path: Path, copy: Copy, made: Path) -> None:
    """Put the finished copy into its place: a folder that is there as a whole, or not at all."""
    finished = made.with_name(made.name.replace(f".{copy.kind}.gguf", ".gguf"))
    made.rename(finished)
    for other in set(made.parent.iterdir()) - {finished}:
        other.unlink()
    facts = {"original": str(path.absolute()), "copy": asdict(copy)}
    paths.write_whole(made.parent / _FACTS, json.dumps(facts, indent=2))
    undo(path)
    made.parent.rename(_place(path))


def _require_room(folder: Path, header: GgufHeader, kind: str) -> None:
    needed = int(header.parameters * _BITS[kind] / 8) + _SPARE_BYTES
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise OSError(
            f"The copy needs {needed / 1e9:.1f} GB, and only {free / 1e9:.1f} GB are free in {paths.home()}."
        )


def _home() -> Path:
    return paths.home() / "optimised"


def _place(path: Path) -> Path:
    """Return the folder of the copy of exactly this file: another one at the same path has another folder."""
    status = path.stat()
    identity = f"{path.resolve()}\0{status.st_size}\0{status.st_mtime_ns}"
    return _home() / hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()[:24]
