"""What one request is made of: how many candidates, chosen by which weights, after which instruction."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, TypedDict

from localpersona.alignment.explanation import explain
from localpersona.alignment.requests import without
from localpersona.assistant.patience import search_for
from localpersona.assistant.taste import UserTaste
from localpersona.assistant.toolbox import Tools, Wanted, tools, wanted
from localpersona.engine.judging import judged, values_of
from localpersona.engine.protocol import EngineError, ModelInfo, SearchSpec, Speed, Taste
from localpersona.settings import Settings
from localpersona.values import Candidate, Explanation, Sampling

Somebody = Literal["you", "nobody", "opposite"]
"""For whom an answer can be made, to see what a profile does."""
PLAIN = Explanation("The plain model's answer: your taste was not applied.")


class Asking(TypedDict, total=False):
    """What a front end may ask of one answer besides its prompt; `Assistant.stream` says what each means."""

    chat_id: int | None
    parent_id: int | None
    patience: str | None
    candidates: int | None
    plain: bool
    save: bool
    seed: int | None


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
    tools: Tools = field(default_factory=Tools)
    wanted: Wanted = field(default_factory=Wanted)
    """By the prompt itself."""
    aligned: bool = False
    """False: the plain model, bit for bit what the LLM says to the conversation alone."""


def plan(settings: Settings, user: UserTaste, options: Options, prompt: str, model: ModelInfo | None) -> Plan:
    """Return how to answer a prompt with a model: strength "off" and `options.plain` mean the plain model.

    What the prompt asks for explicitly is left to it. Of a language that the reward model does not read, nothing
    is chosen. Raises EngineError for a setting that makes no sense.
    """
    if options.plain or settings.strength == "off":
        return Plan()
    what = wanted(prompt)
    weights = user.opposite() if options.opposite else user.weights()
    taste = of_prompt(user.request(settings.strength, opposite=options.opposite), user, what)
    try:
        found = tools(settings, weights, dict(zip(user.prior.names, taste.mean, strict=True)), what, model)
    except ValueError as error:
        raise EngineError(f"{error}.\nChange it in the settings.") from error
    count, search = (
        (1, SearchSpec()) if what.foreign else _search(settings, options, model.speed if model else None)
    )
    return Plan(count, search, taste if count > 1 else None, found, what, aligned=True)


def of_prompt(taste: Taste, user: UserTaste, what: Wanted) -> Taste:
    """Return the weights that are left for an answer to a prompt which settles some traits itself."""
    mean, covariance = without(taste.mean, taste.covariance, user.prior.names, what.settled)
    return replace(taste, mean=tuple(mean.tolist()), covariance=tuple(map(tuple, covariance.tolist())))


def _search(settings: Settings, options: Options, speed: Speed | None) -> tuple[int, SearchSpec]:
    """A number of candidates that somebody asked for means so many whole answers."""
    count = options.candidates or (0 if options.patience else settings.candidates)
    if count:
        return count, SearchSpec()
    if settings.temperature == 0:
        return 1, SearchSpec()  # all candidates would be the same text
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
    candidates: tuple[Candidate, ...],
    chosen: int,
    taste: Taste,
    user: UserTaste,
    what: Wanted,
    instruction: str = "",
) -> Explanation:
    """Say why `candidates[chosen]` was (or, by the weights for this prompt, is) the one."""
    names = user.prior.names
    values = [0.0] * len(candidates)
    if candidates and all(len(candidate.traits) == len(names) for candidate in candidates):
        values = values_of(candidates, taste).tolist()
        rows = judged(candidates, taste).tolist()
        candidates = tuple(replace(one, traits=tuple(row)) for one, row in zip(candidates, rows, strict=True))
    found = explain(candidates, chosen, taste.mean, names, values, instruction, claimed=user.claimed())
    return replace(found, summary=" ".join([found.summary, *what.notes]))
