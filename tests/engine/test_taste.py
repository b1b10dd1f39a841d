"""Candidates scored and chosen in the child, by the real reward model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from localpersona.engine.client import EngineClient
from localpersona.engine.protocol import (
    Delta,
    EngineError,
    GenerateRequest,
    ModelSpec,
    Progress,
    PromptRead,
    Taste,
)
from localpersona.rewards import RewardModel
from localpersona.values import Sampling, Turn

from .conftest import Ask, answer
from .tiny_gguf import CHATML, write_gguf

NOTHING_UNKNOWN = ((0.0,) * 12,) * 12


@pytest.fixture(scope="module")
def rewards() -> RewardModel:
    return RewardModel.load()


def taste(version: str, **weights: float) -> Taste:
    from localpersona.rewards import TRAITS

    return Taste(tuple(weights.get(trait.name, 0.0) for trait in TRAITS), NOTHING_UNKNOWN, version, 0.0)


def test_scores_are_the_reward_models(engine: EngineClient, rewards: RewardModel) -> None:
    texts = ["Sleep well!", "1. Go to bed early.\n2. Leave the phone outside.", ""]
    scores = engine.score("How do I sleep better?", texts)
    traits, spread = rewards.score_and_spread("How do I sleep better?", texts)
    assert np.allclose(scores.traits, traits, atol=1e-4) and np.allclose(scores.spread, spread, atol=1e-4)
    assert scores.version == rewards.version


def test_scoring_needs_no_llm(rewards: RewardModel) -> None:
    engine = EngineClient()
    try:
        assert len(engine.score("Hi", ["Hello."]).traits) == 1 and engine.info is None
    finally:
        engine.close()


def test_the_chosen_candidate_is_the_one_the_weights_prefer(
    engine: EngineClient, rewards: RewardModel, ask: Ask
) -> None:
    request = ask(candidates=4, max_tokens=30)
    chosen = {}
    for sign in (1.0, -1.0):
        events, last = answer(engine, replace(request, taste=taste(rewards.version, warmth=sign)))
        warmth = [candidate.traits[9] for candidate in last.candidates]
        assert warmth[last.chosen] == max(warmth, key=lambda value, sign=sign: sign * value)
        assert isinstance(events[0], PromptRead) and any(isinstance(event, Progress) for event in events)
        shown = "".join(event.text for event in events if isinstance(event, Delta))
        assert shown == last.candidates[last.chosen].text
        assert all(len(candidate.spread) == 12 for candidate in last.candidates)
        chosen[sign] = shown
    assert chosen[1.0] != chosen[-1.0]


def test_progress_counts_up_to_all_candidates(engine: EngineClient, rewards: RewardModel, ask: Ask) -> None:
    events, last = answer(engine, ask(candidates=3, max_tokens=60, taste=taste(rewards.version, length=1.0)))
    steps = [event for event in events if isinstance(event, Progress)]
    assert [step.tokens for step in steps] == sorted(step.tokens for step in steps)
    assert all(step.candidates == 3 and step.tokens <= last.statistics.generated_tokens for step in steps)


def test_a_single_candidate_is_streamed_and_then_scored(
    engine: EngineClient, rewards: RewardModel, ask: Ask
) -> None:
    events, last = answer(engine, ask(taste=taste(rewards.version, length=1.0), max_tokens=30))
    assert sum(isinstance(event, Delta) for event in events) > 3
    expected, _ = rewards.score_and_spread(ask().turns[-1].content, [last.candidates[0].text])
    assert np.allclose(last.candidates[0].traits, expected[0], atol=1e-4)


def test_the_cache_of_the_chosen_candidate_is_kept(
    engine: EngineClient, rewards: RewardModel, ask: Ask
) -> None:
    _, last = answer(
        engine, ask(candidates=4, taste=taste(rewards.version, length=1.0), max_tokens=16, seed=40)
    )
    chosen = last.candidates[last.chosen]
    turns = [*ask().turns, Turn("assistant", chosen.text), Turn("user", "Go on.")]
    _, following = answer(engine, GenerateRequest(turns, Sampling(max_tokens=2)))
    assert following.statistics.reused_tokens >= last.statistics.prompt_tokens + chosen.tokens - 3


def test_weights_of_another_reward_model_are_refused(engine: EngineClient, ask: Ask) -> None:
    with pytest.raises(EngineError, match="another version"):
        answer(engine, ask(candidates=2, taste=taste("another")))
    assert answer(engine, ask(max_tokens=2))[1].candidates[0].tokens == 2


def test_stopping_several_candidates_needs_no_scores(
    engine: EngineClient, rewards: RewardModel, ask: Ask
) -> None:
    events = []
    for event in engine.generate(ask(candidates=4, max_tokens=300, taste=taste(rewards.version, length=1.0))):
        if isinstance(event, Progress):
            engine.cancel()
        events.append(event)
    last = events[-1]
    assert last.chosen == 0 and {candidate.finish_reason for candidate in last.candidates} == {"cancelled"}
    assert all(candidate.text and not candidate.traits for candidate in last.candidates)


def test_reasoning_is_streamed_apart_and_not_part_of_the_text(engine: EngineClient, ask: Ask) -> None:
    events, last = answer(engine, ask(continuation="<think>\nThe user wants", max_tokens=8))
    assert last.candidates[0].reasoning and not last.candidates[0].text
    deltas = [event for event in events if isinstance(event, Delta)]
    assert deltas and all(delta.reasoning for delta in deltas)


def test_an_answer_that_is_nothing_but_reasoning_is_not_chosen_by_its_scores(
    engine: EngineClient, rewards: RewardModel, tmp_path: Path, ask: Ask
) -> None:
    path = write_gguf(
        tmp_path / "thinker.gguf", template=CHATML.replace("assistant\n", "assistant\n<think>\n")
    )
    engine.load(ModelSpec(str(path)))
    _, last = answer(
        engine, ask("hello", candidates=2, max_tokens=5, taste=taste(rewards.version, length=1.0))
    )
    assert last.chosen == 0 and all(
        candidate.reasoning and not candidate.text for candidate in last.candidates
    )


def test_several_candidates_are_read_by_the_models_probe(
    engine: EngineClient, rewards: RewardModel, ask: Ask
) -> None:
    """What it reads is the quality that is chosen by; a single answer is compared with nothing."""
    request = replace(ask(candidates=3, max_tokens=40), taste=taste(rewards.version, quality=1.0))
    _, last = answer(engine, request)
    readings = [candidate.reading for candidate in last.candidates]
    assert all(reading is not None and -3 < reading < 1 for reading in readings) and len(set(readings)) == 3
    best = max(range(3), key=lambda index: readings[index] or 0.0)
    assert last.chosen == best  # quality is all that counts here, and the reading is the quality
    _, alone = answer(engine, replace(request, candidates=1))
    assert alone.candidates[0].reading is None


def test_a_model_without_a_probe_has_no_readings(rewards: RewardModel, tmp_path: Path, ask: Ask) -> None:
    write_gguf(tmp_path / "tiny.gguf", template=CHATML)
    engine = EngineClient(ModelSpec(str(tmp_path / "tiny.gguf"), context_length=256))
    try:
        request = replace(ask(candidates=2, max_tokens=4), taste=taste(rewards.version, quality=1.0))
        *_, last = engine.generate(request)
        assert [candidate.reading for candidate in last.candidates] == [None, None]
    finally:
        engine.close()
