"""What an empty chat shows: what this is, which model answers, and where to begin."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from localpersona.text import one_line


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
        yield Static(_KEYS, classes="keys")

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
        self.query_one(".taste", Static).update(Content(taste_line(self.comparisons)))
        line = Content(model_line(self.model, self.embedded))
        self.query_one(".model", Static).update(line)
        self.query_one(".model").display = bool(line.plain)


def taste_line(comparisons: int) -> str:
    """Say where answers take their manner from."""
    if comparisons == 0:
        return "Answers will follow your taste as soon as you have chosen between a few: F2 starts with ten."
    many = "one comparison" if comparisons == 1 else f"{comparisons} comparisons"
    return f"Answers follow your taste, learned from {many}. Everything stays on this machine."


def model_line(name: str, embedded: bool) -> str:
    """Introduce the LLM; the embedded one honestly."""
    if not name:
        return ""
    if not embedded:
        return f"{one_line(name, 48)} answers. F4 shows other models."
    return (
        f"{one_line(name, 48)} comes along for trying things out. It is tiny: expect simple and often wrong "
        "answers. F4 shows the way to a better model."
    )


_KEYS = Content.from_markup(
    "[b $primary]Enter[/] sends, [b $primary]Ctrl+J[/] starts a new line, [b $primary]/[/] lists commands.\n"
    "[b $primary]Esc[/] stops an answer or moves up to the messages, where letters act:\n"
    "[b $primary]c[/] compare two candidates, [b $primary]w[/] why this answer, [b $primary]r[/] again."
)
