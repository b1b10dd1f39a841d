"""What the tests of the screens beside the chat share: a small host app over a real assistant."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from scripted_engine import ScriptedEngine
from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen

from localpersona.assistant import Assistant
from localpersona.preferences import Weights
from localpersona.rewards import Questions
from localpersona.rewards.traits import TRAITS
from localpersona.store import Store
from localpersona.ui.themes import THEMES
from localpersona.ui.turn import Turn
from localpersona.ui.widgets.answer_pair import AnswerPair

NAMES = tuple(trait.name for trait in TRAITS)
SHORT, LONG = "Go to bed early.", "It depends on many things, " * 8


class Host(App[None]):
    """Shows one screen and remembers what it was left with."""

    def __init__(self, assistant: Assistant, first: Callable[[], Screen[object]]) -> None:
        super().__init__()
        self.animation_level = "none"
        self.assistant = assistant
        self.turn = Turn()
        self.left_with: list[object] = []
        self._first = first
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = THEMES[0].name

    def on_mount(self) -> None:
        self.push_screen(self._first(), self.left_with.append)


async def until(pilot: Pilot[None], happened: Callable[[], object]) -> None:
    """Wait for something that a worker thread brings about."""
    deadline = asyncio.get_running_loop().time() + 60  # a busy machine may need most of it
    while not happened():
        if asyncio.get_running_loop().time() > deadline:
            pytest.fail(f"did not happen: {happened}")
        await pilot.pause(0.01)
    await pilot.pause()


def bank(count: int = 24) -> Questions:
    """A bank of one short and one long answer each, with another difference that varies."""
    traits = np.zeros((count, 2, len(NAMES)))
    traits[:, 0, 0], traits[:, 1, 0] = -1.0, 1.0
    for index in range(count):
        traits[index, index % 2, 1 + index % (len(NAMES) - 2)] = 1.0
    return Questions(
        id=tuple(f"q{index}" for index in range(count)),
        prompt=tuple(f"Question {index}: how do I sleep better?" for index in range(count)),
        first=(SHORT,) * count,
        second=(LONG,) * count,
        domain=("sleep",) * count,
        names=NAMES,
        traits=traits.astype(np.float32),
        version="test",
    )


@pytest.fixture
def assistant(monkeypatch: pytest.MonkeyPatch) -> Iterator[Assistant]:
    """A real assistant with a database in memory, a plain prior, and a bank that no retraining changes."""
    prior = Weights.gaussian(np.zeros(len(NAMES)), np.eye(len(NAMES)), names=NAMES, version="test")
    monkeypatch.setattr(Weights, "prior", classmethod(lambda cls: prior))
    monkeypatch.setattr("localpersona.assistant.onboarding.question_bank", bank)
    # Of the few things that this bank asks about, enough is soon known.
    monkeypatch.setattr("localpersona.assistant.onboarding.knows_enough", lambda *_: False)
    monkeypatch.setattr(AnswerPair, "HIGHLIGHT_SECONDS", 0.0)
    monkeypatch.setattr(AnswerPair, "REPEAT_SECONDS", 0.0)
    with Assistant.open(engine=ScriptedEngine(version="test"), store=Store.open(None)) as opened:
        yield opened


def answered(assistant: Assistant, count: int) -> None:
    """Answer so many questions without a screen, always for the shorter one."""
    for _ in range(count):
        question = assistant.next_question()
        assert question is not None
        assistant.compare(question, 1.0 if question.first == SHORT else 0.0)


def texts(app: App[None]) -> str:
    """Return all that is on the screen, as text."""
    return "\n".join(
        "".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()
    )
