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
    """Choose among `drafts` continuations of up to `block` tokens at a time."""

    judge: Judge
    drafts: int
    block: int = 24

    def cells(self, limit: int) -> int:
        """See `Search.cells`."""
        return limit + (self.drafts - 1) * min(self.block, limit)

    def run(
        self, decoder: Decoder, drafts: Sequence[Draft], limit: int, stopped: Callable[[], bool]
    ) -> Iterator[Step]:
        """See `Search.run`. In the end the drafts beside the leader are the last block's other continuations."""
        best, start = drafts[0], 0
        while best.live and not stopped() and _branch(decoder, drafts, best):
            start = len(best.tokens)
            # Reasoning is not judged, so there is nothing to branch for until the answer begins.
            growing = [best] if best.reasons else drafts
            for _ in decode(decoder, growing, limit, stopped, self._block_ends(start)):
                yield Step(drafts, best.sequence, start)
            best = best if stopped() else self._choose(growing)
        reason: FinishReason = "cancelled" if best.live or was_stopped([best]) else "pruned"
        for draft in drafts:
            if draft.live:
                draft.finish(reason)
        yield Step(drafts, best.sequence, len(best.tokens))

    def _block_ends(self, start: int) -> Callable[[Draft], bool]:
        def ends(draft: Draft) -> bool:
            grown = len(draft.tokens) - start
            return grown >= self.block or (
                2 * grown >= self.block and draft.text.text.endswith(_SENTENCE_ENDS)
            )

        return ends

    def _choose(self, drafts: Sequence[Draft]) -> Draft:
        if len(drafts) == 1:
            return drafts[0]
        values = self.judge([draft.text.text for draft in drafts], [not draft.live for draft in drafts])
        return drafts[int(np.argmax(values))]


def _branch(decoder: Decoder, drafts: Sequence[Draft], best: Draft) -> bool:
    """Let all drafts go on from the best one; return False when the user stopped it."""
    if best.tokens:  # the last one drawn is not in the cache yet
        try:
            decoder.append({best.sequence: best.tokens[-1:]})
        except Stopped:
            return False
    for draft in drafts:
        if draft is not best:
            decoder.fork(best.sequence, [draft.sequence])
            draft.follow(best)
    return True
