"""A whole app over a real assistant, a store in memory and an engine that says what the test tells it to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

import numpy as np
import pytest
from scripted_engine import ScriptedEngine
from textual.widgets import Input, TextArea
from ui.running import NewApp, Running, Start, wait_until

from localpersona.assistant import Assistant
from localpersona.preferences import Weights
from localpersona.rewards.traits import TRAITS
from localpersona.settings import Settings
from localpersona.store import Store
from localpersona.ui.app import LocalPersonaApp
from localpersona.ui.widgets.activity import Activity
from localpersona.ui.widgets.answer_pair import AnswerPair

MODEL = "/models/scripted.gguf"


@pytest.fixture(autouse=True)
def a_fixed_prior(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the screens show must not change whenever the shipped prior is fitted again."""
    names = tuple(trait.name for trait in TRAITS)
    prior = Weights.gaussian(np.zeros(len(names)), np.eye(len(names)), names, "test")
    monkeypatch.setattr(Weights, "prior", classmethod(lambda cls: prior))


@pytest.fixture(autouse=True)
def nothing_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    """No blinking cursors, no turning wheels, no pauses for the eye."""
    for widget in (TextArea, Input):
        monkeypatch.setattr(widget, "_restart_blink", lambda self: None)
        monkeypatch.setattr(widget, "_toggle_cursor_blink_visible", lambda self: None, raising=False)
        monkeypatch.setattr(widget, "_toggle_cursor", lambda self: None, raising=False)
    monkeypatch.setattr(Activity, "WHEEL", "◐")
    monkeypatch.setattr(AnswerPair, "HIGHLIGHT_SECONDS", 0.0)
    monkeypatch.setattr(AnswerPair, "REPEAT_SECONDS", 0.0)


@pytest.fixture
def store() -> Iterator[Store]:
    """A store in memory of somebody who has been greeted already."""
    with Store.open(None) as store:
        store.set_state("welcomed", "yes")
        yield store


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine(["Short and sweet.", "A much longer answer! It goes on and on, does it not?"])


@pytest.fixture
def new_app(store: Store, engine: ScriptedEngine) -> NewApp:
    """Make an app: `new_app(engine=…, settings=…, model=…)`."""
    default = engine

    def made(
        engine: ScriptedEngine | None = None,
        settings: Settings | None = None,
        model: str = MODEL,
        hints: bool = False,
    ) -> LocalPersonaApp:
        settings = replace(settings or Settings(candidates=1), hints=hints)
        assistant = Assistant.open(engine=engine or default, store=store, settings=settings, model=model)
        app = LocalPersonaApp(assistant)
        app.animation_level = "none"
        return app

    return made


@pytest.fixture
def start(new_app: NewApp, engine: ScriptedEngine) -> Start:
    """Start the app: `async with start(size=…, engine=…, settings=…) as running`."""
    default = engine

    @asynccontextmanager
    async def started(
        size: tuple[int, int] = (100, 32),
        engine: ScriptedEngine | None = None,
        settings: Settings | None = None,
        model: str = MODEL,
        loaded: bool = True,
        hints: bool = False,
    ) -> AsyncIterator[Running]:
        used = engine or default
        app = new_app(engine=used, settings=settings, model=model, hints=hints)
        async with app.run_test(size=size, notifications=True) as pilot:
            running = Running(app, pilot, used)
            await wait_until(pilot, lambda: app.chat.is_mounted and app.chat.widgets.box.is_mounted)
            if loaded:
                await running.idle()
            yield running
            used.release()
            app.assistant.cancel()

    return started
