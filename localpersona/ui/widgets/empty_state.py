"""What an empty chat shows: what this is, which model answers, and where to begin."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from localpersona.text import one_line
from localpersona.ui.keymap import keys_of


class EmptyState(Vertical):
    """A greeting that teaches. `model` and `comparisons` follow what is known."""

    DEFAULT_CSS = """
    EmptyState {
        height: auto; width: 100%; max-width: 76; padding: 0 2;
        & > Static { height: auto; margin-bottom: 1; }
        & > .keys { margin-bottom: 0; }
        & > .title { text-style: bold; color: $primary; }
        & > .model { color: $text-muted; }
        & > .keys { color: $text-muted; }
    }
    """

    model: reactive[str] = reactive("")
    """The LLM's name; "" while none is loaded."""
    embedded: reactive[bool] = reactive(False)
    """Whether it is the small one that comes with the app."""
    comparisons: reactive[int] = reactive(0)

    def compose(self) -> ComposeResult:
        yield Static(Content("Ask something."), classes="title")
        yield Static(classes="taste", markup=False)
        yield Static(classes="model", markup=False)
        yield Static(Content.from_markup(keys_of(self).named(_KEYS)), classes="keys")

    def on_mount(self) -> None:
        self._say()

    def watch_model(self) -> None:
        self._say()

    def watch_embedded(self) -> None:
        self._say()

    def watch_comparisons(self) -> None:
        self._say()

    def _say(self) -> None:
        if not self.is_mounted:
            return
        keys = keys_of(self)
        self.query_one(".taste", Static).update(Content(keys.named(taste_line(self.comparisons))))
        line = Content(keys.named(model_line(self.model, self.embedded)))
        self.query_one(".model", Static).update(line)
        self.query_one(".model").display = bool(line.plain)


def taste_line(comparisons: int) -> str:
    """Say where answers take their manner from."""
    if comparisons == 0:
        return (
            "Answers will follow your taste as soon as you have chosen between a few: "
            "<F2|app.onboarding> starts with ten."
        )
    many = "one comparison" if comparisons == 1 else f"{comparisons} comparisons"
    return f"Answers follow your taste, learned from {many}. Everything stays on this machine."


def model_line(name: str, embedded: bool) -> str:
    """Introduce the LLM; the embedded one honestly."""
    if not name:
        return ""
    if not embedded:
        return f"{one_line(name, 48)} answers. <F4|app.models> shows other models."
    return (
        f"{one_line(name, 48)} comes along for trying things out. It is tiny: expect simple and often wrong "
        "answers. <F4|app.models> shows the way to a better model."
    )


_KEYS = (
    "[b $primary]<Enter|prompt.send>[/] sends, [b $primary]<Ctrl+J|prompt.newline>[/] starts a new line, "
    "[b $primary]/[/] lists commands.\n"
    "[b $primary]<Esc|chat.stop>[/] stops an answer or moves up to the messages, where letters act:\n"
    "[b $primary]<c|message.compare>[/] compare two candidates, [b $primary]<w|message.why>[/] why this answer, "
    "[b $primary]<r|message.regenerate>[/] again."
)
