"""What is scored: the shipped question bank's answers, whole for the scores, of one length for the times."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

_WORD = re.compile(r"\S+")


def of_length(answers: Sequence[str], words: int) -> list[str]:
    """Return as many texts of exactly `words` words as the answers give, laid end to end."""
    whole = "\n\n".join(answers)
    spans = [match.span() for match in _WORD.finditer(whole)]
    starts = range(0, len(spans) - words + 1, words)
    return [whole[spans[at][0] : spans[at + words - 1][1]] for at in starts]


def batches(texts: Sequence[str], size: int, count: int) -> list[list[str]]:
    """Return count batches of size texts, in order, beginning again when they are used up."""
    endless = itertools.cycle(texts)
    return [list(itertools.islice(endless, size)) for _ in range(count)]
