"""What a newcomer sees first: what will happen, and that nothing leaves the machine."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Footer, Static

from localpersona.ui.screens.panel import PanelScreen
from localpersona.ui.widgets.plain_button import PlainButton

_WHAT_HAPPENS = """\
Ten short questions: two answers, and you say which one you like better.
From then on answers follow that taste, and every choice sharpens it.
Everything stays on this machine. None of it is sent anywhere, ever."""

_TRY_OUT = """\
The model that comes along is tiny, for trying things out: it is quick, but it often \
talks nonsense. <F4|app.models> shows the way to a better one."""


class WelcomeScreen(PanelScreen[bool]):
    """Greets once. Dismisses with True to begin the questions, False for later; remembers that it greeted."""

    HELP = """\
## Welcome
**Enter** begins the questions: about two minutes, and you can stop at any time.
**<Esc|panel.back>** goes straight to the chat; the questions wait in your profile.
"""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "begin", "Begin", show=False),
        Binding("escape", "leave", "Later", id="panel.back"),
        Binding("left,right,up,down", "app.focus_next", "Other button", show=False),
    ]

    DEFAULT_CSS = """
    WelcomeScreen {
        & > VerticalScroll { align: center middle; }
        #card { width: 82; max-width: 100%; height: auto; padding: 0 3; }
        #name { text-style: bold; color: $primary; }
        #motto { color: $foreground 70%; margin-bottom: 1; }
        .step { height: auto; margin-top: 1; }
        .number { width: 3; color: $primary; text-style: bold; }
        .text { width: 1fr; }
        #try-out { color: $foreground 70%; margin-top: 2; }
        #buttons { height: auto; margin-top: 2; }
    }
    """

    def compose(self) -> ComposeResult:
        with VerticalScroll(can_focus=False), Vertical(id="card"):
            yield Static("LocalPersona", id="name", markup=False)
            yield Static("An assistant that learns how you like to be answered.", id="motto", markup=False)
            for number, line in enumerate(_WHAT_HAPPENS.splitlines(), 1):
                with Horizontal(classes="step"):
                    yield Static(str(number), classes="number", markup=False)
                    yield Static(line, classes="text", markup=False)
            yield Static(self.stage.keys(_TRY_OUT), id="try-out", markup=False)
            with Horizontal(id="buttons"):
                yield PlainButton("Begin", id="begin")
                yield PlainButton("Later", id="later")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one("#try-out").display = not self.assistant.settings.model
        self.query_one("#begin").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self._finish(event.button.id == "begin")

    def action_begin(self) -> None:
        self._finish(True)

    def action_leave(self) -> None:
        self._finish(False)

    def _finish(self, begin: bool) -> None:
        self.start(self._remember(), lasting=True)
        self.dismiss(begin)

    async def _remember(self) -> None:
        await asyncio.to_thread(self.assistant.greeted)
