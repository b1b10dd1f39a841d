"""What the app gives to all its screens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from localpersona.assistant import Assistant
    from localpersona.ui.turn import Turn


class Home(Protocol):
    """The app as its screens see it: they don't know the app itself, which knows them all."""

    @property
    def assistant(self) -> Assistant: ...

    @property
    def turn(self) -> Turn:
        """Whose turn it is at the LLM."""
