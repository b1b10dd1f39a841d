"""The keys that act just now, in one line."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from textual import events
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget


class _Key(NamedTuple):
    key: str
    shown: str
    does: str

    @property
    def width(self) -> int:
        return len(self.shown) + 1 + len(self.does)


class KeyLine(Widget):
    """What Textual's Footer shows, as one widget.

    The Footer builds a widget for each key whenever the focus moves, which took an eighth of all the time in
    our tests. Here, what does not fit is left out, never cut in half.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"key-line--key"}

    ALLOW_SELECT = False

    DEFAULT_CSS = """
    KeyLine {
        height: 1; padding: 0 2; color: $text-muted; pointer: pointer;
        .key-line--key { color: $primary; }
    }
    """

    GAP: ClassVar[int] = 3

    def __init__(self) -> None:
        super().__init__()
        self._keys: list[_Key] = []

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._read)

    def _read(self, screen: Screen[object]) -> None:
        if screen is not self.screen:
            return
        keys: dict[str, _Key] = {}  # one for each action: the first key of several
        for _, binding, enabled, _ in screen.active_bindings.values():
            if binding.show and enabled:
                display = self.app.get_key_display(binding)
                keys.setdefault(binding.action, _Key(binding.key, display, binding.description))
        if list(keys.values()) != self._keys:
            self._keys = list(keys.values())
            self.refresh()

    def _fitting(self) -> list[_Key]:
        fitting: list[_Key] = []
        room = self.size.width + self.GAP
        for key in self._keys:
            room -= key.width + self.GAP
            if room < 0:
                break
            fitting.append(key)
        return fitting

    def render(self) -> Content:
        style = self.get_visual_style("key-line--key")
        parts = [Content.assemble((key.shown, style), f" {key.does}") for key in self._fitting()]
        return Content(" " * self.GAP).join(parts)

    def on_click(self, event: events.Click) -> None:
        x = event.get_content_offset_capture(self).x
        for key in self._fitting():
            if 0 <= x < key.width:
                self.app.simulate_key(key.key)
                return
            x -= key.width + self.GAP
