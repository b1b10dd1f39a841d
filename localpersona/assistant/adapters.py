"""The setting `adapters`: LoRA files with a scale each, or with a trait whose weight is the scale.

    ~/lora/pirate.gguf = 0.5; ~/lora/formal.gguf = formality; ~/lora/chatty.gguf = -formality

By traits, adapters are merged by this user's weights after the fact, as Personalized Soups (arXiv 2310.11564)
merge whole policies by declared preferences.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from localpersona.engine.protocol import Adapter
from localpersona.paths import expanded
from localpersona.rewards.traits import TASTES
from localpersona.text import one_line

_MOST = 1.0
"""An adapter was trained for scale 1: a strong taste asks for all of it, never for more."""


def mixture(text: str, weights: Mapping[str, float]) -> tuple[Adapter, ...]:
    """Return the adapters of the setting, for effective weights by trait; a trait that is missing has none.

    Raises ValueError, one line, for what cannot be understood.
    """
    return tuple(_adapter(entry.strip(), weights) for entry in text.split(";") if entry.strip())


def _adapter(entry: str, weights: Mapping[str, float]) -> Adapter:
    file, _, scale = (part.strip() for part in entry.rpartition("="))
    if not file:
        file, scale = entry, "1"
    return Adapter(str(expanded(file).absolute()), _scale(scale, weights))


def _scale(text: str, weights: Mapping[str, float]) -> float:
    trait = text.removeprefix("-").strip()
    if trait in TASTES:
        pull = weights.get(trait, 0.0) * (-1.0 if text.startswith("-") else 1.0)
        return min(max(pull, 0.0), _MOST)
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(
            f"adapters: {one_line(text, 40)!r} is neither a number nor one of the traits {', '.join(sorted(TASTES))}"
        )
    return number
