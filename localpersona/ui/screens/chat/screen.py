"""The chat screen: its widgets, its keys, and which part of it does what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import TextArea

from localpersona.text import one_line
from localpersona.ui import commands
from localpersona.ui.answering import AnswerAdvanced
from localpersona.ui.messages import ModelFailed, ModelLoaded, TurnFreed
from localpersona.ui.screens.chat import keys
from localpersona.ui.screens.chat.parts import Parts, Widgets
from localpersona.ui.screens.chat.side import NARROW
from localpersona.ui.turn import Turn
from localpersona.ui.widgets.chat_list import ChatList, Chats
from localpersona.ui.widgets.conversation import Conversation
from localpersona.ui.widgets.key_line import KeyLine
from localpersona.ui.widgets.prompt_box import PromptBox

if TYPE_CHECKING:
    from localpersona.assistant import Assistant


def _passed_on(chosen: Callable[[Parts], Callable[..., object]]) -> Callable[..., None]:
    """Return an action that a part does; what was typed behind a command goes with it."""

    def action(self: ChatScreen, *argument: object) -> None:
        chosen(self.parts)(*argument)

    return action


class ChatScreen(Screen[None]):
    """Where the app lives. The focus starts in the prompt box."""

    AUTO_FOCUS = "PromptBox"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (NARROW, "-wide")]  # noqa: RUF012 (an instance variable in Screen)
    VERTICAL_BREAKPOINTS = [(0, "-low"), (18, "-short"), (24, "-high")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = keys.BINDINGS
    HELP = keys.HELP

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

    def __init__(self, assistant: Assistant, turn: Turn, notices: Sequence[str] = ()) -> None:
        """`notices`: what the app has to say about its start."""
        super().__init__(id="chat")
        self.widgets = Widgets()
        self.parts = Parts(self, assistant, turn, self.widgets, notices)
        turn.when_free(lambda: self.post_message(TurnFreed()))

    def compose(self) -> ComposeResult:
        yield self.widgets.chat_list
        with Vertical(id="main"):
            yield self.widgets.title
            yield self.widgets.conversation
            with Vertical(id="foot"):
                yield self.widgets.hint
                yield self.widgets.commands
                yield self.widgets.queue
                yield self.widgets.box
            yield self.widgets.status
            yield KeyLine()

    def on_mount(self) -> None:
        self.parts.opening.begin()
        self.parts.tour.resume()
        self.set_interval(10, self.parts.status.refresh)

    # What happens

    @on(PromptBox.Submitted)
    async def submit(self, event: PromptBox.Submitted) -> None:
        event.stop()
        if (found := commands.parse(event.text)) is not None:
            command, argument = found
            await self.run_action(command.call(argument))
        elif commands.mistyped(event.text):
            event.box.give_back(event.text)
            typed = one_line(event.text, 30)
            self.notify(f"There is no command {typed}. Type / to see them all.", markup=False)
        else:
            await self.parts.sending.submit(event.text)

    @on(PromptBox.CompletionRequested)
    def complete(self, event: PromptBox.CompletionRequested) -> None:
        event.stop()
        if matches := self.widgets.commands.matches:
            self.widgets.box.put(f"/{matches[0].name}" + (" " if matches[0].argument else ""))

    @on(PromptBox.LeftAbove)
    def take_back(self, event: PromptBox.LeftAbove) -> None:
        event.stop()
        if not self.parts.unsent.take_back():
            self.widgets.conversation.focus_last()

    @on(TextArea.Changed)
    def follow_typing(self, event: TextArea.Changed) -> None:
        self.widgets.commands.follow(event.text_area.text)
        self.parts.attaching.say_size(event.text_area.text)
        self.parts.unsent.changed()

    @on(AnswerAdvanced)
    async def follow_answer(self, message: AnswerAdvanced) -> None:
        message.stop()
        await self.parts.following.follow(message.event)

    @on(TurnFreed)
    async def send_next(self) -> None:
        await self.parts.sending.send_next()

    @on(ModelLoaded)
    def show_model(self) -> None:
        self.parts.status.refresh()

    @on(ModelFailed)
    def show_model_failure(self, event: ModelFailed) -> None:
        self.parts.status.model_failed(event.reason)

    @on(ChatList.Searched)
    def search(self) -> None:
        self.parts.side.searched()

    @on(ChatList.Opened)
    def open_from_list(self, event: ChatList.Opened) -> None:
        self.parts.opening.choose(event.chat_id, event.message_id)

    @on(Chats.Asked)
    def act_on_chat(self, event: Chats.Asked) -> None:
        match event.what:
            case "new":
                self.parts.opening.new()
            case "search":
                self.widgets.chat_list.focus_search()
            case "archived":
                self.parts.side.toggle_archived()
            case _:
                self.parts.filing.act(event.what, event.chat_id)

    @on(Conversation.LeftBelow)
    def leave_messages(self) -> None:
        self.parts.focus.to_prompt()

    def on_screen_resume(self) -> None:
        if self.is_mounted:  # other screens change settings, the profile and the model
            self.parts.status.refresh()

    def on_resize(self) -> None:
        self.parts.side.resized()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        self.parts.focus.moved(event.widget)

    # Keys and commands

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.parts.focus.allows(action) and super().check_action(action, parameters)

    def action_file_chat(self, what: str) -> None:
        self.parts.filing.act(what, self.parts.open_chat.id)

    action_focus_prompt = _passed_on(lambda parts: parts.focus.to_prompt)
    action_to_messages = _passed_on(lambda parts: parts.focus.to_messages)
    action_stop = _passed_on(lambda parts: parts.again.stop)
    action_stop_here = action_stop  # the key stops only what is seen, the command any answer
    action_regenerate = _passed_on(lambda parts: parts.again.regenerate)
    action_continue = _passed_on(lambda parts: parts.again.further)
    action_compare = _passed_on(lambda parts: parts.comparing.compare)
    action_toggle_offers = _passed_on(lambda parts: parts.comparing.toggle_offers)
    action_undo_comparison = _passed_on(lambda parts: parts.comparing.undo)
    action_why = _passed_on(lambda parts: parts.taste.explain)
    action_strength = _passed_on(lambda parts: parts.taste.strengthen)
    action_version = _passed_on(lambda parts: parts.branching.step)
    action_branches = _passed_on(lambda parts: parts.branching.show_tree)
    action_edit = _passed_on(lambda parts: parts.editing.prompt)
    action_edit_answer = _passed_on(lambda parts: parts.editing.answer)
    action_copy = _passed_on(lambda parts: parts.copying.copy)
    action_copy_code = _passed_on(lambda parts: parts.copying.code)
    action_new_chat = _passed_on(lambda parts: parts.opening.new)
    action_toggle_chats = _passed_on(lambda parts: parts.side.toggle)
    action_search_chats = _passed_on(lambda parts: parts.side.search)
    action_rename_chat = _passed_on(lambda parts: parts.filing.rename)
    action_chat_settings = _passed_on(lambda parts: parts.own_settings.change)
    action_private = _passed_on(lambda parts: parts.private.toggle)
    action_attach = _passed_on(lambda parts: parts.attaching.attach)
    action_recall = _passed_on(lambda parts: parts.recall.step)
    action_next_hint = _passed_on(lambda parts: parts.tour.next)
    action_end_hints = _passed_on(lambda parts: parts.tour.end)
