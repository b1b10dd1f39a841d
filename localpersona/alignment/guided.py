"""Guided decoding: block by block, the continuation that promises most.

All drafts go on from the same beginning, each with its own dice, for a sentence or so; the best one is
committed and shown, and all go on from there (blockwise best-of-k, arXiv 2310.17022, section 3.2, with the
reward of the beginning as its value). Choices multiply: K continuations in each of B blocks reach answers
that best-of-n would need K^B whole ones for. And reading can begin after the first block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from localpersona.alignment.decode import Draft, decode, was_stopped
from localpersona.alignment.decoder import Decoder, Stopped
from localpersona.alignment.search import Judge, Step
from localpersona.values import FinishReason

_SENTENCE_ENDS = (".", "!", "?", "…", "\n")


@dataclass(frozen=True, slots=True)
class Guided:
    """Choose among continuations of up to `block` tokens at a time.

    beside: draft 0 is left alone after the first block and becomes the plain answer, as something to compare
    with; the others branch. It takes at least three drafts.
    width: how many drafts go on after the first block; 0: all. How an answer begins decides much of what it
    becomes: 8 drafts, then 3, gained as much as 4 throughout (localpersona bench alignment).
    """

    judge: Judge
    drafts: int
    block: int = 24
    beside: bool = False
    width: int = 0

    def cells(self, limit: int) -> int:
        """See `Search.cells`."""
        return limit * (1 + self._has_plain) + (self.drafts - 1) * min(self.block, limit)

    def run(
        self, decoder: Decoder, drafts: Sequence[Draft], limit: int, stopped: Callable[[], bool]
    ) -> Iterator[Step]:
        """See `Search.run`. In the last step only answers are left, without other continuations of the same."""
        plain = drafts[:1] if self._has_plain else []
        branches = drafts[len(plain) :]
        best, start = drafts[0], 0
        while best.live and not stopped() and _branch(decoder, best, branches, plain):
            start = len(best.tokens)
            if start:
                best = best if best in branches else branches[0]
            # Reasoning is not judged, so there is nothing to branch for until the answer begins.
            growing = [best] if best.reasons else list(branches)
            pauses = _pauses(self.block, start, growing)
            for _ in decode(decoder, [*plain, *growing], limit, stopped, pauses):
                yield Step(drafts, best.sequence, start)
            if not stopped():
                best = self._choose(growing if start else [*plain, *growing])
                if best.answered and len(growing) > 1:
                    branches = self._narrowed(decoder, branches, best, len(plain))
        reason: FinishReason = "cancelled" if best.live or was_stopped([best]) else "pruned"
        for draft in drafts:
            if draft.live:
                draft.finish(reason)
        # All drafts of the first block are answers of their own.
        answers = list(drafts) if not start else [*plain, best]
        yield Step(answers, answers.index(best), len(best.tokens))

    @property
    def _has_plain(self) -> bool:
        return self.beside and self.drafts > 2

    def _narrowed(
        self, decoder: Decoder, branches: Sequence[Draft], best: Draft, plain: int
    ) -> Sequence[Draft]:
        """Return the branches that go on, the best one among them; the caches of the others are freed."""
        width = max(self.width - plain, 1) if self.width else len(branches)
        first = [draft for draft in branches if draft is best]
        others = [draft for draft in branches if draft is not best]
        going_on = [*first, *others][:width]
        for draft in branches:
            if draft not in going_on:
                decoder.drop(draft.sequence)
                if draft.live:
                    draft.finish("pruned")
        return going_on

    def _choose(self, drafts: Sequence[Draft]) -> Draft:
        if len(drafts) == 1:
            return drafts[0]
        return drafts[int(np.argmax(self.judge(drafts)))]


def _pauses(block: int, start: int, growing: Sequence[Draft]) -> Callable[[Draft], bool]:
    """Return what says whether a draft has reached the end of the block that began at token `start`."""

    def ended(draft: Draft) -> bool:
        grown = len(draft.tokens) - start
        return (
            not draft.live
            or grown >= block
            or (2 * grown >= block and draft.text.text.endswith(_SENTENCE_ENDS))
        )

    def pauses(draft: Draft) -> bool:
        return ended(draft) if draft in growing else all(map(ended, growing))

    return pauses


def _branch(decoder: Decoder, best: Draft, branches: Sequence[Draft], plain: Sequence[Draft]) -> bool:
    """Let all branches go on from the best draft; return False when the user stopped it."""
    # What was drawn last is not in the cache yet.
    last = {draft.sequence: draft.tokens[-1:] for draft in [best, *plain] if draft.live and draft.tokens}
    if last:
        try:
            decoder.append(last)
        except Stopped:
            return False
    for draft in branches:
        if draft is not best:
            decoder.fork(best.sequence, [draft.sequence])
            draft.follow(best)
    return True
