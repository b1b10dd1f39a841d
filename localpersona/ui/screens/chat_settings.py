"""What one chat has of its own: a system prompt and a temperature."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static, TextArea

from localpersona.settings import FIELDS, Settings
from localpersona.store import ChatOptions
from localpersona.ui.keymap import keys_of


class ChatSettingsScreen(ModalScreen[ChatOptions | None]):
    """Dismisses with the changed options, or with None. An empty field means: as in the settings."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", show=False),
        Binding("ctrl+s", "keep", "Keep", priority=True, show=False, id="chat_settings.keep"),
    ]

    HELP = """\
## Settings of this chat
Both count from the next answer on, in this chat only. An empty field means: as in the settings (**<F5|app.settings>**).
**<Ctrl+S|chat_settings.keep>** keeps them, **Escape** changes nothing.
"""

    DEFAULT_CSS = """
    ChatSettingsScreen {
        align: center middle;
        & > Vertical {
            width: 78; max-width: 96%; height: auto; max-height: 96%; padding: 1 2; overflow-y: auto;
            background: $surface; border: round $foreground 40%; border-title-color: $primary;
        }
        TextArea { height: 6; min-height: 3; border: round $foreground 25%; &:focus { border: round $primary; } }
        Input { margin-bottom: 1; }
        .label { margin-top: 1; }
        .keys { color: $foreground 70%; }
    }
    """

    def __init__(self, options: ChatOptions, settings: Settings) -> None:
        super().__init__()
        self._options = options
        self._settings = settings

    def compose(self) -> ComposeResult:
        own, usual = self._options, self._settings
        with Vertical() as box:
            box.border_title = "This chat only"
            yield Static("What the model is told before this conversation", markup=False)
            yield TextArea(own.system_prompt or "", placeholder=usual.system_prompt, soft_wrap=True)
            yield Static("Temperature, 0 (always the likeliest words) … 2", classes="label", markup=False)
            given = "" if own.temperature is None else f"{own.temperature:g}"
            yield Input(given, placeholder=f"{usual.temperature:g}", compact=True)
            yield Static(keys_of(self).named(_KEYS), classes="keys", markup=False)

    def action_cancel(self) -> None:
        self.dismiss(None)

    def on_input_submitted(self) -> None:
        self.action_keep()

    def action_keep(self) -> None:
        text, typed = self.query_one(TextArea).text.strip(), self.query_one(Input).value.strip()
        try:
            temperature = float(_TEMPERATURE.check(float(typed))) if typed else None
        except ValueError:
            keys = keys_of(self).named(_KEYS)
            self.query_one(".keys", Static).update(f"The temperature is a number between 0 and 2. {keys}")
            return
        self.dismiss(replace(self._options, system_prompt=text or None, temperature=temperature))


_KEYS = "<Ctrl+S|chat_settings.keep> keeps both, Escape changes nothing. Empty: as in the settings."
_TEMPERATURE = next(info for info in FIELDS if info.name == "temperature")
