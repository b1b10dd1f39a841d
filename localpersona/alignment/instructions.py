"""The profile in words, as one line for the system prompt.

Best-of-n can only choose among what the model says; an instruction changes what it says. Small models follow
such a line poorly, large ones well, hence the setting.
"""

from __future__ import annotations

from collections.abc import Set

from localpersona.alignment.knowledge import what_is_known
from localpersona.alignment.wording import pole
from localpersona.preferences import Weights

MOST = 5
"""Traits in one line: models follow the first few of many wishes."""
WEAKEST = 0.2
"""Effective weight below which a wish is not worth a place in the prompt."""
NOT_TASTES = frozenset({"quality"})


def instruction_line(weights: Weights, strength: float, not_tastes: Set[str] = NOT_TASTES) -> str:
    """Return what to ask of the model for this person, strongest first; "" when nothing is known well enough.

    `strength` (0 … 1) scales the weights, so that a light touch mentions only the strongest tastes. The
    user's own wishes in a prompt go first, and the line says so.
    """
    wishes = [
        known
        for known in what_is_known(weights)
        if known.claimed and known.trait not in not_tastes and abs(known.mean) * strength >= WEAKEST
    ]
    # A pull that is certain beats one of the same size that is not: the lower end of the 1 sd interval orders
    # them.
    wishes.sort(key=lambda known: abs(known.mean) - known.sd, reverse=True)
    if not wishes:
        return ""
    words = "; ".join(pole(known.trait, known.mean).asked for known in wishes[:MOST])
    return f"Unless asked otherwise, answer the way this person likes: {words}."
