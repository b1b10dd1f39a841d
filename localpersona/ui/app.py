"""The terminal app. It only knows which screens there are; each does its own work."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events, work
from textual.app import App
from textual.binding import BindingType
from textual.command import Provider
from textual.screen import Screen

from localpersona.text import harmless
from localpersona.ui import keymap_file
from localpersona.ui.keymap import GLOBAL, Keys
from localpersona.ui.messages import ModelFailed, ModelLoaded
from localpersona.ui.palette import CommandProvider
from localpersona.ui.pasting import guard_pastes
from localpersona.ui.screens.chat import ChatScreen
from localpersona.ui.screens.chat.keys import completed
from localpersona.ui.screens.help import HelpScreen
from localpersona.ui.screens.too_small import TooSmallScreen, too_small
from localpersona.ui.themes import DARK, DEFAULT, LIGHT, THEMES
from localpersona.ui.turn import Turn

if TYPE_CHECKING:
    from localpersona.assistant import Assistant


class LocalPersonaApp(App[None]):
    """Chat, profile, models, settings over one assistant, which the caller opens and closes."""

    TITLE = "LocalPersona"
    CSS_PATH = "app.tcss"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {CommandProvider}
    BINDINGS: ClassVar[list[BindingType]] = GLOBAL

    def __init__(self, assistant: Assistant) -> None:
        guard_pastes()
        super().__init__()
        self.assistant = assistant
        self.turn = Turn()
        own, problems = keymap_file.load(keymap_file.path())
        changed = completed(own)
        self.keys = Keys(changed)
        self.chat = ChatScreen(assistant, self.turn, problems)
        for theme in THEMES:
            self.register_theme(theme)
        wanted = assistant.settings.theme
        self.theme = wanted if wanted in self.available_themes else DEFAULT
        if not assistant.settings.motion:
            self.animation_level = "none"
        if changed:
            self.set_keymap(changed)

    def get_default_screen(self) -> Screen[None]:
        return self.chat

    def on_mount(self) -> None:
        self.call_after_refresh(self._painted)
        self.run_worker(self._greet(), exit_on_error=False)

    def _painted(self) -> None:
        """The first screen can be seen: from here on there is time."""
        if not gc.isenabled():  # who started us put it off
            gc.freeze()  # what is there now stays: looking through it time and again would make keys wait
            gc.enable()
        self.load_model()

    # Screens

    def action_go(self, name: str) -> None:
        """Open one of the screens beside the chat; a second time changes nothing."""
        screen = screen_called(name)
        if not any(isinstance(opened, type(screen)) for opened in self.screen_stack):
            self.push_screen(screen)

    def action_help(self) -> None:
        if not isinstance(self.screen, HelpScreen | TooSmallScreen):
            own = str(getattr(self.screen, "HELP", "") or "")
            self.push_screen(HelpScreen(self.keys.named(own)))

    async def action_write_keys(self) -> None:
        """Make the file in which keys can be changed, with its schema, and say where it is."""
        try:
            path = await asyncio.to_thread(keymap_file.write_files, keymap_file.path())
        except OSError as error:
            self.notify(
                f"The key map could not be written: {error.strerror}.", severity="error", markup=False
            )
        else:
            self.notify(
                f"Keys can be changed in {path}; the schema beside it names them. They count from the next start.",
                timeout=15,
                markup=False,
            )

    async def _greet(self) -> None:
        """On the very first start, say what this is and offer the questions."""
        if await asyncio.to_thread(self.assistant.is_new):
            self.push_screen(screen_called("welcome"), self._after_welcome)

    def _after_welcome(self, begin: bool | None) -> None:
        if begin:
            self.action_go("onboarding")

    def on_resize(self, event: events.Resize) -> None:
        covered = isinstance(self.screen, TooSmallScreen)
        if too_small(event.size.width, event.size.height):
            if not covered:
                self.push_screen(TooSmallScreen())
        elif covered:
            self.pop_screen()

    # The model

    @work(thread=True, exclusive=True, group="model", exit_on_error=False)
    def load_model(self) -> None:
        """Load the LLM beside the first screen, which is usable meanwhile."""
        try:
            info = self.assistant.load_model()
        except Exception as error:  # whatever it was, the user must hear of it and be able to go on
            self.chat.post_message(ModelFailed(str(error) or type(error).__name__))
        else:
            self.chat.post_message(ModelLoaded(info))

    # Themes

    def action_toggle_theme(self) -> None:
        self.theme = LIGHT.name if self.current_theme.dark else DARK.name

    def watch_theme(self, theme: str) -> None:
        if self.is_running and theme != self.assistant.settings.theme:
            self.run_worker(self._keep_theme(theme), group="theme", exit_on_error=False)

    async def _keep_theme(self, theme: str) -> None:
        try:
            await asyncio.to_thread(lambda: self.assistant.update_settings(theme=theme))
        except Exception as error:  # the theme is on screen all the same
            self.notify(
                f"The theme could not be saved: {harmless(str(error))}", severity="warning", markup=False
            )

    async def action_quit(self) -> None:
        """Leave. What is typed is kept; a running answer is stopped and its text kept."""
        try:
            await self.chat.parts.unsent.keep()
        except Exception as error:  # leaving must always work; the shell shows what was lost
            self.exit(message=f"What was typed could not be kept: {harmless(str(error))}")
        else:
            self.exit()


def screen_called(name: str) -> Screen[Any]:
    """Return a new screen by name. Imported when first needed: the chat must appear at once."""
    module = import_module(f"localpersona.ui.screens.{name}")
    screen: Screen[Any] = getattr(module, f"{name.capitalize()}Screen")()
    return screen
