"""Files that are no model, or a hostile one: each gets two clear lines, and the engine goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from localpersona.engine.client import EngineClient
from localpersona.engine.protocol import ModelError, ModelSpec

from .conftest import Ask, answer
from .tiny_gguf import CONTROL, sentencepiece_tokens, write_gguf

BURNING = "{% for i in range(99999) %}{% for j in range(99999) %}{{ j }}{% endfor %}{% endfor %}"
TWICE = [("<unk>", 2), ("<s>", CONTROL), ("</s>", CONTROL), *[(f"t{i}", 1) for i in range(50)], ("t7", 1)]


def cut(path: Path, keep: Callable[[int], int]) -> None:
    data = write_gguf(path).read_bytes()
    path.write_bytes(data[: keep(len(data))])


def patch(path: Path, old: bytes, new: bytes) -> None:
    data = write_gguf(path).read_bytes()
    assert data.count(old) and len(old) == len(new)
    path.write_bytes(data.replace(old, new, 1))


BAD: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "a web page": lambda path: path.write_text("<!DOCTYPE html><html>404 Not Found</html>"),
    "only the magic": lambda path: path.write_bytes(b"GGUF"),
    "bad magic": lambda path: patch(path, b"GGUF", b"GGML"),
    "header cut": lambda path: cut(path, lambda size: 200),
    "weights cut": lambda path: cut(path, lambda size: size - 4000),
    "too many blocks (aborts)": lambda path: write_gguf(path, block_count=4000),
    "token twice (aborts)": lambda path: write_gguf(path, tokens=TWICE),
    "unknown architecture": lambda path: write_gguf(path, architecture="doesnotexist"),
    "no heads": lambda path: write_gguf(path, heads=0),
    "weights all zero": lambda path: write_gguf(path, weights=0.0),
    "weights not numbers": lambda path: write_gguf(path, weights=float("nan")),
    "string longer than the file": lambda path: patch(
        path, b"\x05\x00\x00\x00\x00\x00\x00\x00llama", b"\xff" * 8 + b"llama"
    ),
}


@pytest.mark.parametrize("damage", BAD)
def test_a_bad_file_gets_two_clear_lines_and_the_engine_goes_on(
    damage: str, engine: EngineClient, tmp_path: Path, ask: Ask
) -> None:
    path = tmp_path / "bad.gguf"
    BAD[damage](path)
    with pytest.raises(ModelError) as refusal:
        engine.load(ModelSpec(str(path)))
    lines = str(refusal.value).splitlines()
    assert len(lines) == 2 and "bad.gguf" in lines[0] and "Traceback" not in lines[0]
    assert answer(engine, ask(max_tokens=3))[1].candidates[0].tokens == 3  # by the former model


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


@pytest.mark.parametrize(
    "template",
    [
        "{% if",
        "{{ raise_exception('no') }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ 'a' * 1000000000 }}",
        "{{ 7 ** (10 ** 8) }}",
        "nothing",
        BURNING,
    ],
)
def test_a_bad_template_falls_back_to_chatml_and_says_so(
    template: str, engine: EngineClient, tmp_path: Path, ask: Ask
) -> None:
    info = engine.load(ModelSpec(str(write_gguf(tmp_path / "model.gguf", template=template))))
    assert info.template.startswith("ChatML, because the model's own chat template does not work")
    assert answer(engine, ask("hello", max_tokens=3))[1].candidates


def test_a_model_without_a_template_says_so(engine: EngineClient, tmp_path: Path) -> None:
    info = engine.load(ModelSpec(str(write_gguf(tmp_path / "model.gguf", template=None))))
    assert info.template == "ChatML, because the model has no chat template"


def test_loading_that_hangs_is_ended(spec: ModelSpec, tmp_path: Path) -> None:
    engine = EngineClient(load_seconds=0.0)  # not even Python starts in no time
    path = write_gguf(tmp_path / "slow.gguf", tokens=sentencepiece_tokens())
    try:
        with pytest.raises(ModelError, match="took too long"):
            engine.load(ModelSpec(str(path)))
        assert engine.pid is None
    finally:
        engine.close()
