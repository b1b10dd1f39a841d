"""Best-of-n with pruning: weak drafts fall while they are being decoded, so that eight cost little more than one.

Successive halving: when every draft has so many tokens, half of them go, by what their beginnings promise
(speculative rejection, arXiv 2410.20290, which halves when memory runs out; here the time is what runs out).
A batch of few rows is decoded faster than one of many, and the cells of the fallen are free at once. Should only
one be left, it is the answer, and is shown while it is completed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from localpersona.alignment.decode import Draft, decode, was_stopped
from localpersona.alignment.decoder import Decoder
from localpersona.alignment.search import Judge, Step

FIRST = 24
"""Tokens of the answer before anything falls: a sentence or two."""
FINALISTS = 2
"""Drafts that are completed. With two, pruning at 25 and 50 words kept 92 % of the gain of choosing among seven whole
answers (108 prompts, the embedded model's answers, 40 tastes; at 12 and 25 words 82 %); with one, at 12 and 25 words,
63 %: a whole answer is known better than a beginning. It also leaves something to compare."""


@dataclass(frozen=True, slots=True)
class Rung:
    """When every draft's answer has so many tokens, so many drafts go on."""

    tokens: int
    survivors: int


def halving(drafts: int, first: int = FIRST, last: int = FINALISTS) -> tuple[Rung, ...]:
    """Return rungs that leave half after `first` tokens, a quarter after twice as many, and so on to `last`."""
    rungs: list[Rung] = []
    while drafts > last:
        drafts = -(-drafts // 2)
        rungs.append(Rung(first * 2 ** len(rungs), drafts))
    return tuple(rungs)


@dataclass(frozen=True, slots=True)
class PrunedBestOfN:
    """Let drafts fall at each rung; choose among what is left at the end."""

    judge: Judge
    drafts: int
    rungs: tuple[Rung, ...]

    def cells(self, limit: int) -> int:
        """See `Search.cells`. Enough for drafts that fall on time; those that reason for long fall when it is full."""
        going_on = [self.drafts, *(rung.survivors for rung in self.rungs)]
        lengths = [*(min(rung.tokens, limit) for rung in self.rungs), limit]
        return max(count * length for count, length in zip(going_on, lengths, strict=True))

    def run(
        self, decoder: Decoder, drafts: Sequence[Draft], limit: int, stopped: Callable[[], bool]
    ) -> Iterator[Step]:
        """See `Search.run`."""
        decoder.fork(0, range(1, len(drafts)))
        standing, rungs, room = list(drafts), list(self.rungs), self.cells(limit)
        for _ in decode(decoder, drafts, limit, stopped):
            while rungs and _reached(standing, rungs[0].tokens):
                standing = self._fall(decoder, standing, rungs.pop(0).survivors)
            if len(standing) > 1 and _full(standing, room):
                standing = self._fall(decoder, standing, len(standing) // 2)
            yield _step(drafts, standing)
        if len(standing) > 1 and not was_stopped(standing):
            standing = self._fall(decoder, standing, 1)
        yield Step(drafts, standing[0].sequence, len(standing[0].tokens))

    def _fall(self, decoder: Decoder, standing: Sequence[Draft], survivors: int) -> list[Draft]:
        """Let all but the most promising go; return those, the best one first."""
        if len(standing) <= survivors:
            return list(standing)
        order = np.argsort(-self.judge(standing), kind="stable")
        for index in order[survivors:]:
            draft = standing[index]
            decoder.drop(draft.sequence)
            if draft.live:
                draft.finish_reason = "pruned"
        return [standing[index] for index in order[:survivors]]


def _reached(standing: Sequence[Draft], tokens: int) -> bool:
    """Whether every draft is long enough to be judged, or complete. While one still reasons, none is."""
    return all(draft.answered >= tokens or not draft.live for draft in standing)


def _full(standing: Sequence[Draft], room: int) -> bool:
    """Whether the next step might find no cell."""
    return sum(len(draft.tokens) + draft.live for draft in standing) > room


def _step(drafts: Sequence[Draft], standing: Sequence[Draft]) -> Step:
    only = standing[0]
    return Step(drafts, only.sequence, len(only.tokens)) if len(standing) == 1 else Step(drafts)
