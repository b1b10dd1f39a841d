"""LocalPersona: a private assistant that learns, from a handful of choices, how you like to be answered.

The public API is loaded on first use (PEP 562), so that importing the package, `--version` and `--help` cost
nothing: no NumPy, no llama.cpp, no SQLite, no Textual.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # not from typing: nothing may be imported before `__main__` has seen to sys.path
if TYPE_CHECKING:
    from localpersona.assistant import Assistant
    from localpersona.preferences import Weights, next_question, question_gains
    from localpersona.rewards import RewardModel, question_bank

__version__ = "0.1.0"

__all__ = [
    "Assistant",
    "RewardModel",
    "Weights",
    "__version__",
    "next_question",
    "question_bank",
    "question_gains",
]

_HOME_OF = {
    "Assistant": "localpersona.assistant",
    "RewardModel": "localpersona.rewards",
    "Weights": "localpersona.preferences",
    "next_question": "localpersona.preferences",
    "question_bank": "localpersona.rewards",
    "question_gains": "localpersona.preferences",
}


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'localpersona' has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
