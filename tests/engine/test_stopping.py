"""Stopping at any moment, from any thread."""

from __future__ import annotations

import threading

from localpersona.engine.client import EngineClient
from localpersona.engine.protocol import Delta, Generated, Progress, PromptRead

from .conftest import Ask, answer


def test_an_answer_that_is_stopped_keeps_its_partial_text(engine: EngineClient, ask: Ask) -> None:
    text, last = "", None
    for event in engine.generate(ask(max_tokens=400)):
        if isinstance(event, Delta):
            text += event.text
            if len(text) > 20:
                engine.cancel()
        last = event
    assert isinstance(last, Generated)
    (candidate,) = last.candidates
    assert candidate.finish_reason == "cancelled" and candidate.text == text
    assert candidate.tokens < 400 and candidate.mean_log_probability < 0
    assert not engine.busy


def test_several_candidates_are_stopped_together(engine: EngineClient, ask: Ask) -> None:
    events = engine.generate(ask(candidates=4, max_tokens=400))
    *_, last = (engine.cancel() or event if isinstance(event, Delta) else event for event in events)
    assert isinstance(last, Generated)
    assert [candidate.finish_reason for candidate in last.candidates] == ["cancelled"] * 4
    assert all(candidate.text for candidate in last.candidates)


def test_a_long_prompt_is_stopped_while_it_is_read(engine: EngineClient, ask: Ask) -> None:
    threading.Timer(0.1, engine.cancel).start()
    events, last = answer(engine, ask("The quick brown fox jumps over the lazy dog. " * 180))
    assert not events  # not even PromptRead
    assert last.candidates[0].finish_reason == "cancelled" and last.statistics.prompt_tokens > 1800
    _, last = answer(engine, ask("The quick brown fox.", max_tokens=3))
    assert last.candidates[0].tokens == 3


def test_what_was_read_before_the_stop_is_not_read_wrongly_again(engine: EngineClient, ask: Ask) -> None:
    """The cache after an aborted batch must be that of a fresh engine."""
    request = ask("Name three colours. " * 60, temperature=0.0, max_tokens=12)
    expected = answer(engine, request)[1].candidates[0].text
    answer(engine, ask("Something else."))
    threading.Timer(0.15, engine.cancel).start()
    answer(engine, request)
    assert answer(engine, request)[1].candidates[0].text == expected


def test_closing_the_iterator_stops_and_frees_the_engine(engine: EngineClient, ask: Ask) -> None:
    events = engine.generate(ask(max_tokens=400))
    assert isinstance(next(events), PromptRead)
    events.close()  # type: ignore[attr-defined]
    assert not engine.busy
    assert answer(engine, ask(max_tokens=3))[1].candidates[0].tokens == 3


def test_cancel_without_a_request_does_nothing_to_the_next_one(engine: EngineClient, ask: Ask) -> None:
    engine.cancel()
    engine.cancel()
    assert answer(engine, ask(max_tokens=5))[1].candidates[0].finish_reason == "length"


def test_a_request_stopped_while_its_model_loads_is_cancelled(engine: EngineClient, ask: Ask) -> None:
    engine.unload()
    threading.Timer(0.02, engine.cancel).start()
    events, last = answer(engine, ask(candidates=2, max_tokens=200))
    assert [candidate.finish_reason for candidate in last.candidates] == ["cancelled"] * 2
    assert not any(isinstance(event, Progress) for event in events)
    assert answer(engine, ask(max_tokens=3))[1].candidates[0].tokens == 3
