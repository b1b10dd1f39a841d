"""What the model answered, also while it is still being written."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Collapsible, Markdown, Static

from localpersona.text import harmless
from localpersona.ui.answering import Live
from localpersona.ui.keymap import keys_of
from localpersona.ui.markdown import folded, parser
from localpersona.ui.screens.link import LinkScreen
from localpersona.ui.transcript import Shown
from localpersona.ui.widgets.activity import Activity
from localpersona.ui.widgets.message_view import MessageView


class AnswerView(MessageView):
    """An answer. `feed` adds text as it comes, `show` replaces all by what was stored."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "screen.compare", "Compare", id="message.compare"),
        Binding("w", "screen.why", "Why", id="message.why"),
        Binding("r", "screen.regenerate", "Again", id="message.regenerate"),
        Binding("n", "screen.continue", "Continue", id="message.continue"),
        Binding("e", "screen.edit", "Edit", id="message.edit"),
        Binding("E", "screen.edit_answer", "Edit the answer", id="message.edit_answer", show=False),
        Binding("y", "screen.copy", "Copy", id="message.copy"),
        Binding("Y", "screen.copy_code", "Copy code", id="message.copy_code", show=False),
        Binding("t", "thinking", "Thinking", show=False, id="message.thinking"),
        Binding("a", "unfold", "All of it", show=False, id="message.unfold"),
    ]
    """
    | Key(s) | Description |
    | :- | :- |
    | c | Compare two candidates of this answer. |
    | w | Why this answer? |
    | r | Answer again; the former answer stays. |
    | n | Go on with an answer that was cut off. |
    | e, E | Edit the prompt of this answer, or the answer itself; the former one stays. |
    | y, Y | Copy the answer; copy its next code block. |
    | t | Fold or unfold what the model thought before it answered. |
    | a | Show all of a very long answer. |
    """

    DEFAULT_CSS = """
    AnswerView {
        & > Markdown { padding: 0; background: transparent; margin: 0; }
        & > Markdown > MarkdownBlock:last-child { margin-bottom: 0; }
        & > Collapsible {
            display: none; border: none; padding: 0; margin: 0 0 1 0; background: transparent;
            CollapsibleTitle { padding: 0; color: $text-muted; background: transparent; }
            Contents { padding: 0 0 0 2; }
            Static { color: $text-muted; text-style: italic; }
        }
        & > Collapsible.-on { display: block; }
        & > .folded { color: $text-muted; height: auto; display: none; margin-bottom: 1; &.-on { display: block; } }
        & > .error { color: $text-error; height: auto; display: none; margin-top: 1; }
        & > .error.-on { display: block; }
        & > .foot.-on { margin-top: 1; }
    }
    """

    FLUSH_SECONDS: ClassVar[float] = 0.08
    """Fragments are painted together after this long: painting each token starves the keys."""

    def __init__(self, shown: Shown | None = None) -> None:
        super().__init__(shown)
        self._written = ""
        self._thought = ""
        self._unpainted = ""
        self._timer: Timer | None = None
        self._painting = asyncio.Lock()
        self._unfolded = False
        """Whether all of a very long answer is shown."""

    @property
    def text(self) -> str:
        return self._written

    @property
    def thought(self) -> str:
        return self._thought

    def compose(self) -> ComposeResult:
        with Collapsible(title="Thinking", collapsed=True):
            yield Static(classes="thought", markup=False)
        yield Static(classes="folded", markup=False)
        yield Markdown(parser_factory=parser, open_links=False)
        yield Activity()
        yield Static(classes="error", markup=False)
        yield Static(classes="foot", markup=False)

    async def on_mount(self) -> None:
        if self.shown is not None:
            await self.show(self.shown)

    async def show(self, shown: Shown) -> None:
        await super().show(shown)
        row = shown.row
        self.query_one(Activity).what = ""
        await self._replace(row.text, row.reasoning)
        if row.state == "failed" and not self.query_one(".error").has_class("-on"):
            self.fail("This answer broke off.")
        self.offer()

    async def begin(self, live: Live) -> None:
        """Take fragments from now on, after what is already there."""
        self.query_one(Activity).started = live.started
        self.query_one(".error").remove_class("-on")
        self.set_foot(self.version())
        await self._replace(live.text, live.reasoning)
        self.say(live.activity)

    def say(self, what: str) -> None:
        """Show what is going on; "" when nothing is."""
        self.query_one(Activity).what = what

    def feed(self, fragment: str, reasoning: bool = False) -> None:
        """Add a fragment. The first is painted at once, those after it together."""
        if reasoning:
            self._think(fragment)
            return
        first = not self._written
        self._written += fragment
        self._unpainted += fragment
        if first:
            self.run_worker(self._paint(), group="paint", exit_on_error=False)
        elif self._timer is None:
            self._timer = self.set_timer(self.FLUSH_SECONDS, self._paint)

    def offer(self, what: str = "") -> None:
        """Show how the answer ended, and what could be done with it."""
        if self.shown is not None:
            self.set_foot(self.version(), keys_of(self).named(_ending(self.shown)), what)

    def fail(self, message: str) -> None:
        """Show one or two plain lines about what went wrong."""
        error = self.query_one(".error", Static)
        error.update(Content(harmless(message)))
        error.add_class("-on")

    def action_thinking(self) -> None:
        fold = self.query_one(Collapsible)
        if fold.has_class("-on"):
            fold.collapsed = not fold.collapsed

    @on(events.Click, ".folded")
    async def action_unfold(self) -> None:
        """Show all of a very long answer."""
        if self.query_one(".folded").has_class("-on"):
            self._unfolded = True
            await self._replace(self._written, self._thought)

    @on(Markdown.LinkClicked)
    def show_link(self, event: Markdown.LinkClicked) -> None:
        event.stop()
        self.app.push_screen(LinkScreen(event.href))

    async def _paint(self) -> None:
        self._timer = None
        async with self._painting:
            fragment, self._unpainted = self._unpainted, ""
            if fragment:
                await self.query_one(Markdown).append(harmless(fragment))

    async def _replace(self, text: str, reasoning: str) -> None:
        async with self._painting:
            if self._timer is not None:
                self._timer.stop()
                self._timer = None
            self._written, self._unpainted = text, ""
            self._thought = ""
            self._think(reasoning)
            hidden, shown = 0, harmless(text)
            if not self._unfolded:
                hidden, shown = await asyncio.to_thread(folded, shown)
            self._say_folded(hidden)
            # One full update at the end: streamed tables keep plain cells, and a cut-off fence stays open.
            await self.query_one(Markdown).update(shown)

    def _say_folded(self, hidden: int) -> None:
        line = self.query_one(".folded", Static)
        line.set_class(hidden > 0, "-on")
        line.update(
            keys_of(self).named(
                f"▲ {hidden:,} lines of this answer stand above · <a|message.unfold> shows them"
            )
        )

    def _think(self, fragment: str) -> None:
        self._thought += fragment
        fold = self.query_one(Collapsible)
        fold.set_class(bool(self._thought.strip()), "-on")
        fold.title = f"Thinking · {len(self._thought.split())} words"
        self.query_one(".thought", Static).update(Content(harmless(self._thought.strip())))


def _ending(shown: Shown) -> str:
    """Say how the answer ended, when it didn't end by itself."""
    further, again = "<n|message.continue> continues", "<r|message.regenerate> answers again"
    if shown.row.state == "running":
        return ""
    if shown.row.state == "complete" and not shown.row.text.strip():
        return f"the model said nothing · {again}"
    if shown.row.finish_reason == "length":
        return f"reached its length limit · {further}"
    if shown.row.state == "failed":
        return f"{further} · {again}" if shown.can_continue else again
    if shown.row.state == "stopped" or shown.row.finish_reason == "cancelled":
        return f"stopped · {further if shown.can_continue else again}"
    return ""
