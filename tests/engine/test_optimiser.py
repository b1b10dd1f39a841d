"""Measuring and copying real models, in a child that may be stopped at any time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from localpersona.engine.client import EngineClient
from localpersona.engine.llama import LlamaModel
from localpersona.engine.optimiser import Optimiser
from localpersona.engine.perplexity import perplexity
from localpersona.engine.protocol import EngineCrashed, ModelError, ModelSpec
from localpersona.library import read_header

from .tiny_gguf import write_gguf

TEXT = "hello world, he is a bear and a bee, and so say all of us; how do you do?"


@pytest.fixture
def optimiser() -> Iterator[Optimiser]:
    jobs = Optimiser()
    yield jobs
    jobs.close()


def test_a_copy_is_made_with_progress_and_predicts_as_well(optimiser: Optimiser, tmp_path: Path) -> None:
    source, target = write_gguf(tmp_path / "tiny.gguf"), tmp_path / "copy.gguf"
    before, told = source.read_bytes(), list[float]()
    optimiser.quantise(source, target, "Q8_0", told.append)
    assert told == sorted(told) and told[-1] == 1.0 and source.read_bytes() == before
    assert read_header(target).quantisation == "Q8_0" and target.stat().st_size < len(before) / 2
    original, copy = (optimiser.measure(path, read_page=True) for path in (source, target))
    assert abs(copy.perplexity / original.perplexity - 1) < 0.02
    assert 0 < original.one <= original.eight and 0 < copy.one <= copy.eight


def test_perplexity_is_what_single_steps_say(tmp_path: Path) -> None:
    model = LlamaModel(ModelSpec(str(write_gguf(tmp_path / "tiny.gguf")), context_length=512))
    try:
        tokens = [model.vocabulary.bos, *model.vocabulary.tokenise_content(TEXT)]
        losses = []
        for token, following in pairwise(tokens):
            model.decoder.append({0: [token]})
            logits = model.decoder.logits(0).astype(float)
            losses.append(np.log(np.exp(logits - logits.max()).sum()) + logits.max() - logits[following])
        expected = float(np.exp(np.mean(losses[16:])))
        assert perplexity(model.decoder, model.vocabulary, TEXT) == pytest.approx(expected, rel=1e-3)
    finally:
        model.close()


def test_a_damaged_model_is_refused_in_plain_lines(optimiser: Optimiser, tmp_path: Path) -> None:
    path = tmp_path / "bad.gguf"
    path.write_text("<html>")
    for work in (
        lambda: optimiser.measure(path, read_page=True),
        lambda: optimiser.quantise(path, tmp_path / "copy.gguf", "Q8_0", lambda done: None),
    ):
        with pytest.raises(ModelError, match=r"bad\.gguf cannot be loaded: this is not a GGUF"):
            work()


def test_stopping_ends_the_job_at_once(model_path: Path, tmp_path: Path, engine: EngineClient) -> None:
    jobs = Optimiser()
    threading.Timer(0.3, jobs.close).start()
    with pytest.raises(EngineCrashed, match="was stopped"):
        jobs.quantise(model_path, tmp_path / "copy.gguf", "IQ4_NL", lambda done: None)
    assert engine.pid is not None  # the chat's own process knows nothing of it
    with pytest.raises(EngineCrashed):
        jobs.measure(model_path, read_page=False)
