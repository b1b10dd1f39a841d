"""What the assistant's tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from scripted_engine import ScriptedEngine

from localpersona.assistant import Assistant
from localpersona.events import Delta, Event

E = TypeVar("E")

FOUR = (
    "Short and dull.",
    "A rather longer answer, which goes on for a while and explains every little thing with great care.",
    "You'll love this! It's great, isn't it?",
    "- one\n- two\n- three",
)
"""Four responses with different scripted traits."""

Opener = Callable[..., Assistant]
"""Opens an assistant, on a scripted engine and a store in memory unless told otherwise; takes settings."""


def only(kind: type[E], events: Iterable[Event]) -> E:
    """Return the one event of a kind."""
    found = [event for event in events if isinstance(event, kind)]
    assert len(found) == 1, found
    return found[0]


def shown(events: Iterable[Event]) -> str:
    """Return the text that a reader has seen after these events."""
    return "".join(event.text for event in events if isinstance(event, Delta) and not event.reasoning)


def engine_of(assistant: Assistant) -> ScriptedEngine:
    assert isinstance(assistant.engine, ScriptedEngine)
    return assistant.engine
