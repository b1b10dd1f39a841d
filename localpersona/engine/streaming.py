"""What the screen hears while an answer is searched for: committed text, or how far the candidates are."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from localpersona.alignment.answer_text import AnswerText
from localpersona.alignment.decode import Draft
from localpersona.alignment.decoder import Decoder
from localpersona.alignment.search import Step
from localpersona.engine.protocol import Delta, Progress

_DELTA_SECONDS = 0.04
"""Each one wakes the app, on a processor that decoding has to itself; 25 a second look smooth."""
_PROGRESS_SECONDS = 0.1


class Stream:
    """Turns a search's steps into events, but not more often than a screen needs them.

    text: a fresh text like those of the drafts, for what is shown.
    """

    def __init__(self, decoder: Decoder, text: AnswerText) -> None:
        self._decoder = decoder
        self._text = text
        self._committed = 0
        self._pending: list[tuple[str, bool]] = []
        self._told = 0.0

    def of(self, step: Step) -> Iterator[Delta | Progress]:
        """Yield what this step adds."""
        if step.committed:
            self._read(step)
            yield from self._deltas()
        elif len(step.drafts) > 1:
            yield from self._progress(step.drafts)

    def rest(self, step: Step) -> Iterator[Delta]:
        """Yield what is left after the last step."""
        self._read(step)
        self._pending += self._text.flush()
        self._told = 0.0
        yield from self._deltas()

    def _read(self, step: Step) -> None:
        for token in step.drafts[step.leader].tokens[self._committed : step.committed]:
            self._pending += self._text.feed(self._decoder.piece(token))
        self._committed = step.committed

    def _deltas(self) -> Iterator[Delta]:
        now = time.monotonic()
        if now - self._told < _DELTA_SECONDS:
            return
        for reasoning in (True, False):
            text = "".join(piece for piece, inside in self._pending if inside is reasoning)
            if text:
                self._told = now
                yield Delta(text, reasoning)
        self._pending.clear()

    def _progress(self, drafts: Sequence[Draft]) -> Iterator[Progress]:
        now = time.monotonic()
        if now - self._told < _PROGRESS_SECONDS:
            return
        self._told = now
        finished = sum(not draft.live for draft in drafts)
        yield Progress(sum(len(draft.tokens) for draft in drafts), finished, len(drafts))
