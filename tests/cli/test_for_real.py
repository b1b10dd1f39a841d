"""The command line as a user has it: a process of its own, the embedded model, the shipped reward model."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

COMMAND = [sys.executable, "-m", "localpersona"]


def run(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=120, **options)


def test_version_and_help() -> None:
    assert run("--version").stdout.startswith("localpersona")
    helped = run("--help")
    assert helped.returncode == 0
    assert "onboard" in helped.stdout


def test_an_answer_is_chosen_by_the_real_models() -> None:
    asked = run("ask", "--json", "--candidates", "2", "--seed", "1", "Name three fruits.")
    assert asked.returncode == 0, asked.stderr
    reply = json.loads(asked.stdout)
    assert len(reply["candidates"]) == 2
    assert all(len(candidate["traits"]) == 12 for candidate in reply["candidates"])
    assert reply["text"].strip()


def test_the_chat_says_that_it_needs_a_terminal() -> None:
    opened = run(stdin=subprocess.DEVNULL)
    assert opened.returncode == 2
    assert "needs a terminal" in opened.stderr


def test_doctor_finds_every_part_working() -> None:
    examined = run("doctor")
    assert examined.returncode == 0, examined.stdout + examined.stderr
    assert "✗" not in examined.stdout
    for part in ("Python", "Data", "Database", "Reward model", "Language model"):
        assert part in examined.stdout


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
def test_ctrl_c_keeps_the_part_that_was_said() -> None:
    prompt = "Write a very long story about a lighthouse, with many chapters."
    with subprocess.Popen(
        [*COMMAND, "ask", "--plain", prompt], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        first = process.stdout.read(20)
        process.send_signal(signal.SIGINT)
        rest, said = process.communicate(timeout=30)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    shown = run("history", "show", "1")
    assert (first + rest).strip()[:20] in shown.stdout


def test_a_reader_that_leaves_early_is_no_error() -> None:
    done = subprocess.run(
        f"'{sys.executable}' -m localpersona profile show | head -n 1",
        shell=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr
