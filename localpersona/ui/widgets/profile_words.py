"""The end of onboarding: the profile in words, and the way on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Static

from localpersona.text import harmless
from localpersona.ui.widgets.plain_button import PlainButton
from localpersona.ui.widgets.trait_bar import TraitBar

if TYPE_CHECKING:
    from localpersona.assistant import ProfileView


class ProfileWords(VerticalScroll, can_focus=False):
    """Says what was learned, in a sentence and in the bars that are known; offers to chat or to answer more.

    Its buttons have the ids `chat` and `more`; the screen acts on them.
    """

    DEFAULT_CSS = """
    ProfileWords {
        padding: 1 3;
        #summary { text-style: bold; margin-bottom: 1; }
        #outlook { color: $foreground 70%; margin-top: 1; }
        #buttons { height: auto; margin-top: 1; }
        #known { height: auto; }
    }
    """

    def compose(self) -> ComposeResult:
        yield Static(id="summary", markup=False)
        yield VerticalScroll(id="known", can_focus=False)
        yield Static(_OUTLOOK, id="outlook", markup=False)
        with Horizontal(id="buttons"):
            yield PlainButton("Start chatting", id="chat")
            yield PlainButton("Answer more", id="more")

    async def show(self, profile: ProfileView) -> None:
        self.query_one("#summary", Static).update(harmless(profile.summary))
        known = self.query_one("#known")
        await known.remove_children()
        await known.mount_all(TraitBar(view) for view in profile.tastes if view.known)
        self.query_one("#chat").focus()


_OUTLOOK = """\
Every answer can say why it was chosen, and comparing two answers in a chat sharpens this further. \
Your profile can be read, corrected and forgotten at any time."""
