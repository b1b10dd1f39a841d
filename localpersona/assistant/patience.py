"""How long an answer may take: from a user's patience and the model's speed to what is searched for, and how.

All levels search block by block: what is chosen can be read at once, and for the same time it gains more than
choosing among whole answers. They differ in how many continuations they can afford.
"""

from __future__ import annotations

from dataclasses import dataclass

from localpersona.engine.protocol import SearchSpec, Speed

DEFAULT = "balanced"
UNMEASURED = 4
"""Candidates for a model whose speed is not known."""
COUNTS = (2, 3, 4, 6, 8, 12, 16)
BLOCK, SHORTEST_BLOCK = 24, 12
"""Tokens. A beginning shorter than that says too little."""
FIRST_SECONDS = 1.2
"""The first block should be there by then, which leaves 0.3 s for the prompt."""
TYPICAL_TOKENS = 200
"""Of an answer."""
SCORE_SECONDS = 0.15e-3
"""What the reward model takes for one token of a response (0.23 s for 8 answers of 136 words on 2 cores)."""
SCORED_BESIDES = 30
"""Tokens of the prompt, which are read again with each response."""


@dataclass(frozen=True, slots=True)
class Level:
    """One degree of patience."""

    times: float
    """How many times as long as a plain answer it may take."""
    least: int
    """Candidates even where that takes longer."""


LEVELS = {"fast": Level(2.0, 1), "balanced": Level(3.3, 2), "best": Level(7.0, 4)}


def search_for(patience: str, speed: Speed | None, max_tokens: int) -> tuple[int, SearchSpec]:
    """Return how many candidates to search among, and how; as many as a level's time allows.

    Raises KeyError for a word that is none of `LEVELS`.
    """
    level = LEVELS[patience]
    if speed is None:
        return UNMEASURED, _guided(UNMEASURED, BLOCK)
    tokens = min(max_tokens, TYPICAL_TOKENS)
    allowed = level.times * tokens * speed.step_of(1)
    fitting = [count for count in COUNTS if seconds(count, speed, tokens) <= allowed]
    count = max([level.least, *fitting])
    return count, _guided(count, _block(count, speed))


def seconds(count: int, speed: Speed, tokens: int) -> float:
    """Return what an answer of so many tokens takes, found among so many candidates."""
    block = _block(count, speed)
    scoring = count * SCORE_SECONDS * (SCORED_BESIDES + tokens / 2)
    return tokens * speed.step_of(count) + tokens / block * (speed.step_of(1) + scoring)


def _block(count: int, speed: Speed) -> int:
    affordable = int(FIRST_SECONDS / speed.step_of(count)) if speed.step_of(count) > 0 else BLOCK
    return min(max(affordable, SHORTEST_BLOCK), BLOCK)


def _guided(count: int, block: int) -> SearchSpec:
    # With two there is no room for an answer that is not searched for.
    return SearchSpec("guided", block=block, beside=count > 2)
