"""What a profile changes: one prompt answered for the user, for nobody, and for the user's opposite."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import closing
from typing import ClassVar, get_args

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widgets import Input

from localpersona.assistant.plan import Somebody
from localpersona.events import Delta, Event, Failed, Finished, Progress
from localpersona.ui.screens.panel import PanelScreen
from localpersona.ui.widgets.key_line import KeyLine
from localpersona.ui.widgets.title_bar import TitleBar
from localpersona.ui.widgets.view_pane import ViewPane

_WHOSE: tuple[Somebody, ...] = get_args(Somebody)
_TITLES = {"you": "for you", "nobody": "for nobody", "opposite": "for your opposite"}
_EXAMPLE = "How do I make new habits stick?"


class ViewsScreen(PanelScreen[None]):
    """Makes the three answers one after another. Nothing of it is stored, and nothing is learned from it."""

    HELP = """\
## What your profile changes
The same prompt, with the same seed, answered three times: as for you, by the plain model, and for somebody who
likes the reverse of everything you like. Type a prompt and press **Enter**; **Escape** stops, and then leaves.
Nothing of this is stored.
"""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "scroll(-1)", "Scroll", key_display="↑ ↓", id="views.up"),
        Binding("down", "scroll(1)", "Scroll", show=False, id="views.down"),
    ]

    AUTO_FOCUS = "Input"

    DEFAULT_CSS = """
    ViewsScreen {
        Input { margin: 1 2 0 2; border: round $foreground 25%; &:focus { border: round $primary; } }
        #panes { layout: vertical; height: 1fr; padding: 0 1; }
        &.-side #panes { layout: horizontal; }
    }
    """

    SIDE_FROM: ClassVar[int] = 96
    """Columns from which the answers stand side by side."""

    def __init__(self) -> None:
        super().__init__()
        self._busy = False
        self._stopped = False

    def compose(self) -> ComposeResult:
        yield TitleBar("What your profile changes", "nothing is stored")
        yield Input(_EXAMPLE, placeholder="A prompt to answer three times", select_on_focus=True)
        with Container(id="panes"):
            for who in _WHOSE:
                yield ViewPane(_TITLES[who], id=f"view-{who}")
        yield KeyLine()

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width >= self.SIDE_FROM, "-side")

    @on(Input.Submitted)
    def answer(self, event: Input.Submitted) -> None:
        event.stop()
        if not event.value.strip() or self._busy:
            return
        if self.turn.take():
            self.start(self._answer(event.value.strip()), lasting=True)  # the turn must be left at its end
        else:
            self.tell("An answer is being written in the chat. Wait for it, or stop it there.")

    async def _answer(self, prompt: str) -> None:
        self._busy, self._stopped, seed = True, False, secrets.randbelow(2**31 - 64)
        try:
            for who in _WHOSE:
                await self._pane(who).begin()
            for who in _WHOSE:
                if not self._stopped and self.is_attached:
                    await self._fill(who, prompt, seed)
        finally:
            self._busy = False
            self.turn.leave()

    async def _fill(self, who: Somebody, prompt: str, seed: int) -> None:
        pane, loop = self._pane(who), asyncio.get_running_loop()

        def walk() -> None:
            with closing(self.assistant.as_if_for(who, prompt, seed)) as stream:
                for event in stream:
                    if not asyncio.run_coroutine_threadsafe(self._advance(pane, event), loop).result():
                        return  # the screen was left; closing the stream stops the answer

        await asyncio.to_thread(walk)

    async def _advance(self, pane: ViewPane, event: Event) -> bool:
        """Show an event; return whether there is still somewhere to show it."""
        if not pane.is_attached:
            return False
        match event:
            case Progress(tokens, _, candidates):
                pane.say(f"choosing among {candidates} · {tokens} tokens")
            case Delta(text, False):
                await pane.feed(text)
            case Finished(reply):
                await pane.end(reply.text, "stopped" if reply.finish_reason == "cancelled" else "")
            case Failed(message, partial):
                await pane.end(partial, message)
        return True

    def action_leave(self) -> None:
        if self._busy and not self._stopped:
            self._stopped = True
            self.start(asyncio.to_thread(self.assistant.cancel))
        else:
            self.dismiss()

    def action_scroll(self, by: int) -> None:
        for pane in self.query(ViewPane):
            pane.scroll_relative(y=by * 3, animate=False)

    def _pane(self, who: str) -> ViewPane:
        return self.query_one(f"#view-{who}", ViewPane)
