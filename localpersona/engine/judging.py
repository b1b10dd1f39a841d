"""What drafts are worth to one user, by the reward model and the weights in a request."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from localpersona.alignment.beginnings import expected
from localpersona.alignment.best_of_n import choose
from localpersona.alignment.search import Values
from localpersona.engine.protocol import Scores, Taste
from localpersona.rewards.traits import TRAITS

Scorer = Callable[[str, Sequence[str], bool], Scores]
"""From a prompt, responses to it and whether they are whole to their trait scores."""
Row = tuple[tuple[float, ...], tuple[float, ...]]
"""Traits (J,) and spread (J,) of one response."""
_NAMES = tuple(trait.name for trait in TRAITS)


class TasteJudge:
    """See `search.Judge`. Remembers the scores, so that no whole text is read twice.

    prompt: what the user asked; begun: the answer so far, which the drafts continue.
    """

    def __init__(self, score: Scorer, taste: Taste, prompt: str, begun: str = "") -> None:
        self._score = score
        self._taste = taste
        self._prompt = prompt
        self._begun = begun
        self._rows: dict[tuple[str, bool], Row] = {}

    def __call__(self, texts: Sequence[str], finished: Sequence[bool]) -> Values:
        """Return values (n,); -inf for texts with nothing in them."""
        keys = list(zip(texts, finished, strict=True))
        for whole in (True, False):
            self._read([text for text, ended in keys if ended is whole], whole)
        traits, spread = (np.array(rows) for rows in zip(*(self._rows[key] for key in keys), strict=True))
        begun = [index for index, ended in enumerate(finished) if not ended]
        if begun and traits.shape[1] == len(_NAMES):
            words = [len(texts[index].split()) for index in begun]
            traits[begun] = expected(traits[begun], _NAMES, words)
        taste, usable = self._taste, [bool(text.strip()) for text in texts]
        return choose(traits, spread, taste.mean, taste.covariance, taste.uncertainty_penalty, usable).values

    def row(self, text: str) -> Row:
        """Return the scores that this text was judged by; empty ones when it never was."""
        return self._rows.get((text, True)) or self._rows.get((text, False)) or ((), ())

    def _read(self, texts: Sequence[str], whole: bool) -> None:
        new = list(dict.fromkeys(text for text in texts if (text, whole) not in self._rows))
        if new:
            scores = self._score(self._prompt, [self._begun + text for text in new], whole)
            rows = zip(scores.traits, scores.spread, strict=True)
            self._rows |= {(text, whole): row for text, row in zip(new, rows, strict=True)}
