"""Whose turn it is at the LLM. The one place that knows whether an answer may begin."""

from __future__ import annotations

from collections.abc import Callable


class Turn:
    """One answer at a time, whoever wants it: the chat, or a screen on top of it.

    Who wants an answer takes the turn, prepares the screen, starts, and leaves the turn when the answer has wholly
    ended: cancelling a worker doesn't end its thread. Only to be used on the app's own thread.
    """

    REFUSAL = "An answer is being written. <Esc|chat.stop> stops it."

    def __init__(self) -> None:
        self.taken = False
        self._waiting: list[Callable[[], object]] = []

    def take(self) -> bool:
        """Take the turn; return False when somebody else has it."""
        if self.taken:
            return False
        self.taken = True
        return True

    def leave(self) -> None:
        """Let others have their turn."""
        self.taken = False
        for tell in self._waiting:
            tell()

    def when_free(self, tell: Callable[[], object]) -> None:
        """Call this whenever the turn is left."""
        self._waiting.append(tell)
