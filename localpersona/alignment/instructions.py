"""The profile in words, as one line for the system prompt.

Best-of-n can only choose among what the model says; an instruction changes what it says. Small models follow such
a line poorly. With the embedded one (135 M parameters) and `scripts/demo_two_users.py` (20 prompts, 8 candidates)
it moved two users with opposite tastes apart by 0.93 ± 0.13 instead of 0.72 ± 0.14 standard deviations in
formality, 0.54 ± 0.23 instead of 0.38 ± 0.14 in length and 0.95 ± 0.26 instead of 1.05 ± 0.28 in structure, at the
same quality: little, but in favour, so it is on by default.
"""

from __future__ import annotations

from collections.abc import Container

from localpersona.alignment.knowledge import what_is_known
from localpersona.alignment.wording import pole
from localpersona.preferences import Weights

MOST = 5
"""Traits in one line: models follow the first few of many wishes."""
WEAKEST = 0.2
"""Effective weight below which a wish is not worth a place in the prompt."""


def instruction_line(weights: Weights, strength: float, tastes: Container[str]) -> str:
    """Return what to ask of the model for this person, strongest first; "" when nothing is known well enough.

    `strength` (0 … 1) scales the weights, so that a light touch mentions only the strongest. Only traits in
    `tastes` are mentioned: models do not get better by being told so. The user's own wishes in a prompt go
    first, and the line says so.
    """
    wishes = [
        known
        for known in what_is_known(weights)
        if known.claimed and known.trait in tastes and abs(known.mean) * strength >= WEAKEST
    ]
    # By the lower end of the 1 sd interval: of two pulls of the same size, the more certain one goes first.
    wishes.sort(key=lambda known: abs(known.mean) - known.sd, reverse=True)
    if not wishes:
        return ""
    words = "; ".join(pole(known.trait, known.mean).asked for known in wishes[:MOST])
    return f"Unless asked otherwise, answer the way this person likes: {words}."
