"""The chat: layout, keys, focus, status."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from localpersona.engine.protocol import ModelInfo
from localpersona.library import embedded_model
from localpersona.store import ChatOptions, ChatRow
from localpersona.text import one_line
from localpersona.ui import copies
from localpersona.ui.messages import ModelFailed, ModelLoaded
from localpersona.ui.screens.branches import BranchesScreen
from localpersona.ui.screens.chat.attaching import Attaching
from localpersona.ui.screens.chat.filing import Filing
from localpersona.ui.screens.chat.library import NARROW, Library
from localpersona.ui.screens.chat.private import MARK, PrivateMode
from localpersona.ui.screens.chat.recall import Recall
from localpersona.ui.screens.chat.tour import Tour
from localpersona.ui.screens.chat_settings import ChatSettingsScreen
from localpersona.ui.widgets.answer_view import AnswerView
from localpersona.ui.widgets.chat_list import ChatList
from localpersona.ui.widgets.command_hints import CommandHints
from localpersona.ui.widgets.conversation import Conversation
from localpersona.ui.widgets.empty_state import EmptyState
from localpersona.ui.widgets.hint_line import HintLine
from localpersona.ui.widgets.key_line import KeyLine
from localpersona.ui.widgets.message_view import MessageView
from localpersona.ui.widgets.prompt_box import PromptBox
from localpersona.ui.widgets.queue_line import QueueLine
from localpersona.ui.widgets.status_line import StatusLine
from localpersona.ui.widgets.title_bar import TitleBar

QUICK = {
    "c": "compare", "w": "why", "r": "regenerate", "n": "continue",
    "e": "edit", "y": "copy", "u": "undo_comparison", "o": "toggle_offers",
}  # fmt: skip
"""Letters that act on the newest answer also from the prompt box, with Alt, or right behind an Escape."""


class ChatScreen(Library):
    """Where the app lives. The focus starts in the prompt box."""

    AUTO_FOCUS = "PromptBox"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (NARROW, "-wide")]  # noqa: RUF012 (an instance variable in Screen)
    VERTICAL_BREAKPOINTS = [(0, "-low"), (18, "-short"), (24, "-high")]  # noqa: RUF012

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop_here", "Stop", key_display="esc", id="chat.stop"),
        Binding("escape", "to_messages", "Messages", key_display="esc", id="chat.to_messages"),
        Binding("escape", "focus_prompt", "Write", key_display="esc", id="chat.to_prompt"),
        Binding("ctrl+n", "new_chat", "New", id="chat.new"),
        Binding("ctrl+b", "toggle_chats", "Chats", id="chat.toggle_chats"),
        Binding("ctrl+f", "search_chats", "Search", show=False, priority=True, id="chat.search"),
        *(Binding(f"alt+{key}", action, show=False) for key, action in QUICK.items()),
        Binding("ctrl+up", "recall(1)", "Earlier prompt", show=False, priority=True, id="chat.recall"),
        Binding("ctrl+down", "recall(-1)", "Later prompt", show=False, priority=True, id="chat.recall_later"),
        Binding("f8", "next_hint", "Next hint", show=False, priority=True, id="chat.next_hint"),
        Binding("f9", "end_hints", "No more hints", show=False, priority=True, id="chat.end_hints"),
        Binding("f7", "branches", "Branches", show=False, priority=True, id="chat.branches"),
        Binding("f6", "rename_chat", "Rename", show=False, priority=True, id="chat.rename"),
    ]

    HELP = """\
## The chat
- **Enter** sends, **Ctrl+J** starts a new line (Shift+Enter too, where the terminal can tell it from Enter).
- **Alt** and a letter acts on the newest answer without leaving the prompt box: **Alt+C**, **Alt+W** …
- **Esc** stops a running answer and keeps its text; otherwise it moves to the messages and back.
- What you send while an answer runs waits for its turn; **↑** in the empty box takes it back.
- **Ctrl+↑** and **Ctrl+↓** bring back what you asked before, in any chat.
- **/attach** puts a text file into the prompt, **/private** begins a chat that is never stored,
  **/branches** shows every version of this chat, **/chat** gives it a system prompt of its own.
