"""Commands run in this process, on a scripted engine; `test_for_real.py` runs them as a user does."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from scripted_engine import ScriptedEngine

from localpersona.cli import main


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


Shell = Callable[..., Outcome]


class _Pipe(io.TextIOWrapper):
    """Standard input that is a pipe holding these bytes."""

    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data), encoding="utf-8")


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> ScriptedEngine:
    scripted = ScriptedEngine(
        ["Sleep in a dark room.", "- a dark room\n- no phone", "It depends! Truly it does."]
    )
    monkeypatch.setattr("localpersona.engine.client.EngineClient", lambda *args, **options: scripted)
    return scripted


@pytest.fixture
def shell(
    engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shell:
    """Run `localpersona` with arguments and, if given, bytes on its standard input."""

    def run(*arguments: str, piped: bytes = b"") -> Outcome:
        monkeypatch.setattr(sys, "argv", ["localpersona", *arguments])
        monkeypatch.setattr(sys, "stdin", _Pipe(piped))
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Outcome(int(ended.value.code or 0), said.out, said.err)

    return run
