"""The keys that work everywhere. Each has an id, so that a key map can change it."""

from __future__ import annotations

from textual.binding import Binding, BindingType

GLOBAL: list[BindingType] = [
    Binding("ctrl+p", "command_palette", "Commands", key_display="^p", priority=True, id="app.palette"),
    Binding("f1", "help", "Help", key_display="F1", priority=True, id="app.help"),
    Binding("f2", "go('onboarding')", "Choose", key_display="F2", show=False, id="app.onboarding"),
    Binding("f3", "go('profile')", "Profile", key_display="F3", show=False, id="app.profile"),
    Binding("f4", "go('models')", "Models", key_display="F4", show=False, id="app.models"),
    Binding("f5", "go('settings')", "Settings", key_display="F5", show=False, id="app.settings"),
    Binding("ctrl+q", "quit", "Quit", show=False, priority=True, id="app.quit"),
]


def displayed(key: str) -> str:
    """Return a key as people write it: `ctrl+n` as `Ctrl+N`, `escape` as `Esc`; single letters stay."""
    if len(key) <= 1:
        return key
    return "+".join(
        _NAMES.get(part, part.upper() if len(part) <= 2 else part.capitalize()) for part in key.split("+")
    )


_NAMES = {"escape": "Esc", "ctrl": "Ctrl"}
