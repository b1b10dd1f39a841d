"""Files that are no model, or a hostile one: each gets two clear lines, and the engine goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from localpersona.engine.client import EngineClient
from localpersona.engine.protocol import ModelError, ModelSpec

from .conftest import Ask, answer
from .hostile_gguf import BAD, ODD, TEMPLATES
from .tiny_gguf import CHATML, sentencepiece_tokens, write_gguf


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> ModelSpec:
    return ModelSpec(str(write_gguf(tmp_path_factory.mktemp("good") / "good.gguf")))


@pytest.mark.parametrize("damage", BAD)
def test_a_bad_file_gets_two_clear_lines_and_a_good_one_works_afterwards(
    damage: str, shared_engine: EngineClient, good: ModelSpec, tmp_path: Path, ask: Ask
) -> None:
    path = tmp_path / "bad.gguf"
    BAD[damage](path)
    with pytest.raises(ModelError) as refusal:
        shared_engine.load(ModelSpec(str(path), context_length=256))
    lines = str(refusal.value).splitlines()
    assert len(lines) == 2 and lines[0].startswith("bad.gguf ") and "Traceback" not in lines[0]
    assert len(lines[0]) < 250 and lines[0].endswith(".")
    shared_engine.load(good)
    assert answer(shared_engine, ask("hello", max_tokens=3))[1].candidates


@pytest.mark.parametrize("oddity", ODD)
def test_a_strange_file_answers_or_is_refused(
    oddity: str, shared_engine: EngineClient, tmp_path: Path, ask: Ask
) -> None:
    path = tmp_path / "odd.gguf"
    ODD[oddity](path)
    info = shared_engine.load(ModelSpec(str(path), context_length=256))
    assert "\n" not in info.name and "\x1b" not in info.name
    assert answer(shared_engine, ask("hello", max_tokens=3))[1].candidates


def test_the_former_model_is_there_again_after_a_bad_one(
    engine: EngineClient, tmp_path: Path, ask: Ask
) -> None:
    path = tmp_path / "bad.gguf"
    path.write_text("<html>")
    with pytest.raises(ModelError, match="not a GGUF"):
        engine.load(ModelSpec(str(path)))
    assert answer(engine, ask(max_tokens=3))[1].candidates[0].tokens == 3


def test_a_good_tiny_file_loads(engine: EngineClient, tmp_path: Path, ask: Ask) -> None:
    info = engine.load(ModelSpec(str(write_gguf(tmp_path / "tiny-3B.Q4_K_M.gguf"))))
    assert info.name == "tiny-3B" and info.architecture == "llama" and info.layers == 1
    assert info.context_length == info.trained_context_length == 512
    assert answer(engine, ask(max_tokens=3))[1].candidates[0].tokens <= 3


def test_an_absurd_trained_context_costs_nothing(engine: EngineClient, tmp_path: Path, ask: Ask) -> None:
    path = write_gguf(tmp_path / "model.gguf", context_length=2**31 - 1)
    assert engine.load(ModelSpec(str(path), context_length=256)).context_length == 256
    assert answer(engine, ask("hello", max_tokens=3))[1].candidates


def test_a_context_that_fits_no_memory_is_refused(engine: EngineClient, tmp_path: Path, ask: Ask) -> None:
    path = write_gguf(tmp_path / "model.gguf", context_length=2**31 - 1)
    with pytest.raises(ModelError, match=r"model\.gguf"):
        engine.load(ModelSpec(str(path), context_length=2**31 - 1))
    assert answer(engine, ask(max_tokens=3))[1].candidates[0].tokens == 3


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_bad_template_falls_back_to_chatml_and_says_so(
    template: str, shared_engine: EngineClient, tmp_path: Path, ask: Ask
) -> None:
    info = shared_engine.load(
        ModelSpec(str(write_gguf(tmp_path / "model.gguf", template=TEMPLATES[template])))
    )
    assert info.template.startswith("ChatML, because the model's own chat template does not work")
    assert answer(shared_engine, ask("hello", max_tokens=3))[1].candidates


def test_a_model_without_a_template_says_so(engine: EngineClient, tmp_path: Path) -> None:
    info = engine.load(ModelSpec(str(write_gguf(tmp_path / "model.gguf", template=None))))
    assert info.template == "ChatML, because the model has no chat template"


def test_of_several_templates_the_one_for_plain_chats_is_used_and_named(
    shared_engine: EngineClient, tmp_path: Path
) -> None:
    path = tmp_path / "model.gguf"
    named = {"tokenizer.chat_template.tool_use": "{% if", "tokenizer.chat_template.chat": CHATML}
    told = shared_engine.load(ModelSpec(str(write_gguf(path, extra=named)))).template
    assert told == "chat template of the model (the default one of 3)"
    told = shared_engine.load(ModelSpec(str(write_gguf(path, template=None, extra=named)), 256)).template
    assert told == "chat template of the model ('chat')"


def test_loading_that_hangs_is_ended(spec: ModelSpec, tmp_path: Path) -> None:
    engine = EngineClient(load_seconds=0.0)  # not even Python starts in no time
    path = write_gguf(tmp_path / "slow.gguf", tokens=sentencepiece_tokens())
    try:
        with pytest.raises(ModelError, match="took too long"):
            engine.load(ModelSpec(str(path)))
        assert engine.pid is None
    finally:
        engine.close()
