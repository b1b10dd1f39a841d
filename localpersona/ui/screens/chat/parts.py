"""Puts the parts of the chat together: the one place that knows them all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from textual.screen import Screen

from localpersona.ui.screens.chat.again import Again
from localpersona.ui.screens.chat.attaching import Attaching
from localpersona.ui.screens.chat.branching import Branching
from localpersona.ui.screens.chat.comparing import Comparing
from localpersona.ui.screens.chat.copying import Copying
from localpersona.ui.screens.chat.editing import Editing
from localpersona.ui.screens.chat.filing import Filing
from localpersona.ui.screens.chat.focus import Focus
from localpersona.ui.screens.chat.following import Following
from localpersona.ui.screens.chat.meant import Meant
from localpersona.ui.screens.chat.notices import Notices
from localpersona.ui.screens.chat.open_chat import OpenChat
from localpersona.ui.screens.chat.opening import Opening
from localpersona.ui.screens.chat.own_settings import OwnSettings
from localpersona.ui.screens.chat.private import PrivateMode
from localpersona.ui.screens.chat.recall import Recall
from localpersona.ui.screens.chat.running import RunningAnswer
from localpersona.ui.screens.chat.sending import Sending
from localpersona.ui.screens.chat.side import SidePanel
from localpersona.ui.screens.chat.status import Status
from localpersona.ui.screens.chat.taste import Taste
from localpersona.ui.screens.chat.tour import Tour
from localpersona.ui.screens.chat.unsent import Unsent
from localpersona.ui.stage import Stage
from localpersona.ui.turn import Turn
from localpersona.ui.widgets.chat_list import ChatList
from localpersona.ui.widgets.command_hints import CommandHints
from localpersona.ui.widgets.conversation import Conversation
from localpersona.ui.widgets.hint_line import HintLine
from localpersona.ui.widgets.prompt_box import PromptBox
from localpersona.ui.widgets.queue_line import QueueLine
from localpersona.ui.widgets.status_line import StatusLine
from localpersona.ui.widgets.title_bar import TitleBar

if TYPE_CHECKING:
    from localpersona.assistant import Assistant


@dataclass(frozen=True)
class Widgets:
    """What is on the screen."""

    chat_list: ChatList = field(default_factory=ChatList)
    title: TitleBar = field(default_factory=lambda: TitleBar("New chat", "LocalPersona"))
    conversation: Conversation = field(default_factory=Conversation)
    hint: HintLine = field(default_factory=HintLine)
    commands: CommandHints = field(default_factory=CommandHints)
    queue: QueueLine = field(default_factory=QueueLine)
    box: PromptBox = field(default_factory=PromptBox)
    status: StatusLine = field(default_factory=StatusLine)


class Parts:
    """Each with one job. The screen passes on to them what happens; they don't know the screen."""

    def __init__(
        self,
        screen: Screen[Any],
        assistant: Assistant,
        turn: Turn,
        on_it: Widgets,
        own_notices: Sequence[str],
    ) -> None:
        stage, conversation, box = Stage(screen), on_it.conversation, on_it.box
        self.open_chat = open_chat = OpenChat(assistant, conversation)
        self.running = running = RunningAnswer(screen, stage, turn, open_chat)
        self.meant = meant = Meant(stage, conversation, running)
        self.notices = notices = Notices(assistant, open_chat, conversation, own_notices)
        self.status = status = Status(
            stage, assistant, open_chat, conversation, running, notices, on_it.title, on_it.status
        )
        self.again = Again(stage, assistant, open_chat, conversation, box, meant, running)
        self.comparing = Comparing(stage, assistant, conversation, box, meant, self.again, status)
        self.editing = Editing(stage, assistant, open_chat, conversation, box, meant, running, self.comparing)
        self.taste = Taste(stage, assistant, meant, status)
        self.copying = Copying(stage, conversation, meant)
        self.unsent = unsent = Unsent(stage, assistant, open_chat, box, on_it.queue, self.editing)
        self.side = side = SidePanel(stage, assistant, open_chat, on_it.chat_list, box)
        self.focus = Focus(screen, conversation, box, running, self.editing, side)
        self.opening = opening = Opening(
            stage, assistant, open_chat, conversation, box, running, self.editing, unsent, side, status
        )
        self.branching = Branching(stage, assistant, open_chat, conversation, meant, running, opening)
        self.filing = Filing(stage, assistant, open_chat, running, opening, side, status)
        self.own_settings = OwnSettings(stage, assistant, open_chat, opening, status)
        self.private = PrivateMode(
            stage, assistant, open_chat, conversation, box, running, unsent, opening, self.filing
        )
        self.sending = Sending(assistant, open_chat, conversation, running, self.editing, unsent)
        self.following = Following(
            stage, open_chat, conversation, box, running, unsent, opening,
            self.sending, self.comparing, notices, status,
        )  # fmt: skip
        self.attaching = Attaching(stage, assistant, box)
        self.recall = Recall(stage, assistant, box)
        self.tour = Tour(stage, assistant, on_it.hint)
