"""What the app tells its screens. Past tense: these things have happened."""

from __future__ import annotations

from textual.message import Message

from localpersona.engine.protocol import ModelInfo


class ModelLoaded(Message):
    """The LLM is in memory."""

    def __init__(self, info: ModelInfo) -> None:
        super().__init__()
        self.info = info


class TurnFreed(Message):
    """Nobody is using the LLM any more."""


class ModelFailed(Message):
    """The LLM could not be loaded. `reason`: one or two plain lines with the remedy."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason
