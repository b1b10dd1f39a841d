"""The messages of one chat, oldest at the top, following the end while an answer comes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from localpersona.text import harmless
from localpersona.ui.transcript import Shown, Transcript
from localpersona.ui.widgets.answer_view import AnswerView
from localpersona.ui.widgets.earlier import Earlier
from localpersona.ui.widgets.empty_state import EmptyState
from localpersona.ui.widgets.message_view import MessageView
from localpersona.ui.widgets.prompt_view import PromptView


class Conversation(VerticalScroll, can_focus=False):
    """Shows a transcript; keeps the views that still fit and rebuilds only what differs."""

    DEFAULT_CSS = """
    Conversation {
        height: 1fr; padding: 0 1; scrollbar-size-vertical: 1;
        /* As high as the view at least: an anchored scroll would otherwise end up above its content. */
        & > #messages { height: auto; min-height: 100%; align: center bottom; padding-top: 1; }
        & > #messages > * { max-width: 104; }
        & > #messages.-empty { align: center middle; }
        .unsent { color: $text-muted; text-align: center; width: 100%; margin: 0 0 1 0; }
        .notice { color: $text-warning; width: 100%; padding: 0 2; margin: 0 0 1 0; height: auto; }
        .notice.-error { color: $text-error; }
    }
    """

    WINDOW: ClassVar[int] = 40
    """So many messages are on screen at first: a thousand Markdown widgets would take seconds."""

    class LeftBelow(Message):
        """The user moved on from the last message."""

    def __init__(self) -> None:
        super().__init__()
        self._messages: tuple[Shown, ...] = ()
        self._first = 0
        self._unsent = 0

    def compose(self) -> ComposeResult:
        with Vertical(id="messages", classes="-empty"):
            yield EmptyState()

    @property
    def column(self) -> Vertical:
        """What holds the messages."""
        return self.query_one("#messages", Vertical)

    @property
    def empty_state(self) -> EmptyState:
        return self.query_one(EmptyState)

    @property
    def messages(self) -> tuple[Shown, ...]:
        """All stored messages of the branch, also those that are not on screen."""
        return self._messages

    @property
    def views(self) -> list[MessageView]:
        return list(self.column.query_children(MessageView))

    @property
    def answers(self) -> list[AnswerView]:
        return list(self.column.query_children(AnswerView))

    def answer(self, message_id: int | None) -> AnswerView | None:
        """Return the view of this answer; None: the newest that isn't stored yet."""
        return next((view for view in reversed(self.answers) if view.message_id == message_id), None)

    async def open(self, transcript: Transcript | None) -> None:
        """Show another chat, from its end; None: the empty state."""
        messages = transcript.messages if transcript else ()
        await self.column.query_children(".notice").remove()
        self._first = max(len(messages) - self.WINDOW, 0)
        await self.refresh_from(transcript)
        self.anchor(bool(messages))

    async def refresh_from(self, transcript: Transcript | None) -> None:
        """Show what has become of this chat. Views of the same messages stay, and so does the place."""
        self._messages = transcript.messages if transcript else ()
        async with self.batch():
            await self._rebuild(self._messages[self._first :])
            await self.mark_unsent(transcript.unsent if transcript else 0)
        self._show_empty(not self._messages)

    async def ask(self, prompt: str) -> AnswerView:
        """Add a prompt that is just being sent and the place of its answer; return the latter."""
        self._show_empty(False)
        answer = AnswerView()
        await self.column.mount(PromptView(prompt), answer)
        self.anchor()
        return answer

    async def again(self, message_id: int) -> AnswerView:
        """Make room for another answer in place of this one and all that follows it."""
        await self._cut(message_id)
        answer = AnswerView()
        await self.column.mount(answer)
        self.anchor()
        return answer

    async def instead(self, message_id: int, prompt: str) -> AnswerView:
        """Make room for another prompt in place of this one and all that follows it."""
        await self._cut(message_id)
        return await self.ask(prompt)

    async def say(self, text: str, *, error: bool = False) -> None:
        """Add one or two plain lines below the messages."""
        classes = "notice -error" if error else "notice"
        await self.column.mount(Static(Content(harmless(text)), classes=classes))
        self.scroll_end(animate=False)

    async def mark_unsent(self, count: int) -> None:
        """Show from where on messages still reach the model: after the `count` oldest."""
        if count == self._unsent and (count == 0 or self.column.query_children(".unsent")):
            return
        self._unsent = count
        await self.column.query_children(".unsent").remove()
        views, index = self.views, count - self._first
        if count and 0 <= index < len(views):
            line = Static(
                Content("─── older messages above are no longer sent to the model ───"), classes="unsent"
            )
            await self.column.mount(line, before=views[index])

    async def reveal(self, message_id: int) -> bool:
        """Focus a message of the open chat, showing earlier ones as far as needed; return whether it is there."""
        index = next((i for i, shown in enumerate(self._messages) if shown.id == message_id), None)
        if index is None:
            return False
        if index < self._first:
            self._first = max(index - 2, 0)  # with a little of what stands before it
            await self._rebuild(self._messages[self._first :])
        self.release_anchor()
        view = self.views[index - self._first]
        view.focus(scroll_visible=False)
        self.call_after_refresh(lambda: self.scroll_to_widget(view, top=True, animate=False))
        return True

    def focus_last(self) -> bool:
        """Focus the newest message; return whether there is one."""
        views = self.views
        if views:
            views[-1].focus(scroll_visible=False)
        return bool(views)

    @on(Earlier.Requested)
    async def show_earlier(self, event: Earlier.Requested) -> None:
        event.stop()
        top = self.views[0] if self.views else None
        self._first = max(self._first - self.WINDOW, 0)
        self.release_anchor()
        await self._rebuild(self._messages[self._first :])
        if top is not None:
            top.focus()

    @on(MessageView.Moved)
    def move_focus(self, event: MessageView.Moved) -> None:
        event.stop()
        self.release_anchor()
        stops: Sequence[MessageView | Earlier] = [*self.column.query_children(Earlier), *self.views]
        if event.far:
            stops[0 if event.by < 0 else -1].focus()
        elif not self._scroll_within(event.view, event.by):
            index = stops.index(event.view) + event.by
            if index >= len(stops):
                self.post_message(self.LeftBelow())
            elif index >= 0:
                stops[index].focus()

    def _scroll_within(self, view: MessageView, by: int) -> bool:
        """Scroll towards the end of a message that isn't wholly visible; return whether that was needed."""
        hidden = view.virtual_region.bottom - (self.scroll_y + self.size.height)
        if by < 0:
            hidden = self.scroll_y - view.virtual_region.y
        if hidden < 1:
            return False
        self.scroll_relative(y=by * min(hidden, max(self.size.height // 3, 1)), animate=False)
        return True

    def _show_empty(self, empty: bool) -> None:
        self.empty_state.display = empty
        self.column.set_class(empty, "-empty")

    async def _cut(self, message_id: int) -> None:
        ids = [view.message_id for view in self.views]
        if message_id in ids:
            await self.column.remove_children(self.views[ids.index(message_id) :])

    async def _rebuild(self, messages: Sequence[Shown]) -> None:
        views = self.views
        if views and messages and views[0].message_id not in (None, messages[0].id):
            views = await self._prepend(messages, views)
        kept = 0
        for view, shown in zip(views, messages, strict=False):
            if view.message_id not in (None, shown.id) or isinstance(view, AnswerView) != shown.is_answer:
                break
            if view.shown != shown:
                await view.show(shown)
            kept += 1
        await self.column.remove_children(views[kept:])
        await self.column.mount_all(_view(shown) for shown in messages[kept:])
        await self._offer_earlier()

    async def _prepend(self, messages: Sequence[Shown], views: list[MessageView]) -> list[MessageView]:
        """Put the messages before the first view above it, when that is all that differs at the top."""
        ids = [shown.id for shown in messages]
        if views[0].message_id not in ids:
            return views
        new = [_view(shown) for shown in messages[: ids.index(views[0].message_id or 0)]]
        await self.column.mount_all(new, before=views[0])
        return [*new, *views]

    async def _offer_earlier(self) -> None:
        earlier = self.column.query_children(Earlier)
        if self._first and not earlier:
            await self.column.mount(Earlier(), before=0)
        for line in self.column.query_children(Earlier):
            line.count = self._first
        if not self._first:
            await self.column.query_children(Earlier).remove()


def _view(shown: Shown) -> MessageView:
    return AnswerView(shown) if shown.is_answer else PromptView(shown.row.text, shown)
