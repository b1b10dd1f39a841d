"""How long an answer may take: from a user's patience and the model's speed to what is searched for, and how.

"fast" chooses among beginnings and writes the best one on. The others choose block by block, which gains about as
much for the time as letting whole answers compete (localpersona bench alignment) and can be read from the first block
on. The first block, which decides much, is chosen among twice as many; beside it all the plain answer is decoded, so
that there is something to compare. How many candidates there are is what the model's speed affords.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from localpersona.alignment.pruning import halving
from localpersona.engine.protocol import SearchSpec, Speed

UNMEASURED = 4
"""Candidates for a model whose speed is not known."""
COUNTS = (2, 3, 4, 6, 8, 12, 16)
WIDER = 2
"""How many times as many candidates the first block has."""
FIRST_SECONDS = 1.2
"""Text should be seen by then, which leaves 0.3 s for the prompt."""
TYPICAL_TOKENS = 200
"""Of an answer."""
BLOCK, SHORTEST_BLOCK = 24, 12
"""Tokens of a block. A beginning shorter than that says too little."""
OVERHEAD = 1.2
"""What a block-by-block search takes besides its steps and scores: 6.7 and 3.7 plain answers' time were measured where
those alone make 5.3 and 2.9 (scripts/bench_engine.py)."""
FIRST_RUNG = 16
SCORE_SECONDS = 0.15e-3
"""What the reward model takes for one token of a response (0.23 s for 8 answers of 136 words on 2 cores)."""
SCORED_BESIDES = 30
"""Tokens of the prompt, which are read again with each response."""


@dataclass(frozen=True, slots=True)
class Level:
    """One degree of patience."""

    times: float
    """How many times as long as a plain answer it may take."""
    guided: bool
    least: int
    """Candidates even where that takes longer."""


LEVELS = {
    "fast": Level(2.0, guided=False, least=1),
    "balanced": Level(3.3, guided=True, least=3),
    "best": Level(7.0, guided=True, least=4),
}


def search_for(patience: str, speed: Speed | None, max_tokens: int) -> tuple[int, SearchSpec]:
    """Return how many candidates to search among, and how; as many as a level's time allows.

    Raises KeyError for a word that is none of `LEVELS`.
    """
    level, tokens = LEVELS[patience], min(max_tokens, TYPICAL_TOKENS)
    if level.guided:
        return _guided(level, speed, tokens)
    return _pruned(level, speed, tokens)


def _guided(level: Level, speed: Speed | None, tokens: int) -> tuple[int, SearchSpec]:
    if speed is None:
        return UNMEASURED, SearchSpec("guided", block=BLOCK, beside=True)
    width = _most(level, speed, tokens, lambda width: guided_seconds(width, speed, tokens))
    first = WIDER * width
    late = SHORTEST_BLOCK * speed.step_of(first) > FIRST_SECONDS
    if late or guided_seconds(width, speed, tokens) > level.times * tokens * speed.step_of(1):
        return width, SearchSpec("guided", block=_block(width, speed), beside=True)  # slow enough as it is
    return first, SearchSpec("guided", block=_block(first, speed), beside=True, width=width)


def _pruned(level: Level, speed: Speed | None, tokens: int) -> tuple[int, SearchSpec]:
    search = SearchSpec(pruned=True, block=FIRST_RUNG, finalists=1)
    if speed is None:
        return UNMEASURED, search

    def seconds(count: int) -> float:
        whole, first = pruned_seconds(count, speed, tokens)
        return whole if first <= FIRST_SECONDS else float("inf")

    return _most(level, speed, tokens, seconds), search


def _most(level: Level, speed: Speed, tokens: int, seconds: Callable[[int], float]) -> int:
    allowed = level.times * tokens * speed.step_of(1)
    return max([level.least, *(count for count in COUNTS if seconds(count) <= allowed)])


def guided_seconds(width: int, speed: Speed, tokens: int) -> float:
    """Return what an answer of so many tokens takes, block by block, the plain one among the candidates.

    width: how many candidates there are after the first block.
    """
    block = min(_block(WIDER * width, speed), tokens)
    first = block * speed.step_of(WIDER * width) + WIDER * width * _scoring(block)
    each = speed.step_of(1) + (width - 1) * _scoring(tokens // 2)
    return OVERHEAD * (first + (tokens - block) * (speed.step_of(width) + each / block))


def pruned_seconds(count: int, speed: Speed, tokens: int) -> tuple[float, float]:
    """Return what an answer takes in all and until it is seen, when all but one fall on the way."""
    taken, at, rows = 0.0, 0, count
    for rung in halving(count, FIRST_RUNG, 1):
        taken += (min(rung.tokens, tokens) - at) * speed.step_of(rows) + rows * _scoring(rung.tokens)
        at, rows = min(rung.tokens, tokens), rung.survivors
    return taken + (tokens - at) * speed.step_of(1), taken


def _scoring(tokens: int) -> float:
    return SCORE_SECONDS * (SCORED_BESIDES + tokens)


def _block(count: int, speed: Speed) -> int:
    affordable = int(FIRST_SECONDS / speed.step_of(count)) if speed.step_of(count) > 0 else BLOCK
    return min(max(affordable, SHORTEST_BLOCK), BLOCK)
