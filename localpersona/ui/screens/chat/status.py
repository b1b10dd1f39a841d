"""Title, status line and greeting: what is known of the chat, the model and the taste."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from localpersona.engine.protocol import ModelInfo
from localpersona.events import PromptRead
from localpersona.library import embedded_model
from localpersona.store import ChatOptions, ChatRow
from localpersona.text import one_line
from localpersona.ui import copies
from localpersona.ui.screens.chat.notices import Notices
from localpersona.ui.screens.chat.open_chat import OpenChat
from localpersona.ui.screens.chat.running import RunningAnswer
from localpersona.ui.stage import Stage
from localpersona.ui.widgets.conversation import Conversation
from localpersona.ui.widgets.status_line import StatusLine
from localpersona.ui.widgets.title_bar import TitleBar

if TYPE_CHECKING:
    from localpersona.assistant import Assistant

PRIVATE = "PRIVATE · nothing is stored or learned"


class _Seen(NamedTuple):
    """What only a thread may look at: the store, the weights, the disk."""

    chat: ChatRow | None
    own: ChatOptions
    comparisons: int
    embedded: bool
    """Whether the LLM in memory is the small one that comes with the app."""


class Status:
    """Brings them up to date; asked to by whoever changes something."""

    def __init__(
        self,
        stage: Stage,
        assistant: Assistant,
        open_chat: OpenChat,
        conversation: Conversation,
        running: RunningAnswer,
        notices: Notices,
        title: TitleBar,
        line: StatusLine,
    ) -> None:
        self._stage = stage
        self._assistant = assistant
        self._open_chat = open_chat
        self._conversation = conversation
        self._running = running
        self._notices = notices
        self._title = title
        self._line = line
        self._model = "loading the model…"  # which begins as soon as the first screen is painted
        """What stands in place of the LLM's name; "" once it is loaded."""
        line.set_reactive(StatusLine.activity, self._model)

    def refresh(self) -> None:
        """Bring all up to date, soon."""
        self._stage.start(self.show(), group="status", only=True)

    def model_failed(self, reason: str) -> None:
        """Say that there is no LLM, and why."""
        self._model = self._stage.keys("no model loaded · <F4|app.models>")
        self.refresh()
        self._stage.start(self._notices.fail(reason))

    def prompt_read(self, event: PromptRead) -> None:
        """Show how full the context is, while the answer comes."""
        self._line.used, self._line.total = event.prompt_tokens, event.context_length

    async def show(self) -> None:
        """Bring all up to date."""
        seen = await asyncio.to_thread(self._look)
        self._stage.start(self._notices.tell_all())
        self._title.title = (one_line(seen.chat.title, 60) or "Untitled") if seen.chat else "New chat"
        self._title.remark = PRIVATE if self._assistant.private else _own(seen.own) or "LocalPersona"
        self._line.comparisons, self._line.strength = seen.comparisons, self._assistant.settings.strength
        self._show_model()
        self._show_usage()
        empty = self._conversation.empty_state
        empty.model, empty.comparisons = self._line.model, seen.comparisons
        empty.embedded = seen.embedded

    def _look(self) -> _Seen:
        store, chat_id = self._assistant.store, self._open_chat.id
        info, embedded = self._assistant.engine.info, embedded_model()
        return _Seen(
            None if chat_id is None else store.chat(chat_id),
            ChatOptions() if chat_id is None else store.chat_options(chat_id),
            self._assistant.profile().comparisons,
            bool(info and embedded and copies.original(info.path, [embedded]) == str(embedded)),
        )

    def _show_model(self) -> None:
        line, info = self._line, self._assistant.engine.info
        if info is not None:
            self._model = ""  # another may have been chosen after one that failed
            line.model, line.device, line.total = info.name, _device(info), info.context_length
        elif line.model:
            line.device = "at rest"  # unloaded when idle, or crashed: the next question brings it back
        line.activity = self._model

    def _show_usage(self) -> None:
        shown = [view.shown.row for view in self._conversation.answers if view.shown is not None]
        statistics = next((row.statistics for row in reversed(shown) if row.statistics is not None), None)
        self._line.speed = statistics.tokens_per_second if statistics else 0.0
        if not self._running.here:  # while an answer comes, its prompt's length is shown already
            self._line.used = statistics.context_used if statistics else 0


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
