"""A profile as words and bars: what the learning core knows, as a person can check and correct it."""

from __future__ import annotations

from collections.abc import Container
from math import atanh, tanh

from localpersona.alignment.knowledge import Known, what_is_known
from localpersona.alignment.wording import listed, pole
from localpersona.assistant.views import ProfileView, TraitView
from localpersona.preferences import Weights
from localpersona.rewards.traits import TRAITS, Trait

SCALE = 1.5
"""The weight that fills tanh(1) = 76 % of a bar's half. The same for every trait, user and day, so that a bar
that moves means a weight that moved. Most people's weights lie within ±1: there is room for a strong taste."""
FULLEST = 0.95
"""How far a bar can be set by hand: ±1 would be an infinite weight."""

MANY = 5
"""From so many comparisons on nobody wants to hear that a few would do."""


def position(weight: float) -> float:
    """Return where a weight (log-odds per standard deviation of the trait) is on its bar, in (-1, 1)."""
    return tanh(weight / SCALE)


def weight_at(bar_position: float) -> float:
    """Return the weight at a position on the bar. Raises ValueError outside [-1, 1]."""
    if not -1.0 <= bar_position <= 1.0:
        raise ValueError(f"a position on the bar is between -1 and 1, not {bar_position}")
    return SCALE * atanh(max(-FULLEST, min(FULLEST, bar_position)))


def portray(name: str, weights: Weights, prior: Weights, locks: Container[str]) -> ProfileView:
    """Return the profile as it is to be shown; `prior` is the shipped one, without the user's locks."""
    known = {entry.trait: entry for entry in what_is_known(weights)}
    views = tuple(
        _trait_view(trait, known[trait.name], float(prior.mean[index]), trait.name in locks)
        for index, trait in enumerate(TRAITS)
    )
    return ProfileView(name, weights.comparisons, views, _summary(views, weights.comparisons))


def _trait_view(trait: Trait, known: Known, prior_mean: float, locked: bool) -> TraitView:
    return TraitView(
        trait=trait,
        mean=known.mean,
        sd=known.sd,
        prior_mean=prior_mean,
        locked=locked,
        position=position(known.mean),
        low=position(known.mean - known.sd),
        high=position(known.mean + known.sd),
        description=_describe(trait, known),
    )


def _describe(trait: Trait, known: Known) -> str:
    end = trait.high if known.mean > 0 else trait.low
    match known.certainty:
        case "set":
            return "set to neutral" if abs(position(known.mean)) < 0.05 else f"set to {end}"
        case "clearly" | "leaning":
            return f"{known.certainty} {end}"
        case "indifferent":
            return "no clear preference"
        case _:
            return "not known yet"


def _summary(views: tuple[TraitView, ...], comparisons: int) -> str:
    tastes = [
        view for view in views if view.trait.taste and view.known and view.description != "set to neutral"
    ]
    tastes.sort(key=lambda view: abs(view.mean) - view.sd, reverse=True)
    if not tastes and comparisons >= MANY:
        return "Your choices don't point one way yet: a few more will tell."
    if not tastes:
        return "Not much is known yet: a few comparisons will change that."
    return f"You prefer {listed([pole(view.trait.name, view.mean).prefers for view in tastes[:4]])}."
