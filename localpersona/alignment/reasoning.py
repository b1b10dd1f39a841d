"""Telling a model's visible reasoning (`<think>` blocks) from its answer while the text still arrives.

Reasoning is shown folded and never scored, so it has to be told apart before the reward model sees anything.
What this does not know: formats other than `<think>…</think>`; such text simply counts as answer.
"""

from __future__ import annotations

OPEN, CLOSE = "<think>", "</think>"


class ThinkSplitter:
    """Splits the text of one answer, piece by piece, however the pieces cut the tags.

    A block is recognised only at the very beginning of an answer (white space may come before it): later on,
    the tag is something the model writes about. A block that is never closed is reasoning to its end.

    Some chat templates end the prompt with `<think>`: the answer then begins inside (`inside=True`). To go on
    with an answer already begun, feed its text first and ignore what that returns: the splitter is then where
    the answer stopped.
    """

    def __init__(self, *, inside: bool = False) -> None:
        self._state = "reasoning" if inside else "start"
        self._held = ""
        # White space directly after a tag is layout, not content.
        self._trim = inside

    def feed(self, delta: str) -> list[tuple[str, bool]]:
        """Return what is certain by now as (text, is_reasoning) pieces, never empty ones."""
        self._held += delta
        pieces: list[tuple[str, bool]] = []
        if self._state == "start":
            self._begin()
        if self._state == "reasoning":
            self._reason(pieces)
        if self._state == "answer":
            self._emit(pieces, len(self._held), reasoning=False)
        return pieces

    def flush(self) -> list[tuple[str, bool]]:
        """Return what was held back because a tag might have followed. Call once, at the end."""
        pieces: list[tuple[str, bool]] = []
        self._emit(pieces, len(self._held), reasoning=self._state == "reasoning")
        return pieces

    def _begin(self) -> None:
        text = self._held.lstrip()
        if text.startswith(OPEN):
            self._held = text[len(OPEN) :]
            self._state, self._trim = "reasoning", True
        elif not OPEN.startswith(text):
            self._state = "answer"

    def _reason(self, pieces: list[tuple[str, bool]]) -> None:
        end = self._held.find(CLOSE)
        if end < 0:
            self._emit(pieces, len(self._held) - _overlap(self._held, CLOSE), reasoning=True)
            return
        self._emit(pieces, end, reasoning=True)
        self._held = self._held[len(CLOSE) :]
        self._state, self._trim = "answer", True

    def _emit(self, pieces: list[tuple[str, bool]], size: int, *, reasoning: bool) -> None:
        """Move the first `size` characters held to `pieces`."""
        text, self._held = self._held[:size], self._held[size:]
        if self._trim:
            text = text.lstrip()
        if text:
            self._trim = False
            pieces.append((text, reasoning))


def split_reasoning(text: str) -> tuple[str, str]:
    """Return (answer, reasoning) of a whole response."""
    splitter = ThinkSplitter()
    pieces = splitter.feed(text) + splitter.flush()
    return (
        "".join(piece for piece, reasoning in pieces if not reasoning),
        "".join(piece for piece, reasoning in pieces if reasoning).rstrip(),
    )


def with_reasoning(answer: str, reasoning: str) -> str:
    """Return the response as the model wrote it: the inverse of `split_reasoning`, for continuing an answer.

    Without an answer the block stays open, because the model was still thinking.
    """
    if not reasoning:
        return answer
    return f"{OPEN}\n{reasoning}\n{CLOSE}\n\n{answer}" if answer else f"{OPEN}\n{reasoning}"


def _overlap(text: str, tag: str) -> int:
    """Return how many characters at the end of `text` could be the beginning of `tag`."""
    return next((size for size in range(min(len(tag) - 1, len(text)), 0, -1) if text.endswith(tag[:size])), 0)
