"""What unlucky or hostile users give the commands: one or two plain lines, the right exit code, no traceback."""

from __future__ import annotations

import io
import json
import logging
import stat
import sys
from pathlib import Path

import pytest
from scripted_engine import ScriptedEngine

from localpersona import paths
from localpersona.assistant import Assistant
from localpersona.cli import ask

from .conftest import Outcome, Shell


def failed_plainly(outcome: Outcome, code: int) -> bool:
    return outcome.code == code and "Traceback" not in outcome.err and len(outcome.err.splitlines()) <= 4


@pytest.mark.parametrize(
    "arguments",
    [
        ("history", "show", "9" * 30),
        ("history", "list", "-n", "9" * 30),
        ("history", "search", "-n", "9" * 30, "x"),
        ("models", "use", ""),
        ("profile", "show", "--profile", " "),
        ("ask", "--candidates", "0", "x"),
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(shell: Shell, arguments: tuple[str, ...]) -> None:
    assert failed_plainly(shell(*arguments), 2)


def test_options_without_a_command_are_the_chats(shell: Shell) -> None:
    for arguments in (("--profile", "guest"), ("--model=x.gguf",), ("--gpu-layers", "0")):
        outcome = shell(*arguments)
        assert failed_plainly(outcome, 2) and "needs a terminal" in outcome.err
    assert "did you mean '--profile'" in shell("--profil", "guest").err.lower()
    assert shell("--version").out.startswith("localpersona, version")


def test_the_home_of_nobody_is_a_name_like_any_other(shell: Shell) -> None:
    assert failed_plainly(shell("models", "use", "~nobody-at-all/x.gguf"), 1)
    assert (
        shell("ask", "--plain", "--model", "~nobody-at-all/x.gguf", "hi").code == 0
    )  # the scripted one takes it


def test_endless_piped_text_is_refused_before_it_is_stored(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[ask.callback.__module__], "_MOST_BYTES", 10)  # type: ignore[union-attr]
    asked = shell("ask", piped=b"y\n" * 100)
    assert failed_plainly(asked, 1) and "no model can read" in asked.err
    assert not paths.database().exists()


def test_utf_16_as_some_windows_programs_pipe_it_is_read(shell: Shell, engine: ScriptedEngine) -> None:
    asked = shell("ask", "--plain", piped="Grüße".encode("utf-16"))
    assert asked.err == "" and engine.requests[-1].turns[-1].content == "Grüße"


def test_json_is_strict_whatever_the_prompt_and_the_numbers_are(
    shell: Shell, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = shell("ask", "--plain", "--json", "broken \udcff\udcfe bytes")
    assert json.loads(asked.out)["prompt"] == "broken \ufffd\ufffd bytes" and "\\ud" not in asked.out
    monkeypatch.setattr(Assistant, "models", lambda self: [])
    from localpersona.cli.common import print_json

    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    print_json({"value": float("nan"), "path": "\udcff"})
    assert json.loads(out.getvalue(), parse_constant=pytest.fail) == {"value": None, "path": "?"}


def test_a_model_that_is_gone_is_reported_once(shell: Shell) -> None:
    paths.make_private(paths.home())
    paths.settings().write_text('model = "/nowhere/gone.gguf"')
    assert shell("ask", "--plain", "hi").err.count("no longer there") == 1


def test_going_on_means_the_last_chat_of_the_same_profile(shell: Shell, engine: ScriptedEngine) -> None:
    shell("ask", "--plain", "mine")
    other = shell("ask", "--plain", "-c", "--profile", "somebody else", "and now?")
    assert failed_plainly(other, 1) and "no chat to go on with" in other.err
    shell("ask", "--plain", "-c", "and now?")
    assert [turn.content for turn in engine.requests[-1].turns][-3:] == [
        "mine",
        "Sleep in a dark room.",
        "and now?",
    ]


def test_a_failed_answer_leaves_nothing_on_stdout(shell: Shell, engine: ScriptedEngine) -> None:
    engine.bad_models["/x.gguf"] = "x.gguf is damaged.\nChoose another."
    asked = shell("ask", "--model", "/x.gguf", "hi")
    assert (asked.code, asked.out) == (1, "")
    assert asked.err == "Error: x.gguf is damaged.\nChoose another.\n"


def test_an_unforeseen_error_is_two_lines_and_the_rest_is_in_a_private_log(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Assistant) -> None:
        raise ZeroDivisionError("\x1b[31mnever seen before")

    monkeypatch.setattr(Assistant, "profile", broken)
    shown = shell("profile", "show")
    assert shown.code == 1 and "\x1b" not in shown.err
    assert len(shown.err.splitlines()) == 2 and "errors.log" in shown.err
    log = paths.error_log()
    assert "Traceback" in log.read_text() and stat.S_IMODE(log.stat().st_mode) == 0o600


def test_errors_of_the_app_never_write_on_the_terminal(shell: Shell, engine: ScriptedEngine) -> None:
    shell("profile", "show")
    outcome = logging.getLogger("localpersona.anything")
    outcome.error("behind the screen")
    assert "behind the screen" in paths.error_log().read_text()


def test_a_full_disk_costs_no_former_export(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "profile.json"
    assert shell("profile", "export", str(file)).code == 0
    former = file.read_text()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    exported = shell("profile", "export", str(file))
    assert failed_plainly(exported, 1) and "[Errno" not in exported.err
    assert file.read_text() == former and list(tmp_path.glob(".profile*")) == []


def test_a_file_without_end_is_no_profile(shell: Shell) -> None:
    if Path("/dev/zero").exists():
        assert failed_plainly(shell("profile", "import", "/dev/zero"), 1)


@pytest.mark.parametrize(
    "arguments",
    [
        ("history", "list"),
        ("history", "search", "x"),
        ("profile", "show", "--profile", "somebody"),
        ("profile", "export"),
        ("models", "list"),
        ("ask", "--no-save", "--plain", "hi"),
    ],
)
def test_looking_around_in_a_fresh_home_writes_nothing(
    shell: Shell, private_home: Path, arguments: tuple[str, ...]
) -> None:
    assert shell(*arguments).code == 0
    assert not private_home.exists()


def test_no_save_leaves_the_database_as_it_is(shell: Shell) -> None:
    shell("ask", "--plain", "stored")
    before = paths.database().read_bytes()
    assert shell("ask", "--no-save", "-c", "--candidates", "2", "not stored").code == 0
    assert paths.database().read_bytes() == before
