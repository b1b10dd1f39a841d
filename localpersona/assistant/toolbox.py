"""Which tools turn this user's weights into words for one prompt, and what there is to say about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from localpersona.alignment.contrast import contrast_strength
from localpersona.alignment.instructions import in_words, wishes
from localpersona.alignment.language import foreign_language, requested_language
from localpersona.alignment.requests import explicit_requests, settled
from localpersona.alignment.steering import steering_weights
from localpersona.alignment.strength import STRENGTHS
from localpersona.alignment.wording import listed
from localpersona.assistant.adapters import mixture
from localpersona.engine.protocol import Adapter, ModelInfo, SteeringSpec
from localpersona.engine.steering_file import place
from localpersona.preferences import Weights
from localpersona.rewards.traits import TASTES, TRAITS
from localpersona.settings import Settings

_NOUNS = {trait.name: trait.noun for trait in TRAITS}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one prompt wants for itself."""

    settled: frozenset[str] = frozenset()
    """Traits that it settles: the profile says nothing of them."""
    foreign: str = ""
    """The language of the prompt, or of the answer asked for, when it is not English."""
    notes: tuple[str, ...] = ()
    """The same for the user, in whole sentences."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What a request carries besides candidates and weights."""

    instruction: str = ""
    contrast: float = 0.0
    steering: SteeringSpec | None = None
    adapters: tuple[Adapter, ...] = field(default=())


def wanted(prompt: str) -> Wanted:
    """Return what a prompt wants for itself; an explicit request beats the profile."""
    asked = explicit_requests(prompt)
    traits = settled(asked)
    notes = []
    if asked:
        what = listed([_NOUNS[trait.name] for trait in TRAITS if trait.name in traits])
        words = listed([f"“{request.words}”" for request in asked[:3]])
        notes.append(f"You asked for {words}, so your taste in {what} was left out.")
    foreign = requested_language(prompt) or foreign_language(prompt)
    if foreign:
        notes.append(
            f"{_language(foreign)} Your taste was left out, because it was learned from English answers."
        )
    return Wanted(traits, foreign, tuple(notes))


def tools(
    settings: Settings, weights: Weights, mean: Mapping[str, float], what: Wanted, model: ModelInfo | None
) -> Tools:
    """Return what the settings allow, for effective weights `mean` by trait and the model in use.

    What a prompt settles goes into none of them, and an English line would draw another language's answer into
    English. Raises ValueError for adapters that make no sense.
    """
    strength = STRENGTHS[settings.strength]
    found = (
        wishes(weights, strength, TASTES - what.settled) if settings.instructions and not what.foreign else ()
    )
    gamma = contrast_strength(found, strength, settings.contrast) if settings.contrast > 1.0 else 0.0
    return Tools(
        in_words(found),
        gamma,
        _steering(mean, what, model.path) if model and settings.steering and not what.foreign else None,
        mixture(settings.adapters, {name: value for name, value in mean.items() if name not in what.settled}),
    )


def _steering(mean: Mapping[str, float], what: Wanted, model: str) -> SteeringSpec | None:
    """Return the vectors that were made for the model, with this user's weights; None when there are none."""
    try:
        path = place(model)
    except OSError:
        return None
    if not Path(path).exists():
        return None
    tastes = [trait.name in TASTES - what.settled for trait in TRAITS]
    return SteeringSpec(str(path), steering_weights([mean[trait.name] for trait in TRAITS], tastes))


def _language(foreign: str) -> str:
    """Return a sentence about a language, which may be one "in … letters"."""
    return f"This is {foreign}." if foreign.startswith("in ") else f"This is in {foreign}."
