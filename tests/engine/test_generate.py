"""Answers of the embedded model through the child process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from localpersona.engine.client import EngineClient
from localpersona.engine.protocol import (
    Delta,
    EngineBusy,
    EngineEvent,
    GenerateRequest,
    ModelSpec,
    PromptRead,
    PromptTooLong,
)
from localpersona.values import Sampling, Turn

from .conftest import Ask, answer


def said(events: Sequence[EngineEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, Delta))


def test_one_answer_is_streamed_and_what_was_streamed_is_the_answer(engine: EngineClient, ask: Ask) -> None:
    events, last = answer(engine, ask(max_tokens=40))
    (candidate,) = last.candidates
    assert isinstance(events[0], PromptRead) and all(isinstance(event, Delta) for event in events[1:])
    assert said(events) == candidate.text and len(candidate.text) > 40
    assert candidate.tokens == 40 and candidate.finish_reason == "length"
    assert -5 < candidate.mean_log_probability < 0
    assert last.statistics.generated_tokens == 40 and last.statistics.tokens_per_second > 0
    assert last.statistics.context_used == last.statistics.prompt_tokens + 40
    assert last.statistics.context_length == engine.info.context_length == 2048  # type: ignore[union-attr]


def test_eight_candidates_are_different_and_in_seed_order(engine: EngineClient, ask: Ask) -> None:
    events, last = answer(engine, ask(candidates=8, seed=100))
    assert [candidate.seed for candidate in last.candidates] == list(range(100, 108))
    assert len({candidate.text for candidate in last.candidates}) == 8
    assert said(events) == last.candidates[0].text and last.chosen == 0
    assert last.statistics.generated_tokens == sum(candidate.tokens for candidate in last.candidates)


def test_the_same_seed_gives_the_same_answer_and_another_seed_another(engine: EngineClient, ask: Ask) -> None:
    first, again, other = (answer(engine, ask(seed=seed))[1].candidates[0].text for seed in (1, 1, 2))
    assert first == again != other


def test_candidate_i_is_the_plain_answer_of_seed_plus_i(engine: EngineClient, ask: Ask) -> None:
    """Rounding differs between batch sizes, so a long text may part ways; the beginnings must not."""
    together = answer(engine, ask(candidates=3, seed=5, max_tokens=6))[1].candidates
    alone = [answer(engine, ask(seed=seed, max_tokens=6))[1].candidates[0] for seed in (5, 6, 7)]
    assert [candidate.text for candidate in together] == [candidate.text for candidate in alone]


def test_greedy_answers_end_where_the_model_ends_them(engine: EngineClient, ask: Ask) -> None:
    _, last = answer(engine, ask("What is the capital of France?", temperature=0.0, max_tokens=60))
    assert last.candidates[0].finish_reason == "stop"
    assert "Paris" in last.candidates[0].text and "<|" not in last.candidates[0].text


def test_the_next_turn_processes_only_what_is_new(engine: EngineClient, spec: ModelSpec) -> None:
    system, question = Turn("system", "You are a helpful assistant. " * 10), Turn("user", "Name a fruit.")
    sampling = Sampling(max_tokens=12, temperature=0.0)
    _, first = answer(engine, GenerateRequest([system, question], sampling))
    turns = [system, question, Turn("assistant", first.candidates[0].text), Turn("user", "Another one.")]
    _, second = answer(engine, GenerateRequest(turns, sampling))
    assert second.statistics.reused_tokens >= first.statistics.prompt_tokens + first.candidates[0].tokens - 2
    fresh = EngineClient(spec)
    try:
        assert (
            answer(fresh, GenerateRequest(turns, sampling))[1].candidates[0].text == second.candidates[0].text
        )
    finally:
        fresh.close()


def test_the_oldest_turns_go_when_the_conversation_is_too_long(engine: EngineClient, spec: ModelSpec) -> None:
    engine.load(replace(spec, context_length=256))
    long = "A story about a mill and a cat that never slept. " * 12
    turns = [Turn("system", "Be brief."), Turn("user", long), Turn("assistant", long), Turn("user", "Go on.")]
    events, last = answer(engine, GenerateRequest(turns, Sampling(max_tokens=4)))
    assert isinstance(events[0], PromptRead)
    assert events[0].dropped_turns == last.statistics.dropped_turns == 2
    assert last.statistics.context_used < 50


def test_a_question_longer_than_the_context_is_refused_with_numbers(engine: EngineClient, ask: Ask) -> None:
    with pytest.raises(PromptTooLong, match=r"(?s)takes \d{4,} of the 2048 tokens.*\n"):
        answer(engine, ask("word " * 3000))
    assert answer(engine, ask())[1].candidates[0].text  # and the engine goes on


def test_the_answer_gets_what_room_is_left(engine: EngineClient, spec: ModelSpec, ask: Ask) -> None:
    engine.load(replace(spec, context_length=256))
    endless = {"continuation": "word " * 30, "temperature": 0.0, "repetition_penalty": 1.0}
    request = ask("word " * 120, **endless, max_tokens=4000)
    _, last = answer(engine, request)
    assert last.candidates[0].finish_reason == "length"
    assert last.statistics.context_used == last.statistics.context_length == 256


def test_a_continued_answer_goes_on_in_the_middle_of_a_sentence(engine: EngineClient, ask: Ask) -> None:
    begun = "The capital of France is"
    events, last = answer(
        engine, ask("What is the capital of France?", continuation=begun, temperature=0.0, max_tokens=10)
    )
    assert last.candidates[0].text.startswith(" Paris") and said(events) == last.candidates[0].text


def test_characters_of_several_tokens_arrive_whole(engine: EngineClient, ask: Ask) -> None:
    request = ask(
        "Repeat exactly: 😀🎉🚀 日本語 ñandú", continuation="Sure: 😀🎉", temperature=0.0, max_tokens=30
    )
    events, last = answer(engine, request)
    assert all("\ufffd" not in event.text for event in events[:-1] if isinstance(event, Delta))
    assert any(ord(character) > 0x7F for character in last.candidates[0].text)


def test_text_that_is_no_valid_unicode_is_not_the_end_of_the_engine(engine: EngineClient, ask: Ask) -> None:
    assert (
        answer(engine, ask("a lone \ud800 surrogate, a \x00 and \x1b[31m", max_tokens=4))[1]
        .candidates[0]
        .tokens
        == 4
    )


def test_a_second_request_is_refused_while_one_runs(engine: EngineClient, ask: Ask) -> None:
    running = engine.generate(ask(max_tokens=200))
    next(running)
    assert engine.busy
    with pytest.raises(EngineBusy):
        next(engine.generate(ask()))
    with pytest.raises(EngineBusy):
        engine.count_tokens("text")
    running.close()  # type: ignore[attr-defined]
    assert not engine.busy


def test_tokens_are_counted_by_the_models_vocabulary(engine: EngineClient) -> None:
    assert engine.count_tokens("") == 0
    assert engine.count_tokens("hello world") == 2
    assert engine.count_tokens("<|im_end|>") > 1


def test_an_answer_is_as_likely_afterwards_as_when_it_was_drawn(engine: EngineClient, ask: Ask) -> None:
    request = ask("Why is the sky blue?", max_tokens=24, temperature=0.0, repetition_penalty=1.0)
    said = answer(engine, request)[1].candidates[0]
    nonsense = " ".join(reversed(said.text.split()))
    likely, unlikely, nothing = engine.likelihood("Why is the sky blue?", [said.text, nonsense, ""])
    assert likely == pytest.approx(said.mean_log_probability, abs=0.02)
    assert unlikely < likely - 1.0 and nothing == 0.0
