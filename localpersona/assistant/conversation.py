"""From a branch of the chat tree to the turns that the engine reads."""

from __future__ import annotations

from collections.abc import Iterable

from localpersona.store import MessageRow
from localpersona.text import one_line
from localpersona.values import Turn

TITLE_LENGTH = 60


def turns(earlier: Iterable[MessageRow], prompt: str, system_prompt: str = "") -> tuple[Turn, ...]:
    """Return system turn (if any), the exchanges so far and the prompt.

    A prompt without an answer (it failed, or was stopped before the first word) is left out together with it:
    many chat templates refuse two user turns in a row, and a prompt that broke once must not break every
    later answer.
    """
    system = system_prompt.strip()
    conversation = [Turn("system", system)] if system else []
    asked: MessageRow | None = None
    for message in earlier:
        if message.role == "user":
            asked = message
        elif message.role == "assistant" and asked is not None and message.text.strip():
            conversation += [Turn("user", asked.text), Turn("assistant", message.text)]
            asked = None
    return (*conversation, Turn("user", prompt))


def title(prompt: str) -> str:
    """Return what a chat that begins with this prompt is called: its first words, on one line."""
    return one_line(prompt, TITLE_LENGTH)
