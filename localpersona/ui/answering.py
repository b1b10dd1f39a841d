"""One answer at a time: a thread that walks through the assistant's events and posts each to the screen."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from time import monotonic
from typing import cast

from textual.dom import DOMNode
from textual.message import Message

from localpersona.events import Event, Failed, Finished
from localpersona.text import one_line

EventSource = Callable[[], Iterator[Event]]
"""Starts an answer. Called in the worker thread, because already its first step may block."""


@dataclass
class Live:
    """The answer being written now: what a screen needs to show it, also when it comes back to it later."""

    chat_id: int | None
    answer_id: int | None = None
    """None until the assistant has stored the prompt."""
    prompt: str = ""
    """What the user typed; "" for a repeated or continued answer."""
    text: str = ""
    reasoning: str = ""
    activity: str = "reading"
    started: float = field(default_factory=monotonic)


class AnswerAdvanced(Message):
    """The running answer has come further. Events arrive in order; the last is `Finished` or `Failed`."""

    def __init__(self, event: Event) -> None:
        super().__init__()
        self.event = event


class AnswerRunner:
    """Runs answers one after the other in a worker of `node`, to which it posts `AnswerAdvanced`.

    There is never a second answer beside a running one: cancelling a thread worker doesn't end its thread.
    So who wants an answer claims the runner first, prepares the screen, then starts.
    """

    def __init__(self, node: DOMNode) -> None:
        self._node = node
        self.live: Live | None = None

    @property
    def running(self) -> bool:
        return self.live is not None

    def claim(self, live: Live) -> bool:
        """Take the runner for an answer about to start; return False when it is taken."""
        if self.live is None:
            self.live = live
            return True
        return False

    def start(self, source: EventSource) -> None:
        """Begin the answer that was claimed."""
        self._node.run_worker(
            lambda: self._walk(source), thread=True, group="answer", exit_on_error=False, name="answer"
        )

    def ended(self) -> Live | None:
        """Say that the last event has been handled; return what was live. From here `start` works again."""
        live, self.live = self.live, None
        return live

    def _walk(self, source: EventSource) -> None:
        last: Event | None = None
        try:
            with closing(cast("Generator[Event, None, None]", source())) as events:
                for last in events:
                    self._node.post_message(AnswerAdvanced(last))
        except Exception as error:  # whatever it was, the user must hear of it and be able to go on
            last = Failed(
                f"The answer could not be finished: {one_line(str(error) or type(error).__name__, 200)}"
            )
            self._node.post_message(AnswerAdvanced(last))
        if not isinstance(last, Finished | Failed):
            self._node.post_message(
                AnswerAdvanced(Failed("The answer ended without a result. Try it again."))
            )
