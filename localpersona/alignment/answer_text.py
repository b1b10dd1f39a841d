"""From tokens' bytes to what the user reads: whole characters, reasoning apart, cut at the stop text."""

from __future__ import annotations

import codecs

from localpersona.alignment.reasoning import ThinkSplitter


class AnswerText:
    """The text of one candidate while it is decoded.

    begun: what has been said already and is continued; inside: whether the prompt ended within `<think>`.
    stop: text that ends the answer, for chat formats whose end is no token of the model; "" for none.
    """

    def __init__(self, *, begun: str = "", inside: bool = False, stop: str = "") -> None:
        self.text = ""
        self.reasoning = ""
        self.stopped = False
        self._bytes = codecs.getincrementaldecoder("utf-8")("replace")
        self._splitter = ThinkSplitter(inside=inside)
        self._splitter.feed(begun)
        self._trims = not begun
        self._stop = stop
        self._held = ""

    def feed(self, piece: bytes) -> list[tuple[str, bool]]:
        """Return the text that is certain now, as (text, is_reasoning); never empty texts."""
        return self._take(self._splitter.feed(self._before_stop(self._bytes.decode(piece))))

    def flush(self) -> list[tuple[str, bool]]:
        """Return the rest. Call once, at the end."""
        rest = self._before_stop(self._bytes.decode(b"", final=True)) + self._held
        self._held = ""
        return self._take(self._splitter.feed(rest) + self._splitter.flush())

    def _before_stop(self, text: str) -> str:
        """Return what cannot be part of the stop text any more."""
        if not self._stop or self.stopped:
            return "" if self.stopped else text
        text, self._held = self._held + text, ""
        before, found, _ = text.partition(self._stop)
        if found:
            self.stopped = True
            return before
        sizes = range(min(len(self._stop) - 1, len(text)), 0, -1)
        kept = len(text) - next((size for size in sizes if text.endswith(self._stop[:size])), 0)
        self._held = text[kept:]
        return text[:kept]

    def _take(self, pieces: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
        taken = []
        for text, reasoning in pieces:
            if not reasoning and self._trims:
                text = text.lstrip()  # models often begin with a space or line breaks, which nobody reads
                self._trims = not text
            if text:
                taken.append((text, reasoning))
        self.text += "".join(text for text, reasoning in taken if not reasoning)
        self.reasoning += "".join(text for text, reasoning in taken if reasoning)
        return taken
