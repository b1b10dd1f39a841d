"""The traits: the named base rewards of an answer, in the order of φ, with words for their two poles."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trait:
    """One named base reward."""

    name: str
    low: str
    """Completes "answers that are …" for low scores."""
    high: str
    """The same for high scores."""
    noun: str
    """What it is called when neither pole is meant: "how long they are"."""
    taste: bool = True
    """False: hardly a matter of taste, nearly everyone wants the high pole; shown apart from the others."""


TRAITS: tuple[Trait, ...] = (
    Trait("length", "concise", "detailed", "length"),
    Trait("formality", "casual", "formal", "formality"),
    Trait("humour", "serious", "playful", "humour"),
    Trait("elicitation", "asks nothing", "asks back", "questions back"),
    Trait("enthusiasm", "calm", "enthusiastic", "enthusiasm"),
    Trait("politeness", "blunt", "courteous", "politeness"),
    Trait("confidence", "hedged", "certain", "confidence"),
    Trait("structure", "flowing prose", "lists and headings", "structure"),
    Trait("depth", "plain words", "expert terms", "technical depth"),
    Trait("warmth", "matter-of-fact", "warm", "warmth"),
    Trait("imagery", "literal", "vivid images", "imagery"),
    Trait("quality", "careless", "accurate and helpful", "quality", taste=False),
)
"""Ordered as the columns of φ. The names are public API and stored in profiles: never rename one."""

TASTES = frozenset(trait.name for trait in TRAITS if trait.taste)
"""The names of those that people differ in."""
