"""Everything that can be set, over the one documented file it is kept in."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Footer, Static

from localpersona import paths
from localpersona.settings import FIELDS
from localpersona.text import one_line
from localpersona.ui.screens.panel import PanelScreen
from localpersona.ui.themes import ANSI, THEMES
from localpersona.ui.widgets.setting_row import SettingRow
from localpersona.ui.widgets.title_bar import TitleBar

_HEADINGS = {
    "profile": "You",
    "strength": "Your taste",
    "context_length": "Memory and speed",
    "temperature": "How answers are written",
    "theme": "Looks",
    "offer_every": "What is learned from chatting",
    "store_chats": "What is kept",
}
"""The heading above each of these settings."""
_ELSEWHERE = {"model"}
"""The models have a screen of their own, which loads one before it is saved."""
_REMARKS = {
    "profile": "<F3|app.profile>, then <p|profile.profiles>, shows all of them.",
    "store_chats": "Counts from the next start.",
    "theme": "/themes shows more.",
}


class SettingsScreen(PanelScreen[None]):
    """One row for each setting. A change is stored as soon as it is made; there is nothing to confirm."""

    HELP = """\
## Settings
**Tab** or **↑ ↓** moves, **← →** chooses, **Enter** takes what is typed. A change counts at once and is
stored in the file named at the top, which you can edit as well; your comments in it stay. An emptied number
goes back to its default. The model has a screen of its own: **<F4|app.models>**.
"""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "app.focus_previous", "Move", key_display="↑ ↓", id="settings.previous"),
        Binding("down", "app.focus_next", "Move", show=False, id="settings.next"),
        *PanelScreen.scrolling("#body"),
    ]

    AUTO_FOCUS = "Segments"  # not a text field: a stray letter would replace what stands in it

    DEFAULT_CSS = """
    SettingsScreen {
        #body { height: 1fr; overflow-y: auto; padding: 1 2 0 2; scrollbar-size-vertical: 1; }
        #file { color: $foreground 70%; padding: 0 1; margin-bottom: 1; }
        .heading { text-style: bold; color: $primary; padding: 0 1; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._saving = asyncio.Lock()

    def compose(self) -> ComposeResult:
        yield TitleBar("Settings")
        settings = self.assistant.settings
        with Vertical(id="body"):  # not VerticalScroll: its bindings would take the arrow keys
            file = one_line(str(paths.settings()), 1000)
            yield Static(f"Kept in {file}, which you can edit as well.", id="file", markup=False)
            for info in FIELDS:
                if info.name in _HEADINGS:
                    yield Static(_HEADINGS[info.name], classes="heading", markup=False)
                if info.name not in _ELSEWHERE:
                    value = getattr(settings, info.name)
                    yield SettingRow(
                        info, value, self._choices(info.name), self.stage.keys(_REMARKS.get(info.name, ""))
                    )
        yield Footer(show_command_palette=False)

    @on(SettingRow.Changed)
    def change(self, event: SettingRow.Changed) -> None:
        self.start(self._store(event.row, event.value), lasting=True)

    def action_leave(self) -> None:
        for row in self.query(SettingRow):
            if row.problem:
                self.tell(f"{row.label} stays {row.value}: what was typed is not allowed.")
            typed = row.take_typed()
            if typed is not None:
                self.start(self._store(row, typed), lasting=True)
        self.dismiss()

    async def _store(self, row: SettingRow, value: object) -> None:
        name = row.info.name
        async with self._saving:
            try:
                if name == "profile":
                    await asyncio.to_thread(self.assistant.people.use, str(value))
                else:
                    await asyncio.to_thread(lambda: self.assistant.update_settings(**{name: value}))
            except Exception:
                if row.is_attached:
                    row.show(getattr(self.assistant.settings, name))
                raise
        if name == "theme":
            self.app.theme = str(value)
        if name == "motion":
            self.app.animation_level = "full" if value else "none"

    def _choices(self, name: str) -> Sequence[str]:
        return (*(theme.name for theme in THEMES), *ANSI) if name == "theme" else ()
