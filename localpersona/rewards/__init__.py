"""From text to traits: the shipped reward model, its exact surface features, the question bank.

Loaded on first use (PEP 562): the traits' names are needed by front ends that must load neither NumPy nor
llama.cpp.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from localpersona.rewards.traits import TRAITS, Trait

if TYPE_CHECKING:
    from localpersona.rewards.bank import Questions, question_bank
    from localpersona.rewards.errors import RewardModelError
    from localpersona.rewards.model import RewardModel

__all__ = ["TRAITS", "Questions", "RewardModel", "RewardModelError", "Trait", "question_bank"]

_HOME_OF = {
    "Questions": "localpersona.rewards.bank",
    "RewardModel": "localpersona.rewards.model",
    "RewardModelError": "localpersona.rewards.errors",
    "question_bank": "localpersona.rewards.bank",
}


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'localpersona.rewards' has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
