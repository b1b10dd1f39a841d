"""One choice out of a few, all of them visible: `○ off  ○ light  ○ medium  ● full`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

_GAP = 2


class Segments(Widget, can_focus=True):
    """A row of choices. Only what the user does posts `Changed`; setting `value` does not."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", "Before", show=False),
        Binding("right", "step(1)", "Next", show=False),
    ]
    """
    | Key(s) | Description |
    | :- | :- |
    | left, right | The choice before or after. |
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"segments--chosen", "segments--other"}

    ALLOW_SELECT = False

    DEFAULT_CSS = """
    Segments {
        height: 1; width: auto; pointer: pointer; padding: 0 1;
        .segments--chosen { text-style: bold; color: $primary; }
        .segments--other { color: $foreground 70%; }
        &:focus { background: $primary 18%; }
    }
    """

    value: reactive[str] = reactive("")
    """The choice made; one that is not among the choices shows none."""

    class Changed(Message):
        """The user has chosen another one."""

        def __init__(self, segments: Segments, value: str) -> None:
            super().__init__()
            self.segments = segments
            self.value = value

        @property
        def control(self) -> Segments:
            return self.segments

    def __init__(self, choices: Sequence[str], value: str, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.choices = tuple(choices)
        self.set_reactive(Segments.value, value)

    def get_content_width(self, container: object, viewport: object) -> int:
        return self._ends()[-1]

    def render(self) -> Content:
        parts: list[Content | str] = []
        for choice in self.choices:
            chosen = choice == self.value
            style = ".segments--chosen" if chosen else ".segments--other"
            parts += [Content.styled(f"{'●' if chosen else '○'} {choice}", style), " " * _GAP]
        return Content.assemble(*parts[:-1])

    def action_step(self, direction: int) -> None:
        at = self.choices.index(self.value) if self.value in self.choices else -1
        self._choose(min(max(at + direction, 0), len(self.choices) - 1))

    def on_click(self, event: events.Click) -> None:
        x = event.get_content_offset_capture(self).x
        self._choose(next((i for i, end in enumerate(self._ends()) if x < end), len(self.choices) - 1))

    def _choose(self, index: int) -> None:
        if self.choices[index] != self.value:
            self.value = self.choices[index]
            self.post_message(self.Changed(self, self.value))

    def _ends(self) -> list[int]:
        """Return the column after each choice."""
        ends, x = [], 0
        for choice in self.choices:
            x += len(choice) + 2
            ends.append(x)
            x += _GAP
        return ends
