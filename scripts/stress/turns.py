"""A conversation of many turns: once its oldest turns no longer fit, the engine's memory stays what it is.

Until then the pool of cells grows with the conversation, up to the context length and what the candidates take.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from localpersona.assistant import Assistant
from localpersona.engine.client import EngineClient
from localpersona.events import Accepted, Finished, PromptRead
from stress.processes import progress, resident

_WARM_UP = 10  # turns after the first that left others out: searches of all kinds have had their cells then
_MOST_GROWTH = 0.05


def stress(assistant: Assistant, turns: int) -> Iterator[str]:
    """Yields lines to print; the last says "passed" or "FAILED"."""
    assert isinstance(assistant.engine, EngineClient)
    chat_id, memory, finished, filled, pids = None, [], 0, turns, set()
    for number in range(turns):
        progress("turns", number, turns)
        prompt = (
            f"Question {number}: what would you say about {'rain ' * (number % 40)}and the number {number}?"
        )
        for event in assistant.stream(prompt, chat_id=chat_id, plain=number % 3 > 0):
            if isinstance(event, Accepted):
                chat_id = event.chat_id
            finished += isinstance(event, Finished)
            if isinstance(event, PromptRead) and event.dropped_turns:
                filled = min(filled, number)
        pids.add(assistant.engine.pid)
        memory.append(resident(assistant.engine.pid or 0))
    warm = min(filled + _WARM_UP, turns // 2)
    first, last = (statistics.median(part) for part in (memory[warm : warm + 10], memory[-10:]))
    growth = last / first - 1
    yield f"turns: {finished} of {turns} answered by {len(pids)} process(es)"
    yield f"turns: the conversation filled the context {f'at turn {filled}' if filled < turns else 'never'}"
    yield (
        f"turns: resident memory of the child {memory[0]:.0f} MB after the first turn, {first:.0f} MB after"
        f" {warm} turns, {last:.0f} MB at the end"
    )
    good = finished == turns and len(pids) == 1 and growth < _MOST_GROWTH
    yield f"turns: {'passed' if good else 'FAILED'} (growth {growth:+.1%}, most is {_MOST_GROWTH:.0%})"
