"""What one request is made of: how many candidates, chosen by which weights, after which instruction."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from localpersona.alignment.best_of_n import choose
from localpersona.alignment.explanation import explain
from localpersona.alignment.instructions import instruction_line
from localpersona.alignment.strength import STRENGTHS
from localpersona.assistant.patience import search_for
from localpersona.assistant.taste import UserTaste
from localpersona.engine.protocol import SearchSpec, Speed, Taste
from localpersona.rewards.traits import TASTES
from localpersona.settings import Settings
from localpersona.values import Candidate, Explanation, Sampling

Somebody = Literal["you", "nobody", "opposite"]
"""For whom an answer can be made, to see what a profile does."""
PLAIN = Explanation("The plain model's answer: your taste was not applied.")


@dataclass(frozen=True, slots=True)
class Options:
    """What one request wants otherwise than the settings."""

    candidates: int | None = None
    """Whole answers to choose from; None: as the settings say."""
    patience: str | None = None
    """"fast", "balanced" or "best"; goes before a number of candidates in the settings."""
    plain: bool = False
    opposite: bool = False
    """For somebody who likes the reverse of everything that this user likes."""
    save: bool = True
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """How one request is answered."""

    candidates: int = 1
    search: SearchSpec = field(default_factory=SearchSpec)
    taste: Taste | None = None
    """None: nothing to choose between or by."""
    instruction: str = ""
    aligned: bool = False
    """False: the plain model, bit for bit what the LLM says to the conversation alone."""


def plan(settings: Settings, user: UserTaste, options: Options, speed: Speed | None = None) -> Plan:
    """Return how to answer with a model of this speed: strength "off" and `options.plain` mean the plain model."""
    if options.plain or settings.strength == "off":
        return Plan()
    instruction = ""
    if settings.instructions:
        weights = user.opposite() if options.opposite else user.weights()
        instruction = instruction_line(weights, STRENGTHS[settings.strength], TASTES)
    count, search = _search(settings, options, speed)
    taste = user.request(settings.strength, opposite=options.opposite) if count > 1 else None
    return Plan(count, search, taste, instruction, aligned=True)


def _search(settings: Settings, options: Options, speed: Speed | None) -> tuple[int, SearchSpec]:
    """A number of candidates that somebody asked for means so many whole answers."""
    count = options.candidates or (0 if options.patience else settings.candidates)
    if count:
        return count, SearchSpec()
    return search_for(options.patience or settings.patience, speed, settings.max_tokens)


def sampling(settings: Settings, seed: int) -> Sampling:
    """Return how tokens are drawn for one request."""
    return Sampling(
        temperature=settings.temperature,
        top_p=settings.top_p,
        min_p=settings.min_p,
        repetition_penalty=settings.repetition_penalty,
        max_tokens=settings.max_tokens,
        seed=seed,
    )


def explained(
    candidates: tuple[Candidate, ...], chosen: int, taste: Taste, user: UserTaste, instruction: str = ""
) -> Explanation:
    """Say why `candidates[chosen]` was (or, by these weights, is) the one."""
    names = user.prior.names
    values = [0.0] * len(candidates)
    if candidates and all(len(candidate.traits) == len(names) for candidate in candidates):
        spread = [candidate.spread or (0.0,) * len(names) for candidate in candidates]
        usable = [bool(candidate.text.strip()) for candidate in candidates]
        traits = [candidate.traits for candidate in candidates]
        values = choose(
            traits, spread, taste.mean, taste.covariance, taste.uncertainty_penalty, usable
        ).values.tolist()
    return explain(candidates, chosen, taste.mean, names, values, instruction, claimed=user.claimed())
