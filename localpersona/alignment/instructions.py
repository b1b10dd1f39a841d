"""The profile in words, as one line for the model, and where in the prompt it stands.

Best-of-n can only choose among what the model says; an instruction changes what it says. Small models follow such
a line poorly, and where it stands decides whether they follow it at all: with the embedded one (135 M parameters)
and scripts/measure_tools.py (two traits, four prompts, one answer each) a line at the end of the question moved
answers for opposite tastes 1.1 standard deviations apart, the same line in the system prompt 0.3, at the same
quality. After the question it is also what the cache bears best: when the profile changes in a conversation of
two turns of 80 words, 106 tokens are read again and not 358 (94 when nothing changes).
"""

from __future__ import annotations

from collections.abc import Container, Sequence

from localpersona.alignment.knowledge import Known, what_is_known
from localpersona.alignment.wording import pole
from localpersona.preferences import Weights
from localpersona.values import Turn

MOST = 5
"""Traits in one line: models follow the first few of many wishes."""
WEAKEST = 0.2
"""Effective weight below which a wish is not worth a place in the prompt."""


def wishes(weights: Weights, strength: float, tastes: Container[str]) -> tuple[Known, ...]:
    """Return what to ask of the model for this person, strongest first; () when nothing is known well enough.

    `strength` (0 … 1) scales the weights, so that a light touch mentions only the strongest. Only traits in
    `tastes` are mentioned: models do not get better by being told so.
    """
    found = [
        known
        for known in what_is_known(weights)
        if known.claimed and known.trait in tastes and abs(known.mean) * strength >= WEAKEST
    ]
    # By the lower end of the 1 sd interval: of two pulls of the same size, the more certain one goes first.
    return tuple(sorted(found, key=lambda known: abs(known.mean) - known.sd, reverse=True)[:MOST])


def instruction_line(weights: Weights, strength: float, tastes: Container[str]) -> str:
    """Return `wishes` in words; "" without any."""
    return in_words(wishes(weights, strength, tastes))


def in_words(found: Sequence[Known]) -> str:
    """Return wishes as one line; "" without any. The user's own in a prompt go first, and the line says so."""
    if not found:
        return ""
    words = "; ".join(pole(known.trait, known.mean).asked for known in found)
    return f"Unless asked otherwise, the answer should be: {words}."


def with_instruction(turns: Sequence[Turn], instruction: str, *, late: bool) -> tuple[Turn, ...]:
    """Return the conversation with the instruction at the end of its system turn, or (late) of its last question."""
    last = max((index for index, turn in enumerate(turns) if turn.role == "user"), default=-1)
    if not instruction or (late and last < 0):
        return tuple(turns)
    if late:
        asked = Turn("user", f"{turns[last].content}\n\n({instruction})")
        return (*turns[:last], asked, *turns[last + 1 :])
    if turns and turns[0].role == "system":
        return (Turn("system", f"{turns[0].content}\n\n{instruction}"), *turns[1:])
    return (Turn("system", instruction), *turns)
