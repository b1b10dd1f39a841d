"""Contrast: the instruction's effect on the model, made stronger or weaker than the model itself makes it.

Two sequences grow by the same tokens, one after the plain prompt, one after the prompt with the instruction;

    logits = plain + γ · (instructed − plain)

γ = 0 is the plain model, 1 the instructed one, and above 1 the instruction counts for more than the model, left
alone, would let it: classifier-free guidance for language models (arXiv 2306.17806, equation 7), with the
unconditional prompt being the plain one. Both rows are of one batch. What this does not know: how fluent the
result is; too large a γ amplifies the noise in the difference as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import erf, sqrt

import numpy as np

from localpersona.alignment.decoder import Decoder, Row
from localpersona.alignment.knowledge import Known

MOST = 2.0
"""γ for somebody whose every wish is certain, at full strength; see scripts/measure_tools.py."""


def contrast_strength(wishes: Iterable[Known], strength: float, most: float = MOST) -> float:
    """Return γ for an instruction made of these wishes, at a strength in [0, 1].

    1 (the instruction as it is) plus up to most − 1 by how sure the wishes are on average: a wish whose sign is
    as likely wrong as right adds nothing. 0 when there are no wishes.
    """
    sure = [erf(abs(known.mean) / (known.sd * sqrt(2.0))) for known in wishes]  # 2 · P(right sign) − 1
    return 1.0 + (most - 1.0) * strength * float(np.mean(sure)) if sure else 0.0


class ContrastDecoder:
    """See `Decoder`: sequence i is a pair of sequences (2i, 2i + 1) of the decoder below, plain and instructed.

    The decoder below holds both prompts in its sequences 0 and 1, with logits, before anything is asked of this
    one; nothing else may use it meanwhile. lengths: tokens of the plain prompt and of the instructed one.
    """

    def __init__(self, below: Decoder, gamma: float, lengths: tuple[int, int]) -> None:
        self._below = below
        self._gamma = np.float32(gamma)
        self._prompt, self._longer = lengths[0], lengths[1] - lengths[0]

    def append(self, tokens: Mapping[int, Sequence[int]]) -> None:
        self._below.append({2 * sequence + half: new for sequence, new in tokens.items() for half in (0, 1)})

    def logits(self, sequence: int) -> Row:
        plain, instructed = self._below.logits(2 * sequence), self._below.logits(2 * sequence + 1)
        with np.errstate(invalid="ignore"):
            mixed: Row = plain + self._gamma * (instructed - plain)
        # Some models rule tokens out by -inf, whose difference is no number: those stay ruled out.
        return np.where(np.isnan(mixed), np.float32(-np.inf), mixed)

    def tokens(self, sequence: int) -> Sequence[int]:
        """Return the plain half's."""
        return self._below.tokens(2 * sequence)

    def fork(self, source: int, targets: Iterable[int]) -> None:
        copies = list(targets)
        for half in (0, 1):
            self._below.fork(2 * source + half, [2 * target + half for target in copies])

    def drop(self, sequence: int, length: int = 0) -> int:
        """See `Decoder.drop`: either all, or back to a length at which the halves still say the same.

        The prompts differ in length, so within them there is no such place: then both are forgotten.
        """
        lengths = (length, length + self._longer) if length >= self._prompt else (0, 0)
        left = [self._below.drop(2 * sequence + half, keep) for half, keep in enumerate(lengths)]
        if any(left) and left[1] - left[0] != self._longer:  # a recurrent model that could not go back
            left = [self._below.drop(2 * sequence + half) for half in (0, 1)]
        return left[0]

    def piece(self, token: int) -> bytes:
        return self._below.piece(token)

    def ends(self, token: int) -> bool:
        return self._below.ends(token)
