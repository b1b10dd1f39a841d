"""Searching for the answer: what every way of it takes and gives.

A search grows drafts over a `Decoder` whose sequence 0 holds the prompt, judges them where it likes, and says
after each step which draft leads and how much of it is committed: that much may be shown, because it is part
of the answer whatever comes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from localpersona.alignment.decode import Draft
from localpersona.alignment.decoder import Decoder

Values = NDArray[np.float64]
"""(n,) in units of reward (log-odds of being preferred); -inf for drafts that cannot be chosen."""


class Judge(Protocol):
    """Says what drafts are worth to the user, by the lower confidence bound of `best_of_n.choose` and their sense."""

    def __call__(self, drafts: Sequence[Draft]) -> Values:
        """Return the values of the drafts' answers, without their reasoning.

        The value of a draft that is not whole is that of the answer to come.
        """
        ...


@dataclass(frozen=True, slots=True)
class Step:
    """Where a search is."""

    drafts: Sequence[Draft]
    """All of them; finished and fallen ones included. In the last step, those that are answers of their own."""
    leader: int = 0
    """Index of the draft that is shown; in the last step that of the answer."""
    committed: int = 0
    """How many of the leader's tokens are certain. Never fewer, and never others, than in the step before."""


class Search(Protocol):
    """One way of searching."""

    def cells(self, limit: int) -> int:
        """Return how many tokens are in the cache at once at most, beyond the prompt, for answers up to `limit`."""
        ...

    def run(
        self, decoder: Decoder, drafts: Sequence[Draft], limit: int, stopped: Callable[[], bool]
    ) -> Iterator[Step]:
        """Search with fresh drafts, draft i in sequence i.

        In the last step every draft has a finish reason, the leader's sequence still holds the answer (all
        but its last token), and all of its tokens are committed.
        """
        ...
