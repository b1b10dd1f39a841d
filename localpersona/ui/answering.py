"""One answer: a thread that walks through the assistant's events and posts each to the screen."""

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
    activity: str = "reading the question"
    started: float = field(default_factory=monotonic)


class AnswerAdvanced(Message):
    """The running answer has come further. Events arrive in order; the last is `Finished` or `Failed`."""

    def __init__(self, event: Event) -> None:
        super().__init__()
        self.event = event


def run(node: DOMNode, source: EventSource) -> None:
    """Run an answer in a worker of `node`, to which it posts `AnswerAdvanced`."""
    node.run_worker(
        lambda: _walk(node, source), thread=True, group="answer", exit_on_error=False, name="answer"
    )


def _walk(node: DOMNode, source: EventSource) -> None:
    last: Event | None = None
    try:
        with closing(cast("Generator[Event, None, None]", source())) as events:
            for last in events:
                node.post_message(AnswerAdvanced(last))
    except Exception as error:  # whatever it was, the user must hear of it and be able to go on
        what = one_line(str(error) or type(error).__name__, 200)
        last = Failed(f"The answer could not be finished: {what}")
        node.post_message(AnswerAdvanced(last))
    if not isinstance(last, Finished | Failed):
        node.post_message(AnswerAdvanced(Failed("The answer ended without a result. Try it again.")))
