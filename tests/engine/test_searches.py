"""Every search over llama.cpp: the cache holds what it should, and the answer is what was streamed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest

from localpersona.alignment.best_of_n import BestOfN
from localpersona.alignment.decode import Draft
from localpersona.alignment.guided import Guided
from localpersona.alignment.pruning import PrunedBestOfN, halving
from localpersona.alignment.sampling import Sampler
from localpersona.alignment.search import Search, Values
from localpersona.engine.client import EngineClient
from localpersona.engine.llama import LlamaModel
from localpersona.engine.protocol import Delta, GenerateRequest, ModelSpec, SearchSpec
from localpersona.preferences import Weights
from localpersona.values import Sampling, Turn

from .conftest import Ask, answer
from .test_llama_decoder import fresh, same
from .test_taste import taste
from .tiny_gguf import write_gguf

PROMPT = [5, 6, 7, 8]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaModel]:
    path = write_gguf(tmp_path_factory.mktemp("model") / "tiny.gguf", context_length=4096)
    model = LlamaModel(ModelSpec(str(path), context_length=2048))
    yield model
    model.close()


def judge(drafts: Sequence[Draft]) -> Values:
    """Something that has nothing to do with the order of drafts."""
    texts = [draft.text.text for draft in drafts]
    return np.array([sum(map(ord, text)) % 97 if text else -np.inf for text in texts], dtype=np.float64)


@pytest.mark.parametrize(
    "search",
    [
        BestOfN(judge, 5),
        PrunedBestOfN(judge, 5, halving(5, 4)),
        PrunedBestOfN(judge, 5, halving(5, 4, last=1)),
        Guided(judge, 5, 4),
        Guided(judge, 5, 4, beside=True),
    ],
)
def test_the_answers_cache_is_as_if_nothing_else_had_been_decoded(model: LlamaModel, search: Search) -> None:
    decoder, dice = model.decoder, Sampling(temperature=1.5, top_p=1.0, min_p=0.0)
    for seed in (0, 100):
        for sequence in range(8):
            decoder.drop(sequence)
        decoder.append({0: PROMPT})
        drafts = [Draft(index, Sampler(dice, seed + index)) for index in range(5)]
        *_, last = search.run(decoder, drafts, 30, lambda: False)
        leader = drafts[last.leader]
        decoder.keep(leader.sequence)
        whole = [*PROMPT, *leader.tokens]
        assert decoder.reuse([*whole, 9]) >= len(whole) - 1
        decoder.append({0: [*whole, 9][len(decoder.tokens(0)) :]})
        assert same(decoder.logits(0).copy(), fresh(decoder, [*whole, 9]))


@pytest.mark.parametrize(
    "search",
    [
        SearchSpec(pruned=True, block=6),
        SearchSpec("guided", block=8),
        SearchSpec("guided", block=8, beside=True, width=3),
    ],
)
def test_the_real_model_is_searched_streamed_and_its_answer_kept(
    engine: EngineClient, ask: Ask, search: SearchSpec
) -> None:
    wanted = taste(Weights.prior().version, warmth=1.0, quality=1.0)
    request = replace(ask(candidates=5, max_tokens=20, seed=3), taste=wanted, search=search)
    events, last = answer(engine, request)
    chosen = last.candidates[last.chosen]
    assert "".join(event.text for event in events if isinstance(event, Delta)) == chosen.text
    assert chosen.finish_reason in ("stop", "length") and len(chosen.traits) == 12
    assert {candidate.finish_reason for candidate in last.candidates} <= {"stop", "length", "pruned"}
    assert all(len(candidate.traits) == 12 for candidate in last.candidates if candidate.text.strip())
    assert last.statistics.generated_tokens >= sum(candidate.tokens for candidate in last.candidates) // 2
    if search.beside:
        alone = answer(engine, ask(max_tokens=6, seed=3))[1].candidates[0].text
        assert last.candidates[0].text.startswith(alone.rstrip("\ufffd"))
        answer(engine, request)  # the cache now holds the searched answer again
    turns = [*request.turns, Turn("assistant", chosen.text), Turn("user", "Go on.")]
    following = answer(engine, GenerateRequest(turns, Sampling(max_tokens=2)))[1].statistics
    assert following.reused_tokens >= last.statistics.prompt_tokens + chosen.tokens - 3


def test_off_is_the_plain_model_whatever_search_was_asked_for(engine: EngineClient, ask: Ask) -> None:
    plain = answer(engine, ask(seed=9))[1].candidates
    for search in (SearchSpec("guided", beside=True), SearchSpec(pruned=True)):
        assert answer(engine, replace(ask(seed=9), search=search))[1].candidates == plain
