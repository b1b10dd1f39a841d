"""What alignment needs of a language model: rows of logits for several sequences that grow side by side.

The engine's `LlamaDecoder` is one (llama.cpp's cache), the tests' scripted one with known probabilities
another. Sequences are numbered from 0. Drawing tokens is not the decoder's business (see `sampling`), so that
a tool may combine rows of several sequences before it draws.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Row = NDArray[np.float32]
"""(vocabulary,) logits of the next token."""


class Stopped(Exception):
    """The user stopped the request while tokens were being processed.

    Sequences may have grown by a part of what was appended; `Decoder.tokens` says what they hold.
    """


class Decoder(Protocol):
    def append(self, tokens: Mapping[int, Sequence[int]]) -> None:
        """Add tokens to the ends of sequences, all in one batch. Raises Stopped."""
        ...

    def logits(self, sequence: int) -> Row:
        """Return the row after the sequence's last token: a view, valid until the next `append`."""
        ...

    def tokens(self, sequence: int) -> Sequence[int]:
        """Return what has been appended so far; empty for a sequence never used."""
        ...

    def fork(self, source: int, targets: Iterable[int]) -> None:
        """Make the targets (whatever they held) continue from source. Costs next to nothing."""
        ...

    def drop(self, sequence: int, length: int = 0) -> int:
        """Forget all but the first `length` tokens; return how many are left.

        That can be fewer than asked, even none: recurrent models cannot go back. Afterwards the sequence has
        no logits until something is appended.
        """
        ...

    def piece(self, token: int) -> bytes:
        """Return the token's text, which need not be whole characters; empty for control tokens."""
        ...

    def ends(self, token: int) -> bool:
        """Whether the token ends an answer."""
        ...
