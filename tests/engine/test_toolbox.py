"""Contrast, steering and adapters in whole requests to the real model; off, it is the plain model bit for bit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from localpersona.alignment.contrast import ContrastDecoder
from localpersona.alignment.instructions import with_instruction
from localpersona.alignment.steering import Directions
from localpersona.engine.generation import Generation
from localpersona.engine.llama import LlamaModel
from localpersona.engine.protocol import (
    Adapter,
    Generated,
    GenerateRequest,
    ModelError,
    ModelSpec,
    Scores,
    SearchSpec,
    SteeringSpec,
    Taste,
)
from localpersona.engine.steering_file import write_directions
from localpersona.values import Sampling, Turn

LINE = "Answer in one short sentence."
PLAIN = GenerateRequest(
    (Turn("system", "You are a helpful assistant."), Turn("user", "Why do cats purr?")),
    Sampling(max_tokens=12, seed=5),
)
TASTE = Taste((1.0,), ((0.01,),), "test")


@pytest.fixture(scope="module")
def model(model_path: Path) -> Iterator[LlamaModel]:
    model = LlamaModel(ModelSpec(str(model_path), context_length=512))
    yield model
    model.close()


@pytest.fixture(scope="module")
def vectors(model: LlamaModel, tmp_path_factory: pytest.TempPathFactory) -> str:
    shape = (2, model.decoder.layers - 1, model.decoder.width)
    values = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    path = tmp_path_factory.mktemp("steering") / "vectors.npz"
    write_directions(Directions(("length", "humour"), values), path)
    return str(path)


def score(prompt: str, texts: Sequence[str], finished: bool) -> Scores:
    """The longer the better."""
    return Scores(tuple((float(len(text)),) for text in texts), tuple((0.0,) for _ in texts), "test")


def done(model: LlamaModel, request: GenerateRequest) -> Generated:
    *_, last = Generation(model, request, score, lambda: False).events()
    assert isinstance(last, Generated)
    return last


def texts(model: LlamaModel, request: GenerateRequest) -> list[str]:
    """Return what is said from an empty cache: what is left in it changes the batches, hence the rounding."""
    for sequence in (0, 1):
        model.decoder.drop(sequence)
    return [candidate.text for candidate in done(model, request).candidates]


def test_contrast_nought_is_plain_and_one_is_the_instructed_model(model: LlamaModel) -> None:
    prompts = [
        model.vocabulary.tokenise_content(text) for text in ("Why do cats purr?", f"{LINE} Why do cats purr?")
    ]
    rows = {}
    for gamma in (0.0, 1.0):
        kept = model.decoder.reuse_pair(prompts[0], prompts[1])
        model.decoder.append({half: prompt[kept[half] :] for half, prompt in enumerate(prompts)})
        pair = ContrastDecoder(model.decoder, gamma, (len(prompts[0]), len(prompts[1])))
        pair.append({0: [40, 41]})
        rows[gamma] = pair.logits(0).copy()
    for gamma, prompt in zip((0.0, 1.0), prompts, strict=True):
        model.decoder.influence(b"\0" * 4 * (model.decoder.layers - 1) * model.decoder.width)
        model.decoder.influence()  # forget the cache
        model.decoder.append({0: [*prompt, 40, 41]})
        assert model.decoder.logits(0) == pytest.approx(rows[gamma], abs=0.2)
        assert model.decoder.logits(0).argmax() == rows[gamma].argmax()


@pytest.mark.parametrize("late", [False, True])
def test_a_contrast_of_one_says_what_the_instructed_model_says(model: LlamaModel, late: bool) -> None:
    asked = replace(PLAIN, instruction=LINE, late=late)
    instructed = texts(model, asked)
    assert instructed == texts(model, replace(PLAIN, turns=with_instruction(PLAIN.turns, LINE, late=late)))
    assert texts(model, replace(asked, contrast=1.0))[0][:12] == instructed[0][:12]
    assert texts(model, PLAIN) != instructed


def test_contrast_goes_with_every_search(model: LlamaModel) -> None:
    base = replace(PLAIN, instruction=LINE, contrast=1.5, candidates=4, taste=TASTE)
    for search in (SearchSpec(), SearchSpec(pruned=True), SearchSpec("guided", block=4)):
        found = done(model, replace(base, search=search))
        assert found.candidates[found.chosen].text


def test_the_next_turn_after_a_contrast_reads_only_what_is_new(model: LlamaModel) -> None:
    asked = replace(PLAIN, instruction=LINE, late=False, contrast=1.5)
    first = done(model, asked)
    answer = first.candidates[0].text
    further = (*PLAIN.turns, Turn("assistant", answer), Turn("user", "And dogs?"))
    second = done(model, replace(asked, turns=further))
    assert second.statistics.reused_tokens >= first.statistics.prompt_tokens
    again = done(model, replace(asked, turns=further))
    assert again.candidates[0].text == second.candidates[0].text


def test_off_is_the_plain_model_after_anything(model: LlamaModel, vectors: str) -> None:
    plain = texts(model, PLAIN)
    changed = replace(PLAIN, steering=SteeringSpec(vectors, (0.5, 0.5)))
    assert texts(model, changed) != plain
    for off in (
        PLAIN,
        replace(PLAIN, steering=SteeringSpec(vectors, (0.0, 0.0))),
        replace(PLAIN, adapters=(Adapter("/nowhere.gguf", 0.0),)),
        replace(PLAIN, contrast=2.0),  # there is no instruction to contrast with
    ):
        assert texts(model, off) == plain


def test_a_missing_adapter_is_told_in_two_lines_and_the_next_request_works(model: LlamaModel) -> None:
    with pytest.raises(ModelError, match="no such file") as raised:
        done(model, replace(PLAIN, adapters=(Adapter("/nowhere.gguf"),)))
    assert len(str(raised.value).splitlines()) == 2
    assert texts(model, PLAIN)[0]


def test_vectors_for_other_traits_are_refused(model: LlamaModel, vectors: str) -> None:
    with pytest.raises(ModelError, match="another version"):
        done(model, replace(PLAIN, steering=SteeringSpec(vectors, (1.0,))))
