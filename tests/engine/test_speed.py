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
    assert found.prompt_token == pytest.approx(0.25e-3 + 2e-3 / 64)
    assert found.step_of(4) == pytest.approx(6e-3)
    assert decoder.now < 2 and not any(decoder.held.values())  # about a second, and nothing left behind


def test_a_short_context_is_enough() -> None:
    decoder = TimedDecoder()
    decoder.cells = 256
    speed.measure(decoder, lambda: decoder.now)  # type: ignore[arg-type]
    assert decoder.most < 256 // 4 + 32


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelSpec:
    """A file that says what model it is, and a home of its own."""
    monkeypatch.setenv("LOCALPERSONA_HOME", str(tmp_path / "home"))
    path = tmp_path / "model.gguf"
    path.write_bytes(b"model")
    return ModelSpec(str(path))


def known(spec: ModelSpec, decoder: TimedDecoder | None) -> Speed:
    found = speed.known(spec, decoder)  # type: ignore[arg-type]
    assert found is not None
    return found


def test_the_quickest_of_three_measurements_is_remembered(
    file: ModelSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = iter([Speed(2.0, 2.0, 2.0), Speed(1.0, 1.0, 1.0), Speed(3.0, 3.0, 3.0)])
    monkeypatch.setattr(speed, "measure", lambda decoder: next(measured))
    assert [known(file, None).step for _ in range(5)] == [2.0, 1.0, 1.0, 1.0, 1.0]


def test_another_file_or_way_of_running_is_measured_anew(file: ModelSpec) -> None:
    def measured(spec: ModelSpec) -> bool:
        decoder = TimedDecoder()
        assert known(spec, decoder) and known(spec, decoder) and known(spec, decoder)
        return bool(decoder.held)

    assert [measured(file) for _ in range(2)] == [True, False]
    assert measured(replace(file, threads=3))
    Path(file.path).write_bytes(b"another model")
    assert measured(file)


def test_a_damaged_memory_only_costs_a_measurement(file: ModelSpec, tmp_path: Path) -> None:
    known(file, TimedDecoder())
    for damage in ("{damaged", "[]", '{"x": 3}'):
        (tmp_path / "home" / "speeds.json").write_text(damage)
        assert known(file, TimedDecoder()).step_of(1) >= 0


def test_a_model_that_cannot_be_measured_has_no_speed(file: ModelSpec) -> None:
    class Broken(TimedDecoder):
        def append(self, tokens: Mapping[int, Sequence[int]]) -> None:
            raise RuntimeError("llama_decode: -3")

    assert speed.known(file, Broken()) is None  # type: ignore[arg-type]


def test_the_real_engine_says_how_quick_its_model_is(engine: EngineClient) -> None:
    info = engine.info
    assert info is not None and isinstance(info.speed, Speed)
    assert info.speed.prompt_token > 0 and info.speed.row > 0
    assert info.speed.step_of(8) > info.speed.step_of(1) > 0
