"""Explicit requests in a prompt ("briefly", "as a list", "a formal letter", "only JSON"): they beat the profile.

A trait that the prompt itself settles is left out of everything that personalises this one answer: the
instruction, the choice between candidates, the steering vector. Only English patterns are known. They look at
the user's own words (quoted text, code and lines of a pasted message are set aside), and they want a word of
request beside an ambiguous one: "explain it briefly" asks for something, "I was briefly a teacher" does not.
What this does not know: requests made in an earlier turn, irony, and every wording that is not listed. A
request that is missed costs little: the prompt itself still stands before the model.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from localpersona.alignment.request_patterns import MANNERS, THINGS
from localpersona.text import one_line

Array = NDArray[np.float64]

STYLE = frozenset(
    {
        *("length", "formality", "humour", "elicitation", "enthusiasm", "politeness"),
        *("confidence", "structure", "depth", "warmth", "imagery"),
    }
)
"""All that a machine-readable answer leaves no room for."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request found in a prompt."""

    words: str
    """As the user put it, on one line."""
    traits: frozenset[str]
    """What it settles."""


_TRAITS = {"*": STYLE, "code": frozenset({"length", "structure", "imagery", "humour"})}
_COMPILED = tuple(
    (_TRAITS.get(name, frozenset({name})), re.compile(pattern, re.IGNORECASE), doubtful)
    for table, doubtful in ((MANNERS, False), (THINGS, True))
    for name, pattern in table
)
_ABOUT = re.compile(
    r"(?:^|\b(?:and|but|so) )\s*(?:how\b|what|why|when|who|where|which|is|are|was|were|do(?:es)?|did|should|"
    r"has|have|am|i(?!(?:'d| would)? (?:like|need|want|prefer))\b|"
    r"we|he|she|they|it|my|the|our|his|her|their|this|some|a|an|in)\b",
    re.IGNORECASE,
)
"""How a sentence begins that asks or tells about a thing instead of asking for it."""
_FENCE = re.compile(r"```.*?(?:```|$)", re.DOTALL)
_QUOTED = re.compile(r"\"[^\"\n]{3,}\"|“[^”]{3,}”|(?<!\w)'[^'\n]{12,}'(?!\w)|^>.*$", re.MULTILINE)
_MOST = 4000
"""Characters looked at, from the beginning and from the end: nobody hides a request in the middle of a page."""


def explicit_requests(prompt: str) -> tuple[Asked, ...]:
    """Return what the prompt itself asks for; () for most prompts."""
    own = _own_words(prompt)
    found: dict[str, set[str]] = {}
    for traits, pattern, doubtful in _COMPILED:
        matches = (match for match in pattern.finditer(own) if not (doubtful and _is_about(own, match)))
        if (match := next(matches, None)) is not None:
            words = one_line(match.group().strip(" ,.;:!?\n"), 60)
            found.setdefault(words, set()).update(traits)
    return tuple(Asked(words, frozenset(traits)) for words, traits in found.items())


def settled(requests: Iterable[Asked]) -> frozenset[str]:
    """Return the traits that requests leave nothing to say about."""
    return frozenset().union(*(asked.traits for asked in requests))


def without(
    mean: ArrayLike, covariance: ArrayLike, names: Iterable[str], traits: frozenset[str]
) -> tuple[Array, Array]:
    """Return mean (J,) and covariance (J, J) in which the traits count for nothing, neither way."""
    kept = np.array([name not in traits for name in names], dtype=np.float64)
    return np.asarray(mean, np.float64) * kept, np.asarray(covariance, np.float64) * np.outer(kept, kept)


def _own_words(prompt: str) -> str:
    """Return the prompt without what it quotes: pasted text and code are no wishes."""
    if len(prompt) > 2 * _MOST:
        prompt = f"{prompt[:_MOST]}\n{prompt[-_MOST:]}"
    return re.sub(r"[ \t]+", " ", _QUOTED.sub(" … ", _FENCE.sub(" … ", prompt)))


def _is_about(own: str, match: re.Match[str]) -> bool:
    """Whether the sentence asks or tells about such a thing. "Can you write …" and "… , write …" ask for it."""
    start = max(own.rfind(mark, 0, match.start()) for mark in ".?!;:,\n") + 1
    return bool(_ABOUT.match(own[start : match.end()].lstrip()))
