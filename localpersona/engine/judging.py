"""What drafts are worth to one user, by the reward model and the weights in a request."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from localpersona.alignment.beginnings import expected
from localpersona.alignment.best_of_n import choose
from localpersona.alignment.decode import Draft
from localpersona.alignment.search import Values
from localpersona.alignment.sense import sense
from localpersona.engine.protocol import Scores, Taste
from localpersona.rewards.traits import TRAITS
from localpersona.values import Candidate

Scorer = Callable[[str, Sequence[str], bool], Scores]
"""From a prompt, responses to it and whether they are whole to their trait scores."""
Row = tuple[tuple[float, ...], tuple[float, ...]]
"""Traits (J,) and spread (J,) of one response."""
_NAMES = tuple(trait.name for trait in TRAITS)


def values_of(candidates: Sequence[Candidate], taste: Taste) -> Values:
    """Return what whole answers are worth (n,), as the engine chose among them; -inf for empty ones.

    All must have trait scores. Raises ValueError when these are of other traits than the taste.
    """
    spread = [candidate.spread or (0.0,) * len(taste.mean) for candidate in candidates]
    nats = [candidate.mean_log_probability for candidate in candidates]
    texts = [candidate.text for candidate in candidates]
    return _values(texts, [candidate.traits for candidate in candidates], spread, nats, taste)


def _values(
    texts: Sequence[str], traits: ArrayLike, spread: ArrayLike, nats: Sequence[float], taste: Taste
) -> Values:
    usable = [bool(text.strip()) for text in texts]
    chosen = choose(traits, spread, taste.mean, taste.covariance, taste.uncertainty_penalty, usable)
    return chosen.values + sense(nats, [len(text.split()) for text in texts], taste.mean, _NAMES)


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

    def __call__(self, drafts: Sequence[Draft]) -> Values:
        """Return values (n,); -inf for drafts that say nothing."""
        texts = [draft.text.text for draft in drafts]
        keys = [(text, draft.whole) for text, draft in zip(texts, drafts, strict=True)]
        for whole in (True, False):
            self._read([text for text, ended in keys if ended is whole], whole)
        traits, spread = (np.array(rows) for rows in zip(*(self._rows[key] for key in keys), strict=True))
        begun = [index for index, (_, whole) in enumerate(keys) if not whole]
        if begun and traits.shape[1] == len(_NAMES):
            traits[begun] = expected(traits[begun], _NAMES, [len(texts[index].split()) for index in begun])
        return _values(texts, traits, spread, [draft.mean_log_probability for draft in drafts], self._taste)

    def row(self, text: str) -> Row:
        """Return the scores that this text was judged by; empty ones when it never was."""
        return self._rows.get((text, True)) or self._rows.get((text, False)) or ((), ())

    def _read(self, texts: Sequence[str], whole: bool) -> None:
        new = list(dict.fromkeys(text for text in texts if (text, whole) not in self._rows))
        if new:
            scores = self._score(self._prompt, [self._begun + text for text in new], whole)
            rows = zip(scores.traits, scores.spread, strict=True)
            self._rows |= {(text, whole): row for text, row in zip(new, rows, strict=True)}
