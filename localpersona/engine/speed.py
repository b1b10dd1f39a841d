"""How quick a model is on this machine: measured when it is first used, in about a second, and remembered.

Other programs can only make a model look slower, for a while. So the first three times count, and the quickest
of them is kept.

What decides how many candidates are affordable is what a step costs with more rows: on processors nearly as
much for each row, on graphics cards (and for models that wait for memory) hardly more for eight than for one.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import astuple
from pathlib import Path
from typing import Any, Protocol

from localpersona import paths
from localpersona.alignment.decoder import Decoder, Stopped
from localpersona.engine.protocol import ModelSpec, Speed

ROWS = 8
_PROMPT = 64
_ENOUGH_SECONDS = 0.15
"""Of steps of one kind; at least two are always measured, because the first one reserves memory."""
_MOST_STEPS = 12
_KEPT = 200
_TIMES = 3


class Measurable(Decoder, Protocol):
    """A decoder that says how much it holds."""

    @property
    def cells(self) -> int: ...

    @property
    def sequences(self) -> int: ...


def known(spec: ModelSpec, decoder: Measurable) -> Speed | None:
    """Return the model's speed, measured now if it seldom was; None when that fails. Forgets what is cached."""
    key, file = _key(spec), _read()
    speeds: list[Speed] = []
    with suppress(KeyError, TypeError, ValueError):
        speeds = [Speed(*map(float, values)) for values in file[key]]
    if len(speeds) < _TIMES:
        try:
            speeds.append(measure(decoder))
        except (RuntimeError, MemoryError, Stopped):
            return None  # whatever is wrong will be said when somebody asks something
        _write({**file, key: [list(astuple(speed)) for speed in speeds]})
    return min(speeds, key=lambda speed: speed.step_of(1))


def measure(decoder: Measurable, clock: Callable[[], float] = time.perf_counter) -> Speed:
    """Return what tokens cost: the quickest of a few steps, because other programs only ever slow them down."""
    rows = max(min(ROWS, decoder.sequences), 1)
    token = 1
    prompt = _quickest(lambda: _again(decoder, [token] * 16), clock) / 16
    length = min(_PROMPT, decoder.cells // 4)
    if prompt * length < 4 * _ENOUGH_SECONDS:
        prompt = _quickest(lambda: _again(decoder, [token] * length), clock) / length
    one = _quickest(lambda: decoder.append({0: [token]}), clock)
    decoder.fork(0, range(1, rows))
    all_rows = _quickest(lambda: decoder.append({row: [token] for row in range(rows)}), clock)
    for row in range(rows):
        decoder.drop(row)
    per_row = max(all_rows - one, 0.0) / (rows - 1) if rows > 1 else one
    return Speed(prompt, max(one - per_row, 0.0), per_row)


def _again(decoder: Decoder, tokens: list[int]) -> None:
    decoder.drop(0)
    decoder.append({0: tokens})


def _quickest(work: Callable[[], None], clock: Callable[[], float]) -> float:
    taken: list[float] = []
    while len(taken) < 2 or (sum(taken) < _ENOUGH_SECONDS and len(taken) < _MOST_STEPS):
        started = clock()
        work()
        taken.append(clock() - started)
    return min(taken)


def _key(spec: ModelSpec) -> str:
    """Return what names a file and a way of running it; another file at the same path is another model."""
    status = Path(spec.path).stat()
    parts = (spec.path, status.st_size, status.st_mtime_ns, spec.threads, spec.gpu_layers)
    machine = (platform.node(), platform.processor(), os.cpu_count())
    return hashlib.sha256(repr((parts, machine)).encode()).hexdigest()[:24]


def _file() -> Path:
    return paths.home() / "speeds.json"


def _read() -> dict[str, Any]:
    try:
        found = json.loads(_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(speeds: dict[str, Any]) -> None:
    kept = dict(list(speeds.items())[-_KEPT:])
    with suppress(OSError):  # it is measured again the next time
        paths.make_private(paths.home())
        paths.write_whole(_file(), json.dumps(kept))
