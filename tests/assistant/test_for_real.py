"""The whole way with the embedded model and the shipped reward model; short, because it is real work."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator

import numpy as np
import pytest

import localpersona as lp
from localpersona.alignment.best_of_n import choose
from localpersona.assistant import Assistant
from localpersona.assistant.onboarding import FEWEST
from localpersona.engine.client import EngineClient
from localpersona.events import Delta, Failed
from localpersona.settings import Settings
from localpersona.store import Store
from localpersona.values import Comparison

SHORT = Settings(max_tokens=24, candidates=3)


@pytest.fixture(scope="module")
def engine() -> Iterator[EngineClient]:
    """One engine for all tests of this file; its log goes where the first test's home is."""
    engine = EngineClient()
    yield engine
    engine.close()


@pytest.fixture
def assistant(engine: EngineClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[Assistant]:
    monkeypatch.setattr(engine, "close", lambda: None)  # the next test uses it too
    with Assistant.open(engine=engine, store=Store.open(None), settings=SHORT) as assistant:
        yield assistant


def test_about_ten_answers_of_the_real_bank_teach_a_taste(assistant: Assistant) -> None:
    likes = {"length": -1.0, "formality": -1.0, "structure": 1.0}
    truth = np.array([likes.get(trait.name, 0.0) for trait in assistant.traits])
    while (question := assistant.next_question()) is not None:
        difference = np.subtract(question.traits_first, question.traits_second)
        assistant.compare(question, float(truth @ difference > 0))
    profile = assistant.profile()
    assert FEWEST <= profile.comparisons <= 10
    means = {view.trait.name: view.mean for view in profile.traits}
    assert means["length"] < 0 and means["formality"] < 0 and means["structure"] > 0
    assert profile.summary.startswith("You prefer ")


def test_candidates_are_scored_and_chosen_by_the_weights(assistant: Assistant) -> None:
    assistant.lock("length", -0.9)
    reply = assistant.reply("How do I sleep better?", seed=5)
    weights = lp.Weights.prior().locked(assistant.profile_row.locks)
    expected = choose(
        [candidate.traits for candidate in reply.candidates],
        [candidate.spread for candidate in reply.candidates],
        weights.mean,
        weights.covariance,
    )
    assert reply.chosen == expected.index
    assert reply.text == reply.candidates[reply.chosen].text != ""
    assert len({candidate.text for candidate in reply.candidates}) > 1
    assert reply.explanation.summary and len(reply.explanation.effects) == len(assistant.traits)
    assert reply.message_id is not None and assistant.comparable(reply.message_id) is not None


def test_plain_answers_are_repeatable_and_know_nothing_of_the_profile(assistant: Assistant) -> None:
    before = assistant.reply("Name a colour.", plain=True, seed=3)
    assistant.lock("enthusiasm", 0.9)
    assert assistant.reply("Name a colour.", plain=True, seed=3).text == before.text
    assistant.update_settings(strength="off")
    assert assistant.reply("Name a colour.", seed=3).text == before.text


def test_imported_comparisons_are_scored_by_the_reward_model(assistant: Assistant) -> None:
    short, long = "Dark room, no phone.", "Sleeping well depends on a great many factors. " * 8
    for number in range(4):
        comparison = Comparison(f"How do I sleep better? ({number})", short, long, 1.0, "import")
        assistant.store.add_comparison(assistant.profile_row.id, comparison)
    length = next(view for view in assistant.profile().traits if view.trait.name == "length")
    assert length.mean < length.prior_mean


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is how POSIX ends a process at once")
def test_a_killed_engine_keeps_the_partial_text_and_comes_back(assistant: Assistant) -> None:
    assert isinstance(assistant.engine, EngineClient)
    shown, failed = "", None
    for event in assistant.stream("Tell me a long story.", plain=True, seed=1):
        if isinstance(event, Delta):
            shown += event.text
            if assistant.engine.pid is not None:
                os.kill(assistant.engine.pid, signal.SIGKILL)
        if isinstance(event, Failed):
            failed = event
    assert failed is not None and failed.partial == shown != ""
    chat = assistant.store.chats()[0]
    assert chat.last_message_id is not None
    row = assistant.store.message(chat.last_message_id)
    assert (row.state, row.text) == ("failed", shown)
    assert assistant.reply("Name a colour.", plain=True, seed=3).text


def test_the_page_of_the_design_works_as_written(assistant: Assistant, engine: EngineClient) -> None:
    reply = assistant.reply("How do I sleep better?")
    assert reply.text and reply.candidates and reply.explanation.summary
