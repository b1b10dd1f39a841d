"""The end of onboarding: the profile in words, and the way on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.message import Message
from textual.widgets import Static

from localpersona.text import harmless
from localpersona.ui.widgets.plain_button import PlainButton
from localpersona.ui.widgets.segments import Segments
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
        #kept { margin-top: 1; }
    }
    """

    class Agreed(Message):
        """The user said whether to learn, too, from what they keep in a chat."""

        def __init__(self, agreed: bool) -> None:
            super().__init__()
            self.agreed = agreed

    def compose(self) -> ComposeResult:
        yield Static(id="summary", markup=False)
        yield VerticalScroll(id="known", can_focus=False)
        yield Static(_OUTLOOK, id="outlook", markup=False)
        yield Static(_KEPT, id="kept", markup=False)
        yield Segments(_WAYS, _WAYS[0])
        with Horizontal(id="buttons"):
            yield PlainButton("Start chatting", id="chat")
            yield PlainButton("Answer more", id="more")

    async def show(self, profile: ProfileView, *, learns_from_kept: bool = False) -> None:
        self.query_one(Segments).value = _WAYS[learns_from_kept]
        self.query_one("#summary", Static).update(harmless(profile.summary))
        known = self.query_one("#known")
        await known.remove_children()
        await known.mount_all(TraitBar(view) for view in profile.tastes if view.known)
        self.query_one("#chat").focus()

    def on_segments_changed(self, event: Segments.Changed) -> None:
        event.stop()
        self.post_message(self.Agreed(event.value == _WAYS[True]))


_WAYS = ("only from comparisons", "also from what I keep")
_KEPT = """\
When you have an answer written again and go on from one of the two, or edit an answer yourself, \
that shows your taste, too. Learn:"""
_OUTLOOK = """\
Every answer can say why it was chosen, and comparing two answers in a chat sharpens this further. \
Your profile can be read, corrected and forgotten at any time."""
