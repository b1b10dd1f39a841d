"""The keys that work everywhere. Each has an id, so that a key map can change it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from textual.binding import Binding, BindingType
from textual.dom import DOMNode

GLOBAL: list[BindingType] = [
    Binding("ctrl+p", "command_palette", "Commands", key_display="^p", priority=True, id="app.palette"),
    Binding("f1", "help", "Help", key_display="F1", priority=True, id="app.help"),
    Binding("f2", "go('onboarding')", "Choose", key_display="F2", show=False, id="app.onboarding"),
    Binding("f3", "go('profile')", "Profile", key_display="F3", show=False, id="app.profile"),
    Binding("f4", "go('models')", "Models", key_display="F4", show=False, id="app.models"),
    Binding("f5", "go('settings')", "Settings", key_display="F5", show=False, id="app.settings"),
    Binding("ctrl+q", "quit", "Quit", show=False, priority=True, id="app.quit"),
]


MENTIONED = re.compile(r"<(?P<usual>[^<>|\n]+)\|(?P<id>[a-z_]+\.[a-z_]+)>")
"""How our texts mention a key: `<Ctrl+F|chat.search>` is the key of that binding, Ctrl+F by default."""


class Keys:
    """The keys as the user has them, for every text that mentions one."""

    def __init__(self, changed: Mapping[str, str] | None = None) -> None:
        """`changed`: binding id → keys, with commas between; the others are as usual."""
        self._changed = dict(changed or {})

    def named(self, text: str) -> str:
        """Return one of our own texts with the keys in it as they are."""
        return MENTIONED.sub(self._name, text)

    def _name(self, mention: re.Match[str]) -> str:
        keys = self._changed.get(mention["id"])
        return displayed(keys.split(",")[0]) if keys else mention["usual"]


def keys_of(node: DOMNode) -> Keys:
    """Return the keys of the app that this screen or widget is in."""
    keys = getattr(node.app, "keys", None)
    return keys if isinstance(keys, Keys) else Keys()


def displayed(key: str) -> str:
    """Return a key as people write it: `ctrl+n` as `Ctrl+N`, `escape` as `Esc`; single letters stay."""
    if len(key) <= 1:
        return key
    return "+".join(
        _NAMES.get(part, part.upper() if len(part) <= 2 else part.capitalize()) for part in key.split("+")
    )


_NAMES = {
    "escape": "Esc", "ctrl": "Ctrl", "up": "↑", "down": "↓", "left": "←", "right": "→", "slash": "/",
    "question_mark": "?", "equals_sign": "=", "left_square_bracket": "[", "right_square_bracket": "]",
}  # fmt: skip
