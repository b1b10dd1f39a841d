"""One trait of the profile as a bar between its two poles, with what is not known about it yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

if TYPE_CHECKING:
    from localpersona.assistant import TraitView


class TraitBar(Widget):
    """Where one trait lies between its poles: `concise ━━●━━──┼───────── detailed`.

    ● is the mean, the heavy line one standard deviation to both sides of it, ┼ the middle: no opinion.
    A trait set by hand shows ◆ instead. Form carries the meaning, so it reads the same without colour.
    In a narrow place the poles go above the line.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "trait-bar--pole",
        "trait-bar--preferred",
        "trait-bar--line",
        "trait-bar--interval",
        "trait-bar--mean",
        "trait-bar--words",
    }
    """
    | Class | Description |
    | :- | :- |
    | `trait-bar--pole` | The words at both ends. |
    | `trait-bar--preferred` | The word at the end that the user is known to prefer. |
    | `trait-bar--line` | The line between the poles, outside the interval. |
    | `trait-bar--interval` | One standard deviation around the mean. |
    | `trait-bar--mean` | The mean, or the value set by hand. |
    | `trait-bar--words` | The description after the bar. |
    """

    ALLOW_SELECT = False

    DEFAULT_CSS = """
    TraitBar {
        height: 1; width: 1fr;
        &.-narrow { height: 2; }
        .trait-bar--pole { color: $foreground 70%; }
        .trait-bar--preferred { color: $foreground; text-style: bold; }
        .trait-bar--line { color: $foreground 30%; }
        .trait-bar--interval { color: $primary; }
        .trait-bar--mean { color: $foreground; text-style: bold; }
        .trait-bar--words { color: $foreground 70%; }
    }
    """

    NARROW_BELOW: ClassVar[int] = 52
    """Columns under which the poles go above the line."""
    WORDS_FROM: ClassVar[int] = 88
    """Columns from which the description has room after the bar."""
    POLES: ClassVar[tuple[int, int]] = (14, 21)
    """Columns for the words at the left and at the right."""

    position: reactive[float] = reactive(0.0)
    """The mean, −1 … 1; 0 is the middle. May be animated."""
    lower: reactive[float] = reactive(-1.0)
    """One standard deviation below the mean, on the same scale."""
    upper: reactive[float] = reactive(1.0)
    locked: reactive[bool] = reactive(False)
    words: reactive[str] = reactive("")
    """The trait in words, for example "clearly concise"."""

    def __init__(self, view: TraitView, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.view = view
        self.set_reactive(TraitBar.position, view.position)
        self.set_reactive(TraitBar.lower, view.low)
        self.set_reactive(TraitBar.upper, view.high)
        self.set_reactive(TraitBar.locked, view.locked)
        self.set_reactive(TraitBar.words, view.description)

    def show(self, view: TraitView, *, seconds: float = 0.4) -> None:
        """Show another state of the trait, moving there in `seconds`; 0 jumps."""
        self.view = view
        self.locked, self.words = view.locked, view.description
        for name, value in (("position", view.position), ("lower", view.low), ("upper", view.high)):
            if seconds > 0:
                self.animate(name, value, duration=seconds)
            else:
                setattr(self, name, value)

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width < self.NARROW_BELOW, "-narrow")

    @property
    def room(self) -> int:
        """Columns for bar and words."""
        return self.size.width

    def render(self) -> Content:
        width = self.room
        low, high = (self._pole(end) for end in (-1, 1))
        if width < self.NARROW_BELOW:
            gap = Content(" " * max(width - low.cell_length - high.cell_length, 1))
            return Content.assemble(low, gap, high, "\n", self._line(width))
        start, columns, words = self._measure(width)
        low = low.pad_left(start - 1 - low.cell_length)
        if words:
            high = high.pad_right(self.POLES[1] - high.cell_length)
            high = high.append(Content.styled(self.words[:words], self._style("words")))
        return Content.assemble(low, " ", self._line(columns), " ", high)

    def position_at(self, x: int) -> float | None:
        """Return the position (−1 … 1) that the column x of the widget stands for; None beside the line."""
        start, columns, _ = self._measure(self.room)
        return (x - start) / (columns - 1) * 2 - 1 if 0 <= x - start < columns and columns > 1 else None

    def _measure(self, width: int) -> tuple[int, int, int]:
        """Return the line's first column, the line's columns, and the columns for the words after it."""
        if width < self.NARROW_BELOW:
            return 0, width, 0
        left, right = self.POLES
        words = min(width - self.WORDS_FROM + 28, 34) if width >= self.WORDS_FROM else 0
        return left + 1, width - left - right - words - 2, words

    def _pole(self, end: int) -> Content:
        trait = self.view.trait
        preferred = self.view.known and self.view.position * end > 0
        return Content.styled(
            trait.low if end < 0 else trait.high, self._style("preferred" if preferred else "pole")
        )

    def _line(self, width: int) -> Content:
        """Draw the bar. Ends are drawn inside the line, so that an extreme mean is still seen."""

        def column(value: float) -> int:
            return round((min(max(value, -1.0), 1.0) + 1) / 2 * (width - 1))

        mean, middle = column(self.position), column(0.0)
        start, end = (mean, mean) if self.locked else (column(self.lower), column(self.upper))
        pieces = []
        for index in range(max(width, 0)):
            if index == mean:
                pieces.append(("◆" if self.locked else "●", self._style("mean")))
            elif start <= index <= end:
                pieces.append(("┿" if index == middle else "━", self._style("interval")))
            else:
                pieces.append(("┼" if index == middle else "─", self._style("line")))
        return Content.assemble(*pieces)

    def _style(self, part: str) -> str:
        return f".trait-bar--{part}"
