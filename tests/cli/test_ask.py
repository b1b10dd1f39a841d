"""`localpersona ask`."""

from __future__ import annotations

import json

from scripted_engine import ScriptedEngine

from .conftest import Shell


def test_the_answer_is_all_that_stdout_gets(shell: Shell) -> None:
    asked = shell("ask", "--plain", "How do I sleep better?")
    assert (asked.code, asked.out) == (0, "Sleep in a dark room.\n")


def test_words_need_no_quotes(shell: Shell, engine: ScriptedEngine) -> None:
    shell("ask", "--plain", "how", "do", "I", "sleep")
    assert engine.requests[-1].turns[-1].content == "how do I sleep"


def test_piped_text_comes_before_the_prompt(shell: Shell, engine: ScriptedEngine) -> None:
    shell("ask", "--plain", "Summarise this.", piped=b"Once upon a time.\n")
    assert engine.requests[-1].turns[-1].content == "Once upon a time.\n\nSummarise this."


def test_piped_text_alone_is_the_prompt(shell: Shell, engine: ScriptedEngine) -> None:
    shell("ask", "--plain", piped="Wie schläft man?".encode())
    assert engine.requests[-1].turns[-1].content == "Wie schläft man?"


def test_piped_bytes_that_are_no_text_are_replaced_and_reported(shell: Shell, engine: ScriptedEngine) -> None:
    asked = shell("ask", "--plain", piped=b"caf\xe9 au lait")
    assert asked.code == 0
    assert "not valid UTF-8" in asked.err
    assert engine.requests[-1].turns[-1].content == "caf\ufffd au lait"


def test_asking_nothing_is_wrong_usage(shell: Shell) -> None:
    asked = shell("ask")
    assert asked.code == 2
    assert "Nothing was asked" in asked.err


def test_an_unknown_option_is_wrong_usage(shell: Shell) -> None:
    assert shell("ask", "--bogus", "x").code == 2


def test_json_holds_every_candidate(shell: Shell) -> None:
    asked = shell("ask", "--json", "--candidates", "3", "How do I sleep better?")
    data = json.loads(asked.out)
    assert data["prompt"] == "How do I sleep better?"
    assert len(data["candidates"]) == 3
    assert data["text"] == data["candidates"][data["chosen"]]["text"]
    assert data["explanation"]["summary"]


def test_patience_goes_before_the_settings(shell: Shell, engine: ScriptedEngine) -> None:
    for patience, method in (("best", "guided"), ("fast", "best-of-n")):
        assert shell("ask", "--patience", patience, "Hi").code == 0
        assert engine.requests[-1].search.method == method and engine.requests[-1].candidates > 1
    assert shell("ask", "--patience", "endless", "Hi").code == 2


def test_escapes_in_an_answer_never_reach_the_terminal(shell: Shell, engine: ScriptedEngine) -> None:
    engine.answers = ["\x1b]0;owned\x07 \x9b31m red"]
    for options in ([], ["--json"]):
        asked = shell("ask", "--plain", *options, "x")
        assert not any(character in asked.out for character in "\x1b\x07\x9b")


def test_an_answer_is_stored_and_can_be_gone_on_with(shell: Shell, engine: ScriptedEngine) -> None:
    shell("ask", "--plain", "First question")
    shell("ask", "--plain", "-c", "Second question")
    contents = [turn.content for turn in engine.requests[-1].turns if turn.role != "system"]
    assert contents == ["First question", "Sleep in a dark room.", "Second question"]
    assert shell("history", "list").out.count("First question") == 1


def test_going_on_without_a_chat_says_what_to_do(shell: Shell) -> None:
    asked = shell("ask", "-c", "And then?")
    assert asked.code == 1
    assert "There is no chat to go on with yet" in asked.err


def test_no_save_stores_nothing(shell: Shell) -> None:
    shell("ask", "--plain", "--no-save", "A secret")
    assert "No chats are stored yet" in shell("history", "list").out
    assert "Nothing was found" in shell("history", "search", "secret").out


def test_a_crash_of_the_engine_is_one_clear_failure(shell: Shell, engine: ScriptedEngine) -> None:
    engine.crash_after = 2
    asked = shell("ask", "--plain", "How do I sleep better?")
    assert asked.code == 1
    assert "Traceback" not in asked.err
    assert len(asked.err.strip().splitlines()) <= 3
    assert asked.out.strip(), "what had been said stays on the screen"


def test_a_missing_model_is_one_clear_failure(shell: Shell, engine: ScriptedEngine) -> None:
    engine.bad_models["/nowhere.gguf"] = "There is no file /nowhere.gguf."
    asked = shell("ask", "--model", "/nowhere.gguf", "x")
    assert asked.code == 1
    assert "/nowhere.gguf" in asked.err
    assert "Traceback" not in asked.err
