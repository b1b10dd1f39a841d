"""Whatever the app says about keys, it says of the keys as the user has them."""

from __future__ import annotations

import json
from pathlib import Path

from scripted_engine import ScriptedEngine
from ui.running import Start

from localpersona import paths
from localpersona import ui as package
from localpersona.ui import keymap_file
from localpersona.ui.keymap import MENTIONED, Keys, displayed

OWN = {
    "app.help": "ctrl+h",
    "app.models": "f11",
    "app.onboarding": "ctrl+o",
    "chat.search": "ctrl+g",
    "chat.new": "ctrl+t",
    "chat.next_hint": "f12",
    "chat.end_hints": "ctrl+y",
    "chat.stop": "ctrl+r",
    "message.compare": "x",
    "message.regenerate": "z,Z",
    "prompt.newline": "ctrl+l",
}


def change_keys() -> None:
    paths.make_private(paths.home())
    keymap_file.path().write_text(json.dumps(OWN))


async def test_what_a_newcomer_reads_names_the_users_own_keys(start: Start) -> None:
    change_keys()
    async with start(size=(120, 40), hints=True) as running:
        await running.until_seen("Ctrl+L starts a new line")
        seen = running.seen()
        for said in ("x compare two candidates", "z again", "Ctrl+O starts with ten", "^t New"):
            assert said in seen, said
        assert "z answers again" in seen and "F12 next · Ctrl+Y no more hints" in seen
        await running.press("f12")
        await running.until_seen("x on an answer shows two versions")
        await running.press("f12", "f12")
        await running.until_seen("Ctrl+G searches everything")
        await running.write("/hin")
        await running.until_seen("five hints; Ctrl+Y ends them")
        await running.write("")
        await running.press("ctrl+h")
        await running.until_seen("Ctrl+L starts a new line")
        await running.press("end")
        await running.until(lambda: "Ctrl+G" in running.seen() and "ctrl+f" not in running.seen().lower())
        for usual in ("F4 ", "F1 ", "F9"):
            assert usual not in running.seen(), usual


async def test_what_is_said_of_an_answer_names_the_users_own_keys_which_work(start: Start) -> None:
    change_keys()
    engine = ScriptedEngine(["one two three", "four"], hold_after=1)
    async with start(size=(120, 40), engine=engine) as running:
        await running.send("Hello")
        await running.until_seen("writing · Ctrl+R stops")
        await running.press("ctrl+r")
        engine.release()
        await running.idle()
        await running.until_seen("stopped · n continues")
        engine.hold_after = None
        await running.press("alt+z")
        await running.until(lambda: len(engine.requests) == 2)
        await running.idle()
        await running.press("escape")
        await running.until_seen("x Compare")
        assert "z Again" in running.seen()


def test_every_key_that_a_text_mentions_is_the_usual_one_of_its_binding() -> None:
    folder, bindings, mentioned = Path(next(iter(package.__path__))), keymap_file.bindings(), set()
    for file in folder.rglob("*.py"):
        for mention in MENTIONED.finditer(file.read_text(encoding="utf-8")):
            binding = bindings.get(mention["id"])
            assert binding is not None, f"{file.name}: {mention[0]}"
            assert displayed(binding.key.split(",")[0]) == mention["usual"], f"{file.name}: {mention[0]}"
            mentioned.add(mention["id"])
    assert {"chat.search", "message.compare", "app.profile", "models.path"} <= mentioned


def test_only_our_own_way_to_mention_a_key_is_filled_in() -> None:
    keys = Keys({"chat.search": "ctrl+g,f3", "app.help": "question_mark"})
    assert keys.named("<Ctrl+F|chat.search> or <F1|app.help> or <F3|app.profile>") == "Ctrl+G or ? or F3"
    assert keys.named("a <b> | <c|d> [x](y)") == "a <b> | <c|d> [x](y)"
