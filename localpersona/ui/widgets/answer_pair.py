"""Two answers to one prompt, and the question which of them the user prefers."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, VerticalScroll
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Button, Markdown, Static

from localpersona.text import harmless
from localpersona.ui.markdown import parser

FIRST, SECOND, TIE, SKIP = 1.0, 0.0, 0.5, None
"""The outcomes, as `values.Comparison` writes them."""


class Answer(VerticalScroll, can_focus=False):
    """One of the two answers. Both look the same: nothing may hint at which one is "better"."""

    class Clicked(Message):
        """The user clicked somewhere on the answer."""

        def __init__(self, answer: Answer) -> None:
            super().__init__()
            self.answer = answer

    def __init__(self, number: int) -> None:
        super().__init__(id=f"answer-{number}", classes="answer")
        self.number = number

    def compose(self) -> ComposeResult:
        yield Markdown(open_links=False, parser_factory=parser)

    async def show(self, text: str) -> None:
        self.mark("")
        await self.query_one(Markdown).update(harmless(text) or "*(an empty answer)*")
        self.scroll_home(animate=False)

    def mark(self, word: str) -> None:
        """Say in the title (never by colour alone) what became of this answer; "" for nothing yet."""
        self.border_title = f"{self.number} · {word}" if word else str(self.number)
        self.set_class(bool(word), "-chosen")

    def on_click(self, event: events.Click) -> None:
        # Dragging over text to copy it also ends in a click, which must not count as a choice.
        if not self.screen.get_selected_text():
            event.stop()
            self.post_message(self.Clicked(self))


class AnswerPair(Widget, can_focus=True):
    """Shows a prompt and two answers side by side (one above the other when narrow) and takes one choice.

    After a choice it takes no more until `ask` shows the next pair or `retry` gives this one back, so that
    quick typing can neither answer twice nor answer a pair that nobody has seen.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "choose('first')", "First", show=False, id="pair.first"),
        Binding("2", "choose('second')", "Second", show=False, id="pair.second"),
        Binding("equals_sign,t", "choose('tie')", "Same", show=False, id="pair.tie"),
        Binding("s", "choose('skip')", "Skip", show=False, id="pair.skip"),
        Binding("b", "reject", "Both bad", show=False, id="pair.reject"),
        Binding("u", "undo", "Undo", show=False, id="pair.undo"),
        Binding("up,k", "scroll(-1)", "Scroll up", show=False),
        Binding("down,j", "scroll(1)", "Scroll down", show=False),
        Binding("pageup", "scroll(-8)", "Page up", show=False),
        Binding("pagedown,space", "scroll(8)", "Page down", show=False),
    ]
    """
    | Key(s) | Description |
    | :- | :- |
    | 1, 2 | Prefer the first or the second answer. |
    | =, t | Both are equally good. |
    | s | Skip: learn nothing from this pair. |
    | b | Both are bad: two others, please. Says nothing about taste. |
    | u | Take the last choice back. |
    | up, down, page up, page down | Scroll both answers. |
    """

    HELP = """\
## Which answer do you like better?
**1** the first, **2** the second, **=** both the same, **s** skip, **b** both are bad: two others, please.
**u** takes the last choice back.
**↑ ↓** scroll both answers; a click on an answer chooses it.
"""

    DEFAULT_CSS = """
    AnswerPair {
        layout: vertical; height: 1fr; width: 1fr;
        #prompt-box { height: auto; max-height: 4; padding: 0 1; scrollbar-size-vertical: 1; }
        #prompt-box Static { color: $text; text-style: bold; width: 1fr; }
        #answers { layout: horizontal; height: 1fr; max-height: 36; margin-top: 1; }
        .answer {
            width: 1fr; height: 1fr; padding: 0 1;
            border: round $foreground 35%;
            border-title-style: bold; border-title-color: $foreground;
            scrollbar-size-vertical: 1;
            pointer: pointer;
            &:hover { border: round $foreground 70%; }
            &.-chosen { border: heavy $primary; }
            Markdown { padding: 0; background: transparent; & > :last-child { margin-bottom: 0; } }
        }
        #keys { height: 1; align-horizontal: center; }
        #keys Button {
            min-width: 0; width: auto; padding: 0 1; margin: 0 1;
            background: $surface; color: $text;
        }
        #keys Button:hover { background: $primary 30%; }
        #keys Button:disabled { color: $text-disabled; }
        &.-stacked {
            #keys Button { margin: 0; }  /* all six fit 60 columns */
            #answers { layout: vertical; margin-top: 0; max-height: 100%; }
            .answer { border: none; border-top: solid $foreground 35%; }  /* every line counts */
            .answer:hover { border: none; border-top: solid $foreground 70%; }
            .answer.-chosen { border: none; border-top: heavy $primary; }
        }
    }
    """

    STACK_BELOW: ClassVar[int] = 90
    """Columns under which the answers go one above the other."""
    HIGHLIGHT_SECONDS: ClassVar[float] = 0.3
    """How long the choice stays visible before the next pair may replace it."""
    REPEAT_SECONDS: ClassVar[float] = 0.15
    """A key coming again sooner than this is a key held down: it answers once, not ten times."""

    can_undo: reactive[bool] = reactive(False)
    """Whether there is a choice to take back."""

    class Chosen(Message):
        """The user has chosen. `outcome`: 1 first, 0 second, 0.5 the same, None skipped."""

        def __init__(self, pair: AnswerPair, outcome: float | None) -> None:
            super().__init__()
            self.pair = pair
            self.outcome = outcome

        @property
        def control(self) -> AnswerPair:
            return self.pair

    class Rejected(Message):
        """The user finds both bad and wants two others. As after a choice, `ask` or `retry` goes on."""

        def __init__(self, pair: AnswerPair) -> None:
            super().__init__()
            self.pair = pair

        @property
        def control(self) -> AnswerPair:
            return self.pair

    class UndoRequested(Message):
        """The user wants the last choice back. As after a choice, `ask` or `retry` goes on."""

        def __init__(self, pair: AnswerPair) -> None:
            super().__init__()
            self.pair = pair

        @property
        def control(self) -> AnswerPair:
            return self.pair

    def __init__(self, prompt: str = "", first: str = "", second: str = "", *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._texts = (prompt, first, second)
        self._open = False
        self._chosen_at = self._last_press_at = float("-inf")

    @property
    def open(self) -> bool:
        """Whether a choice would be taken now."""
        return self._open

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="prompt-box", can_focus=False):
            yield Static(id="prompt", markup=False)
        with Container(id="answers"):
            yield Answer(1)
            yield Answer(2)
        with Horizontal(id="keys"):
            for name, label in _BUTTONS:
                button = Button(label, id=f"pair-{name}", compact=True)
                button.can_focus = False  # the keys stay with the pair
                yield button

    async def on_mount(self) -> None:
        self.query_one("#pair-undo").display = self.can_undo
        if any(self._texts):
            await self.ask(*self._texts)

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width < self.STACK_BELOW, "-stacked")

    async def ask(self, prompt: str, first: str, second: str) -> None:
        """Show another pair, once the last choice has been visible long enough, and take a choice again."""
        await asyncio.sleep(max(0.0, self._chosen_at + self.HIGHLIGHT_SECONDS - monotonic()))
        await self._fill(prompt, first, second)
        self.retry()

    async def recall(self, prompt: str, first: str, second: str, outcome: float | None) -> None:
        """Show a pair of the past with what was chosen; takes no choice."""
        self.query_one("#keys").display = False
        await self._fill(prompt, first, second)
        self._mark(outcome)

    async def _fill(self, prompt: str, first: str, second: str) -> None:
        self._texts = (prompt, first, second)
        with self.app.batch_update():
            self.query_one("#prompt", Static).update(harmless(prompt))
            self.query_one("#prompt-box").scroll_home(animate=False)
            await self.query_one("#answer-1", Answer).show(first)
            await self.query_one("#answer-2", Answer).show(second)

    def retry(self) -> None:
        """Take a choice for the pair on screen again, for example because storing the last one failed."""
        for answer in self.query(Answer):
            answer.mark("")
        self._set_open(True)

    def choose(self, outcome: float | None) -> None:
        """Choose, as if the user had; ignored while no choice is taken."""
        if not self._open:
            return
        self._set_open(False)
        self._chosen_at = monotonic()
        self._mark(outcome)
        self.post_message(self.Chosen(self, outcome))

    def _mark(self, outcome: float | None) -> None:
        chosen = {FIRST: {1}, SECOND: {2}, TIE: {1, 2}}.get(-1.0 if outcome is None else outcome, set())
        for answer in self.query(Answer):
            if answer.number in chosen:
                answer.mark("equally good" if outcome == TIE else "your choice")

    def watch_can_undo(self, can_undo: bool) -> None:
        if self.is_mounted:
            self.query_one("#pair-undo").display = can_undo

    def on_key(self, event: events.Key) -> None:
        now = monotonic()
        if event.is_printable and now - self._last_press_at < self.REPEAT_SECONDS:
            event.stop()
            event.prevent_default()
        self._last_press_at = now

    def action_choose(self, name: str) -> None:
        self.choose(_OUTCOMES[name])

    def action_reject(self) -> None:
        if self._open:
            self._set_open(False)
            self.post_message(self.Rejected(self))

    def action_undo(self) -> None:
        if self._open and self.can_undo:
            self._set_open(False)
            self.post_message(self.UndoRequested(self))

    def action_scroll(self, lines: int) -> None:
        for answer in self.query(Answer):
            answer.scroll_relative(y=lines, animate=False)

    @on(Answer.Clicked)
    def choose_clicked(self, event: Answer.Clicked) -> None:
        event.stop()
        self.focus()
        self.choose(FIRST if event.answer.number == 1 else SECOND)

    @on(Button.Pressed)
    def act_on_button(self, event: Button.Pressed) -> None:
        event.stop()
        name = (event.button.id or "").removeprefix("pair-")
        match name:
            case "undo":
                self.action_undo()
            case "reject":
                self.action_reject()
            case _:
                self.action_choose(name)

    def _set_open(self, is_open: bool) -> None:
        self._open = is_open
        for button in self.query("#keys Button").results(Button):
            button.disabled = not is_open


_OUTCOMES = {"first": FIRST, "second": SECOND, "tie": TIE, "skip": SKIP}
_BUTTONS = (
    ("first", "1 First"),
    ("second", "2 Second"),
    ("tie", "= Same"),
    ("skip", "s Skip"),
    ("reject", "b Both bad"),
    ("undo", "u Undo"),
)
