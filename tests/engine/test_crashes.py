"""The child may end at any moment; the app goes on. And it never outlives the app."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from localpersona import paths
from localpersona.engine.client import EngineClient
from localpersona.engine.protocol import Delta, EngineCrashed, EngineError, ModelError, ModelSpec

from .conftest import Ask, answer

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals")


def is_running(pid: int) -> bool:
    """Whether the process exists, as a zombie too."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until_gone(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_running(pid)


@pytest.mark.parametrize(
    ("number", "words"),
    [(signal.SIGSEGV, "SIGSEGV"), (signal.SIGKILL, "memory ran out"), (signal.SIGABRT, "SIGABRT")],
)
def test_a_crash_keeps_the_text_and_the_next_request_works(
    engine: EngineClient, ask: Ask, number: signal.Signals, words: str
) -> None:
    text, pid = "", engine.pid
    assert pid is not None
    with pytest.raises(EngineCrashed, match=words) as crash:
        for event in engine.generate(ask(max_tokens=400)):
            if isinstance(event, Delta):
                text += event.text
                if len(text) > 10:
                    os.kill(pid, number)
    assert text and len(str(crash.value).splitlines()) == 2
    assert not is_running(pid) and engine.info is None and not engine.busy
    assert answer(engine, ask(max_tokens=3))[1].candidates[0].tokens == 3
    assert engine.pid not in (None, pid)


def test_a_child_that_ended_between_two_requests_is_not_noticed(engine: EngineClient, ask: Ask) -> None:
    assert engine.pid is not None
    os.kill(engine.pid, signal.SIGKILL)
    assert answer(engine, ask(max_tokens=3))[1].candidates[0].tokens == 3


def test_unload_ends_the_child_and_the_next_request_loads_again(engine: EngineClient, ask: Ask) -> None:
    pid = engine.pid
    assert pid is not None
    engine.unload()
    assert engine.info is None and engine.pid is None and wait_until_gone(pid)
    assert answer(engine, ask(max_tokens=3))[1].candidates[0].tokens == 3
    assert engine.info is not None


def test_loading_the_same_again_keeps_what_is_loaded(engine: EngineClient, spec: ModelSpec) -> None:
    assert engine.load(spec) is engine.load(spec)


def test_closing_leaves_no_process_and_refuses_further_requests(spec: ModelSpec, ask: Ask) -> None:
    engine = EngineClient(spec)
    engine.load(spec)
    pid = engine.pid
    assert pid is not None
    engine.close()
    engine.close()
    assert not is_running(pid)
    with pytest.raises(EngineError, match="closed"):
        answer(engine, ask())


def test_the_child_dies_with_its_parent(spec: ModelSpec, private_home: Path) -> None:
    program = """
        import sys, time
        from localpersona.engine.client import EngineClient
        from localpersona.engine.protocol import GenerateRequest, ModelSpec
        from localpersona.values import Sampling, Turn
        engine = EngineClient()
        engine.load(ModelSpec(sys.argv[1]))
        print(engine.pid, flush=True)
        for event in engine.generate(GenerateRequest([Turn("user", "Count.")], Sampling(max_tokens=4000))):
            pass
        time.sleep(60)
    """
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), spec.path], stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert wait_until_gone(pid)


def test_ctrl_c_does_not_reach_the_child(engine: EngineClient, ask: Ask) -> None:
    pid = engine.pid
    assert pid is not None and os.getpgid(pid) != os.getpgid(0)
    os.kill(pid, signal.SIGINT)
    assert answer(engine, ask(max_tokens=3))[1].candidates[0].tokens == 3 and engine.pid == pid


def test_the_log_is_private_and_holds_nothing_of_the_conversation(spec: ModelSpec, ask: Ask) -> None:
    engine = EngineClient(spec)
    try:
        answer(engine, ask("My secret is xylophone.", max_tokens=3))
    finally:
        engine.close()
    log = paths.log()
    assert log.stat().st_mode & 0o777 == 0o600
    assert "llama" in log.read_text() and "xylophone" not in log.read_text()


def test_a_home_that_cannot_be_written_costs_only_the_log(
    spec: ModelSpec, ask: Ask, private_home: Path
) -> None:
    private_home.write_text("a file where the directory should be")
    engine = EngineClient(spec)
    try:
        assert answer(engine, ask(max_tokens=3))[1].candidates[0].tokens == 3
    finally:
        engine.close()


def test_modules_in_the_current_directory_are_not_imported(
    spec: ModelSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ask: Ask
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('imported')")
    monkeypatch.chdir(tmp_path)
    engine = EngineClient()
    try:
        engine.load(spec)
        assert engine.count_tokens("hello world") == 2
    finally:
        engine.close()


def test_a_file_that_is_not_there_is_named(engine: EngineClient, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no file .*absent\.gguf"):
        engine.load(ModelSpec(str(tmp_path / "absent.gguf")))
