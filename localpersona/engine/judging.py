"""What drafts are worth to one user, by the reward model and the weights in a request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from localpersona.alignment.beginnings import expected
from localpersona.alignment.best_of_n import choose
from localpersona.alignment.decode import Draft
from localpersona.alignment.search import Values
from localpersona.alignment.sense import by_log_probability, by_probe
from localpersona.engine.protocol import Scores, Taste
from localpersona.rewards.traits import TRAITS
from localpersona.values import Candidate

Scorer = Callable[[str, Sequence[str], bool], Scores]
"""From a prompt, responses to it and whether they are whole to their trait scores."""
Row = tuple[tuple[float, ...], tuple[float, ...]]
"""Traits (J,) and spread (J,) of one response."""
Array = NDArray[np.float64]
_NAMES = tuple(trait.name for trait in TRAITS)
_QUALITY = _NAMES.index("quality")


def judged(candidates: Sequence[Candidate], taste: Taste) -> Array:
    """Return (n, J) the whole answers' traits, quality as far as the language model itself knows it.

    All must have trait scores.
    """
    said = [_Said(one.text, one.mean_log_probability, one.reading) for one in candidates]
    return _judged(said, np.array([candidate.traits for candidate in candidates]), taste)


def values_of(candidates: Sequence[Candidate], taste: Taste) -> Values:
    """Return what whole answers are worth (n,), as the engine chose among them; -inf for empty ones.

    All must have trait scores. Raises ValueError when these are of other traits than the taste.
    """
    spread = [candidate.spread or (0.0,) * len(taste.mean) for candidate in candidates]
    return _values([one.text for one in candidates], judged(candidates, taste), spread, taste)


@dataclass(frozen=True, slots=True)
class _Said:
    """One candidate, and what the language model says of it."""

    text: str
    nats: float
    reading: float | None
    whole: bool = True


def _values(texts: Sequence[str], traits: Array, spread: ArrayLike, taste: Taste) -> Values:
    usable = [bool(text.strip()) for text in texts]
    return choose(traits, spread, taste.mean, taste.covariance, taste.uncertainty_penalty, usable).values


def _judged(said: Sequence[_Said], traits: Array, taste: Taste) -> Array:
    """Return the traits (n, J) with the language model's own sense of quality, for those who like quality."""
    usable = [row for row, one in enumerate(said) if one.text.strip()]
    if traits.shape[1:] == (len(_NAMES),) and len(taste.mean) == len(_NAMES) and taste.mean[_QUALITY] > 0:
        traits = traits.copy()
        traits[usable, _QUALITY] += _sense([said[row] for row in usable], traits[usable, _QUALITY].tolist())
    return traits


def _sense(said: Sequence[_Said], scores: Sequence[float]) -> Array:
    """Return (n,) standard deviations of quality to be added to the scores."""
    words = [len(one.text.split()) for one in said]
    readings = [one.reading for one in said if one.reading is not None]
    if len(readings) < len(said):
        return by_log_probability([one.nats for one in said], words)
    return by_probe(
        readings, scores, [0 if one.whole else count for one, count in zip(said, words, strict=True)]
    )


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
        traits = _judged([_said(draft) for draft in drafts], traits, self._taste)
        return _values(texts, traits, spread, self._taste)

    def row(self, text: str) -> Row:
        """Return the scores that this text was judged by; empty ones when it never was."""
        return self._rows.get((text, True)) or self._rows.get((text, False)) or ((), ())

    def _read(self, texts: Sequence[str], whole: bool) -> None:
        new = list(dict.fromkeys(text for text in texts if (text, whole) not in self._rows))
        if new:
            scores = self._score(self._prompt, [self._begun + text for text in new], whole)
            rows = zip(scores.traits, scores.spread, strict=True)
            self._rows |= {(text, whole): row for text, row in zip(new, rows, strict=True)}


def _said(draft: Draft) -> _Said:
    reading = draft.reading.quality if draft.reading is not None else None
    return _Said(draft.text.text, draft.mean_log_probability, reading, draft.whole)
