"""`localpersona history` and `localpersona models`."""

from __future__ import annotations

import json
from pathlib import Path

from scripted_engine import ScriptedEngine

from .conftest import Shell


def test_a_chat_can_be_found_and_read_again(shell: Shell) -> None:
    shell("ask", "--plain", "How do I sleep better?")
    (hit,) = json.loads(shell("search", "--json", "dark", "room").out)
    shown = shell("history", "show", str(hit["chat_id"]))
    assert "── You\nHow do I sleep better?" in shown.out
    assert "── Assistant\nSleep in a dark room." in shown.out


def test_any_text_can_be_searched_for(shell: Shell) -> None:
    shell("ask", "--plain", 'what"s * NEAR( -"')
    for query in ['what"s', "*", "NEAR(", '"', "AND", "-x", "%"]:
        assert shell("search", "--", query).code == 0, query


def test_a_chat_is_renamed_deleted_and_brought_back(shell: Shell) -> None:
    shell("ask", "--plain", "one")
    shell("ask", "--plain", "two")
    assert shell("history", "rename", "1", "First").code == 0
    assert "history restore 1" in shell("history", "delete", "1").out
    assert [chat["id"] for chat in json.loads(shell("history", "list", "--json").out)] == [2]
    deleted = json.loads(shell("history", "list", "--deleted", "--json").out)
    assert [(chat["id"], chat["title"]) for chat in deleted] == [(1, "First")]
    assert shell("history", "delete", "2", "99").code == 1
    assert [chat["id"] for chat in json.loads(shell("history", "list", "--json").out)] == [2], "all or none"
    shell("history", "restore", "1")
    assert [chat["id"] for chat in json.loads(shell("history", "list", "--json").out)] == [2, 1]


def test_a_chat_that_is_not_there_is_said_so(shell: Shell) -> None:
    shown = shell("history", "show", "99")
    assert shown.code == 1
    assert "no chat 99" in shown.err


def test_the_embedded_model_is_listed_and_in_use(shell: Shell) -> None:
    (embedded,) = [model for model in json.loads(shell("models", "list", "--json").out) if model["in_use"]]
    assert embedded["source"] == "comes with LocalPersona"
    assert "for trying out" in shell("models", "list").out


def test_a_model_that_does_not_load_is_not_chosen(
    shell: Shell, engine: ScriptedEngine, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.gguf"
    bad.touch()
    engine.bad_models[str(bad)] = "That file is empty."
    used = shell("models", "use", str(bad))
    assert (used.code, "That file is empty." in used.err) == (1, True)
    (in_use,) = [model for model in json.loads(shell("models", "list", "--json").out) if model["in_use"]]
    assert in_use["source"] == "comes with LocalPersona"


def test_a_model_is_chosen_by_a_part_of_its_name(shell: Shell) -> None:
    used = shell("models", "use", "smollm")
    assert used.code == 0, used.err
    unknown = shell("models", "use", "no-such-model")
    assert unknown.code == 1
    assert "models list" in unknown.err
