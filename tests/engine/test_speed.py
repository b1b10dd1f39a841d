"""Measuring a model: the right figures from a decoder of known speed, and remembered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from localpersona.engine import speed
from localpersona.engine.client import EngineClient
from localpersona.engine.protocol import ModelSpec, Speed


class TimedDecoder:
    """Takes 2 ms a step, 1 ms a row and 0.25 ms a token of a longer prompt, by a clock of its own."""

    cells, sequences = 4096, 8

    def __init__(self) -> None:
        self.now = 0.0
        self.held: dict[int, int] = {}
        self.most = 0

    def append(self, tokens: Mapping[int, Sequence[int]]) -> None:
        rows = sum(map(len, tokens.values()))
        self.now += 2e-3 + (rows * 1e-3 if rows <= 8 else rows * 0.25e-3)
        for sequence, new in tokens.items():
            self.held[sequence] = self.held.get(sequence, 0) + len(new)
        self.most = max(self.most, max(self.held.values()))

    def fork(self, source: int, targets: Iterable[int]) -> None:
        self.held |= dict.fromkeys(targets, self.held[source])

    def drop(self, sequence: int, length: int = 0) -> int:
        self.held[sequence] = length
        return length


def test_a_step_and_its_rows_are_told_apart() -> None:
    decoder = TimedDecoder()
    found = speed.measure(decoder, lambda: decoder.now)  # type: ignore[arg-type]
    assert (found.step, found.row) == pytest.approx((2e-3, 1e-3))
    assert found.prompt_token == pytest.approx(0.25e-3 + 2e-3 / 128)
    assert found.step_of(4) == pytest.approx(6e-3)
    assert decoder.now < 2 and not any(decoder.held.values())  # about a second, and nothing left behind


def test_a_short_context_is_enough() -> None:
    decoder = TimedDecoder()
    decoder.cells = 256
    speed.measure(decoder, lambda: decoder.now)  # type: ignore[arg-type]
    assert decoder.most < 256 // 4 + 32


def test_a_speed_is_remembered_for_the_file_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCALPERSONA_HOME", str(tmp_path / "home"))
    path = tmp_path / "model.gguf"
    path.write_bytes(b"model")
    spec, decoder = ModelSpec(str(path)), TimedDecoder()
    first = speed.known(spec, decoder)  # type: ignore[arg-type]
    taken = decoder.held
    assert first is not None and taken
    assert speed.known(spec, None) == first  # type: ignore[arg-type] # the decoder is not even looked at
    assert speed.known(replace(spec, threads=3), TimedDecoder()) is not None  # type: ignore[arg-type]
    path.write_bytes(b"another model")
    decoder.held.clear()
    assert speed.known(spec, decoder) is not None and decoder.held  # type: ignore[arg-type]
    (tmp_path / "home" / "speeds.json").write_text("{damaged")
    assert speed.known(spec, decoder) is not None  # type: ignore[arg-type]


def test_the_real_engine_says_how_quick_its_model_is(engine: EngineClient) -> None:
    info = engine.info
    assert info is not None and isinstance(info.speed, Speed)
    assert info.speed.prompt_token > 0 and info.speed.row > 0
    assert info.speed.step_of(8) > info.speed.step_of(1) > 0
