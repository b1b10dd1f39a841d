"""The traits in whole phrases. Poles ("concise") are adjectives; sentences need more forms than that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pole:
    """One end of a trait, in the forms that sentences need."""

    than: str
    """Completes "… than the other": "shorter"."""
    prefers: str
    """Completes "You prefer …": "shorter answers"."""
    asked: str
    """As it is asked of a language model: "short and concise"."""


_POLES: dict[str, tuple[Pole, Pole]] = {
    "length": (
        Pole("shorter", "shorter answers", "short and concise"),
        Pole("longer", "longer answers", "long and detailed"),
    ),
    "formality": (
        Pole("more casual", "casual answers", "casual"),
        Pole("more formal", "formal answers", "formal"),
    ),
    "humour": (
        Pole("more serious", "serious answers", "serious, without jokes"),
        Pole("more playful", "playful answers", "playful, with humour"),
    ),
    "elicitation": (
        Pole("with fewer questions back", "answers that ask nothing back", "without asking back"),
        Pole("with more questions back", "answers that ask back", "asking back what matters"),
    ),
    "enthusiasm": (
        Pole("calmer", "calm answers", "calm"),
        Pole("more enthusiastic", "enthusiastic answers", "enthusiastic"),
    ),
    "politeness": (
        Pole("blunter", "blunt answers", "blunt"),
        Pole("more courteous", "courteous answers", "courteous"),
    ),
    "confidence": (
        Pole("more cautious", "cautious answers", "cautious about what is not certain"),
        Pole("more certain", "answers that sound certain", "certain, without hedging"),
    ),
    "structure": (
        Pole("more flowing", "answers in flowing prose", "in flowing prose, without lists"),
        Pole("more structured", "answers with lists and headings", "with lists and headings"),
    ),
    "depth": (
        Pole("in plainer words", "answers in plain words", "in plain words"),
        Pole("with more expert terms", "answers with expert terms", "with expert terms"),
    ),
    "warmth": (
        Pole("more matter-of-fact", "matter-of-fact answers", "matter-of-fact"),
        Pole("warmer", "warm answers", "warm"),
    ),
    "imagery": (
        Pole("more literal", "literal answers", "literal"),
        Pole("more vivid", "answers with vivid images", "with vivid images"),
    ),
    "quality": (
        Pole("less careful", "careless answers", "careless"),
        Pole("more accurate and helpful", "accurate and helpful answers", "accurate and helpful"),
    ),
}


def pole(trait: str, direction: float) -> Pole:
    """Return the words for a trait's high pole (direction > 0) or its low one.

    A trait of another reward model, which this table does not know, still gets readable words.
    """
    if trait not in _POLES:
        amount = "more" if direction > 0 else "less"
        return Pole(f"with {amount} {trait}", f"answers with {amount} {trait}", f"with {amount} {trait}")
    low, high = _POLES[trait]
    return high if direction > 0 else low


def listed(words: Sequence[str]) -> str:
    """Return "a", "a and b" or "a, b and c"; "" for none."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"
