"""The whole app under test, and the shortest ways to what tests press and look at."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from scripted_engine import ScriptedEngine
from textual.pilot import Pilot

from localpersona.assistant import Assistant
from localpersona.store import Store
from localpersona.ui.app import LocalPersonaApp
from localpersona.ui.screens.chat import ChatScreen
from localpersona.ui.widgets.answer_view import AnswerView
from localpersona.ui.widgets.message_view import MessageView


async def wait_until(pilot: Pilot[Any], condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Let the app go on until the condition holds; fail after `seconds`."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, "what the test waits for did not happen"
        await pilot.pause(0.01)
    await pilot.pause()


class Running:
    """An app, its pilot and the engine behind it."""

    def __init__(self, app: LocalPersonaApp, pilot: Pilot[None], engine: ScriptedEngine) -> None:
        self.app = app
        self.pilot = pilot
        self.engine = engine

    @property
    def chat(self) -> ChatScreen:
        return self.app.chat

    @property
    def assistant(self) -> Assistant:
        return self.app.assistant

    @property
    def store(self) -> Store:
        return self.app.assistant.store

    @property
    def views(self) -> list[MessageView]:
        return self.chat.widgets.conversation.views

    @property
    def answers(self) -> list[AnswerView]:
        return self.chat.widgets.conversation.answers

    @property
    def texts(self) -> list[str]:
        """All messages on screen, oldest first."""
        return [view.text for view in self.views]

    @property
    def draft(self) -> str:
        return self.chat.widgets.box.text

    async def until(self, condition: Callable[[], object]) -> None:
        await wait_until(self.pilot, condition)

    async def until_seen(self, text: str) -> None:
        await self.until(lambda: text in self.seen())

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def write(self, text: str) -> None:
        """Put text into the focused prompt box at once, which is quicker than typing it."""
        self.chat.widgets.box.focus()
        self.chat.widgets.box.put(text)
        await self.pilot.pause()

    async def send(self, text: str) -> None:
        """Send a prompt; the answer may still be running afterwards."""
        await self.write(text)
        await self.press("enter")

    async def ask(self, text: str) -> None:
        """Send a prompt and wait for the end of its answer."""
        before = len(self.engine.requests)
        await self.send(text)
        await self.until(lambda: len(self.engine.requests) > before)
        await self.idle()

    async def idle(self) -> None:
        """Wait until no answer is running and everything started has ended."""
        await self.until(lambda: not self.app.turn.taken)
        await self.app.workers.wait_for_complete()
        await self.pilot.pause()

    async def command(self, text: str) -> None:
        """Type a slash command and let it do its work."""
        await self.send(text)
        await self.idle()

    def seen(self) -> str:
        """Return what is on the screen as plain text."""
        lines = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in lines)

    @property
    def told(self) -> list[str]:
        """What the app has said in passing."""
        return [notification.message for notification in self.app._notifications]


NewApp = Callable[..., LocalPersonaApp]
Start = Callable[..., AbstractAsyncContextManager[Running]]
