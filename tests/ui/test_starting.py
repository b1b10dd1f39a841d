"""The first seconds: greeting, loading, notices, sizes; and what happens when the disk or the model fails."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from scripted_engine import ScriptedEngine
from ui.running import Start

from localpersona.engine.protocol import ModelInfo, ModelSpec
from localpersona.settings import Settings
from localpersona.store import Store, StoreError
from localpersona.ui.screens.onboarding import OnboardingScreen
from localpersona.ui.screens.too_small import TooSmallScreen
from localpersona.ui.screens.welcome import WelcomeScreen


class SlowEngine(ScriptedEngine):
    """Loads when it is allowed to."""

    def __init__(self) -> None:
        super().__init__(["Here at last."])
        self.may_load = threading.Event()

    def load(self, spec: ModelSpec) -> ModelInfo:
        self.may_load.wait(30)
        return super().load(spec)


async def test_the_very_first_start_greets_and_leads_to_the_questions(start: Start, store: Store) -> None:
    store.set_state("welcomed", "")
    async with start() as running:
        await running.until(lambda: isinstance(running.app.screen, WelcomeScreen))
        await running.press("enter")
        await running.until(lambda: isinstance(running.app.screen, OnboardingScreen))
    async with start() as running:
        assert running.app.screen is running.chat


async def test_while_the_model_loads_the_app_can_be_used_and_a_question_waits_visibly(start: Start) -> None:
    engine = SlowEngine()
    async with start(engine=engine, loaded=False) as running:
        await running.until_seen("loading the model…")
        await running.send("Are you there?")
        await running.until_seen("loading scripted")
        assert running.store.path(running.store.chats()[0].last_message_id or 0)[0].text == "Are you there?"
        engine.may_load.set()
        await running.until(lambda: engine.requests)
        await running.idle()
        assert running.texts == ["Are you there?", "Here at last."]


async def test_a_model_that_cannot_be_loaded_is_told_with_its_remedy(start: Start) -> None:
    bad = {"/models/bad.gguf": "bad.gguf is damaged.\nPress F4 to choose another."}
    engine = ScriptedEngine(bad_models=bad)
    async with start(engine=engine, model="/models/bad.gguf") as running:
        await running.until_seen("bad.gguf is damaged.")
        assert "Press F4 to choose another." in running.seen()
        assert "no model loaded" in running.seen()


async def test_the_assistants_notices_are_shown_once(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    notice = "The database was damaged and kept aside."
    monkeypatch.setattr(Store, "notices", property(lambda self: (notice,)))
    async with start() as running:
        await running.until_seen("The database was damaged and kept aside.")
        await running.chat.parts.status.show()
        assert running.seen().count("The database was damaged") == 1


async def test_a_terminal_too_small_says_so_until_it_is_larger(start: Start) -> None:
    async with start() as running:
        await running.write("kept")
        await running.pilot.resize_terminal(30, 8)
        await running.until(lambda: isinstance(running.app.screen, TooSmallScreen))
        assert "This terminal is too small." in running.seen()
        await running.pilot.resize_terminal(100, 32)
        await running.until(lambda: running.app.screen is running.chat)
        assert running.draft == "kept"


@pytest.mark.parametrize("size", [(40, 12), (60, 20), (160, 48)])
async def test_a_conversation_fits_every_size(start: Start, size: tuple[int, int]) -> None:
    async with start(size=size) as running:
        await running.ask("Hello")
        lines = running.seen().splitlines()
        assert len(lines) == size[1]
        assert "Short and sweet." in running.seen()
        assert any("Scripted 1B" in line for line in lines[-2:])


async def test_a_full_disk_gives_the_prompt_back_with_one_line(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with start() as running:

        def full(*_: object, **__: object) -> int:
            raise StoreError("The disk is full, so nothing was saved. Free some space and try again.")

        monkeypatch.setattr(running.store, "create_chat", full)
        await running.send("Do not lose me")
        await running.idle()
        assert running.draft == "Do not lose me"
        assert "The disk is full" in running.seen()
        assert running.texts == []


async def test_a_disk_that_fails_everywhere_does_not_end_the_app(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise StoreError("The disk reported an error.")

    async with start() as running:
        for name in ("set_draft", "set_state", "draft", "state", "chats", "chat"):
            monkeypatch.setattr(running.store, name, broken)
        await running.send("Hello")
        await running.idle()
        await running.press("ctrl+b", "ctrl+n", "f6")
        await running.app.workers.wait_for_complete()
        assert running.app.is_running
        assert "The disk reported an error." in running.told


async def test_the_function_keys_open_the_other_screens_once(start: Start) -> None:
    async with start() as running:
        for key, name in (("f3", "Profile"), ("f4", "Models"), ("f5", "Settings")):
            await running.press(key, key)
            await running.until(lambda name=name: type(running.app.screen).__name__ == f"{name}Screen")
            await running.press("escape")
            await running.until(lambda: running.app.screen is running.chat)


async def test_the_embedded_model_is_introduced_honestly(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "localpersona.ui.screens.chat.status.embedded_model", lambda: Path("/models/scripted.gguf")
    )
    async with start(settings=Settings(candidates=1)) as running:
        assert "comes along for trying things out" in running.seen()
        assert "F4 shows the way to a better model" in running.seen().replace("\n", " ")
