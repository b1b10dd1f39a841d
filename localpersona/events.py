"""What happens while an answer comes, as `Assistant.stream` yields it to both front ends.

A request yields `Accepted` first (unless the prompt cannot be stored: then there is only a `Failed`), then at
most one `Loading`, then the engine's own events, any number of `Notice`s between them, and ends with exactly one
`Finished` or `Failed`. One that is closed before its end ends without.
"""

from __future__ import annotations

from dataclasses import dataclass

from localpersona.engine.protocol import Delta, Progress, PromptRead
from localpersona.values import Reply

__all__ = ["Accepted", "Delta", "Event", "Failed", "Finished", "Loading", "Notice", "Progress", "PromptRead"]


@dataclass(frozen=True, slots=True)
class Accepted:
    """The prompt is stored (when it is to be stored) and cannot be lost any more. All None when not saved."""

    chat_id: int | None = None
    prompt_id: int | None = None
    answer_id: int | None = None


@dataclass(frozen=True, slots=True)
class Loading:
    """The LLM is being loaded, which takes seconds. The name comes from a file: show it sanitised."""

    name: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the user should know; the answer goes on."""

    message: str
    """One or two plain lines."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The answer is complete, stopped (`reply.finish_reason` "cancelled") or cut at its limit ("length")."""

    reply: Reply


@dataclass(frozen=True, slots=True)
class Failed:
    """The last event in place of `Finished`. The next request works again."""

    message: str
    """One or two plain lines: what, why, what to do."""
    partial: str = ""
    """What was answered until then. If the prompt could not even be stored (no `Accepted`): the prompt, to be
    put back where the user typed it."""


Event = Accepted | Loading | PromptRead | Progress | Delta | Notice | Finished | Failed