- Copying says which way it went; through the terminal, a few don't allow it.
"""

    DEFAULT_CSS = """
    ChatScreen {
        layout: horizontal; background: $background;
        #main { width: 1fr; height: 1fr; }
        #foot { height: auto; align-horizontal: center; & > * { max-width: 104; } }
        ChatList { display: none; }
        PromptBox { margin: 0 1; }
        &.-private PromptBox { border: double $accent; }
        &.-private TitleBar .remark { color: $accent; text-style: bold; }
        &.-narrow ChatList { width: 100%; layer: side; }
        &.-narrow { layers: base side; }
        &.-narrow ChatList > .keys { display: block; }
        &.-low KeyLine, &.-low HintLine, &.-short HintLine { display: none; }
        &.-low Conversation { padding-top: 0; }
        &.-low PromptBox { max-height: 5; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.filing = Filing(self)
        self.private_mode = PrivateMode(self)
        self.recall = Recall(self)
        self.attaching = Attaching(self)
        self.tour = Tour(self)
        self._told: set[str] = set()
        """Notices shown already."""

    def compose(self) -> ComposeResult:
        yield ChatList()
        with Vertical(id="main"):
            yield TitleBar("New chat", "LocalPersona")
            yield Conversation()
            with Vertical(id="foot"):
                yield HintLine()
                yield CommandHints()
                yield QueueLine()
                yield PromptBox()
            yield StatusLine()
            yield KeyLine()

    def on_mount(self) -> None:
        self.start(self.open_last(), group="open")
        self.start(self.tour.resume(), group="tour")
        self.set_interval(10, lambda: self.start(self.show_status(), group="status", only=True))

    def on_screen_resume(self) -> None:
        # Other screens change settings, the profile and the model.
        if self.is_mounted:
            self.start(self.show_status(), group="status", only=True)

    # Focus

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        match action:
            case "stop_here":
                return self.answering_here
            case "to_messages":
                return not self.answering_here and self._writing
            case "focus_prompt":
                return not self.answering_here and not self._writing
            case "continue":
                view = self.focused
                return not isinstance(view, AnswerView) or bool(view.shown and view.shown.can_continue)
        return super().check_action(action, parameters)

    @property
    def _writing(self) -> bool:
        return self.focused is not None and self.focused is self.prompt_box

    def action_stop_here(self) -> None:
        self.action_stop()

    def action_to_messages(self) -> None:
        """Leave the prompt box upwards; while an earlier prompt is edited, leave the editing."""
        if self.editing.active:
            self.editing.end()
        else:
            self.conversation.focus_last()

    def action_focus_prompt(self) -> None:
        self.prompt_box.focus()

    @on(Conversation.LeftBelow)
    def leave_messages(self) -> None:
        self.prompt_box.focus()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        if isinstance(event.widget, PromptBox) and self.conversation.is_vertical_scroll_end:
            self.conversation.anchor()
        self.uncover()
        if isinstance(event.widget, MessageView):
            self.refresh_bindings()

    # What is a part of its own

    def action_private(self) -> None:
        self.private_mode.toggle()

    def action_attach(self, path: str = "") -> None:
        self.attaching.attach(path)

    def action_recall(self, by: int) -> None:
        self.recall.step(by)

    def action_next_hint(self) -> None:
        self.tour.next()

    def action_end_hints(self) -> None:
        self.tour.end()

    def action_branches(self) -> None:
        self.start(self._branches())

    async def _branches(self) -> None:
        chat_id = self.chat_id
        if chat_id is None:
            self.tell("This chat has not begun yet.")
            return
        messages = await asyncio.to_thread(self.assistant.store.all_messages, chat_id)
        shown = [shown.id for shown in self.conversation.messages]
        meant = self.target()
        screen = BranchesScreen(messages, shown, meant.message_id if meant else None)

        def go(message_id: int | None) -> None:
            if message_id is not None:
                self.start(self.jump(chat_id, message_id), group="open")

        self.app.push_screen(screen, go)

    def action_chat_settings(self) -> None:
        self.start(self._chat_settings())

    async def _chat_settings(self) -> None:
        store = self.assistant.store
        own = (
            ChatOptions()
            if self.chat_id is None
            else await asyncio.to_thread(store.chat_options, self.chat_id)
        )
        changed = await self.app.push_screen_wait(ChatSettingsScreen(own, self.assistant.settings))
        if changed is None or changed == own:
            return
        if self.chat_id is None:  # it begins with its settings
            profile = await asyncio.to_thread(lambda: store.profile(self.assistant.profile_row.name))
            self.chat_id = await asyncio.to_thread(store.create_chat, profile.id)
            await self.chat_created(self.chat_id)
        await asyncio.to_thread(store.set_chat_options, self.chat_id, changed)
        self.tell("Kept. It counts from the next answer on, in this chat only.")
        await self.show_status()

    # Model, notices, status

    @on(ModelLoaded)
    def show_model(self) -> None:
        self.start(self.show_status())

    @on(ModelFailed)
    def show_model_failure(self, event: ModelFailed) -> None:
        self.start(self.show_status())
        self.start(self._say_failure(event.reason))

    async def _say_failure(self, reason: str) -> None:
        await self.opened.wait()
        await self.conversation.say(reason, error=True)

    async def _tell_notices(self) -> None:
        await self.opened.wait()
        for notice in (*self.assistant.notices, *self.persona_app.key_problems):
            await self.tell_once(notice)

    async def tell_once(self, notice: str) -> None:
        if notice not in self._told:
            self._told.add(notice)
            await self.conversation.say(notice)

    async def show_status(self) -> None:
        chat, own, comparisons = await asyncio.to_thread(self._look)
        self.start(self._tell_notices())
        title = self.query_one(TitleBar)
        title.title = (one_line(chat.title, 60) or "Untitled") if chat else "New chat"
        title.remark = MARK if self.assistant.private else _own(own) or "LocalPersona"
        self._show_usage(comparisons)

    def _look(self) -> tuple[ChatRow | None, ChatOptions, int]:
        """Blocks: the store, and the weights when comparisons have changed."""
        store, chat_id, comparisons = self.assistant.store, self.chat_id, self.assistant.profile().comparisons
        if chat_id is None:
            return None, ChatOptions(), comparisons
        return store.chat(chat_id), store.chat_options(chat_id), comparisons

    def _show_usage(self, comparisons: int) -> None:
        status, info = self.query_one(StatusLine), self.assistant.engine.info
        if info is not None:
            self.persona_app.model_activity = ""  # another may have been chosen after one that failed
            status.model, status.device = info.name, _device(info)
        elif status.model:
            status.device = "at rest"  # unloaded when idle, or crashed: the next question brings it back
        status.activity = self.persona_app.model_activity
        status.comparisons, status.strength = comparisons, self.assistant.settings.strength
        status.total = info.context_length if info else status.total
        empty = self.query_one(EmptyState)
        if info is not None and (embedded := embedded_model()) is not None:
            empty.embedded = copies.original(info.path, [embedded]) == str(embedded)
        empty.model, empty.comparisons = status.model, comparisons
        shown = [view.shown.row for view in self.conversation.answers if view.shown is not None]
        statistics = next((row.statistics for row in reversed(shown) if row.statistics is not None), None)
        status.speed = statistics.tokens_per_second if statistics else 0.0
        if not self.answering_here:  # while an answer comes, its prompt's length is shown already
            status.used = statistics.context_used if statistics else 0


def _own(options: ChatOptions) -> str:
    """Return what the chat has of its own, in words; "" when nothing."""
    temperature = "" if options.temperature is None else f"temperature {options.temperature:g}"
    prompt = "" if options.system_prompt is None else "own system prompt"
    return " · ".join(part for part in (prompt, temperature, "archived" if options.archived else "") if part)


def _device(info: ModelInfo) -> str:
    """Return `CPU`, or the GPU and how much of the model it holds: a silent fallback to the CPU must show."""
    device = one_line(info.device, 30)
    on_gpu = min(info.gpu_layers, info.layers)  # some backends count the output layer too
    return f"{device} {on_gpu}/{info.layers} layers" if on_gpu > 0 else device
