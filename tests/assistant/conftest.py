"""An assistant whose engine is scripted and whose store is in memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from scripted_engine import ScriptedEngine

from localpersona.assistant import Assistant
from localpersona.settings import Settings
from localpersona.store import Store

from .helpers import FOUR, Opener


@pytest.fixture
def open_assistant() -> Iterator[Opener]:
    """Return a function that opens an assistant and closes it after the test."""
    opened: list[Assistant] = []

    def open_one(
        engine: ScriptedEngine | None = None, store: Store | None = None, **settings: object
    ) -> Assistant:
        chosen = Settings(**settings)  # type: ignore[arg-type]
        assistant = Assistant.open(
            engine=engine or ScriptedEngine(FOUR), store=store or Store.open(None), settings=chosen
        )
        opened.append(assistant)
        return assistant

    yield open_one
    for assistant in opened:
        assistant.close()


@pytest.fixture
def assistant(open_assistant: Opener) -> Assistant:
    return open_assistant()
