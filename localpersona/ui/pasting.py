"""Pasted text stays text, also when it contains escape characters.

Textual's parser (seen in 8.2.8) takes an escape character inside a bracketed paste for the beginning of a key.
When none fits, it replays the following 32 characters as typed ones and the rest overtakes them: a coloured log
that is pasted comes out of order, and its line ends send unfinished prompts. Most terminals take such characters
out; tmux and others don't. So they are made visible before the parser meets them.
"""

from __future__ import annotations

from collections.abc import Iterable

from textual._xterm_parser import XTermParser
from textual.message import Message

_BEGIN, _END, _ESCAPE, _VISIBLE = "\x1b[200~", "\x1b[201~", "\x1b", "␛"


class PasteGuard:
    """Cleans a stream that arrives in pieces."""

    def __init__(self) -> None:
        self._inside = False
        self._seen = ""
        """Outside of a paste: the last characters, which may become the beginning of one."""
        self._held = ""
        """Inside: what may become the end of it. Held back until that is known."""

    def clean(self, data: str) -> str:
        """Return the data with escape characters inside pastes made visible. "": the end of all input."""
        cleaned = "".join(self._inner(char) if self._inside else self._outer(char) for char in data)
        if not data:
            cleaned, self._held = self._held.replace(_ESCAPE, _VISIBLE), ""
        return cleaned

    def _outer(self, char: str) -> str:
        self._seen = (self._seen + char)[-len(_BEGIN) :]
        self._inside = self._seen == _BEGIN
        return char

    def _inner(self, char: str) -> str:
        held = self._held + char
        if held == _END:
            self._inside, self._seen, self._held = False, "", ""
            return _END
        self._held = held if _END.startswith(held) else char if char == _ESCAPE else ""
        return held[: len(held) - len(self._held)].replace(_ESCAPE, _VISIBLE)


def guard_pastes() -> None:
    """Let every driver's parser read through a `PasteGuard`. A second call changes nothing."""
    if getattr(XTermParser.feed, "guarded", False):
        return
    feed = XTermParser.feed

    def guarded(self: XTermParser, data: str) -> Iterable[Message]:
        guard: PasteGuard = self.__dict__.setdefault("paste_guard", PasteGuard())
        cleaned = guard.clean(data)
        return feed(self, cleaned) if cleaned or not data else ()

    guarded.guarded = True  # type: ignore[attr-defined]
    XTermParser.feed = guarded  # type: ignore[method-assign]
