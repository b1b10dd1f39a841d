"""The probe on disk, and for which model it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from localpersona import shipped
from localpersona.alignment.sense import Probe, Reading
from localpersona.engine import probe_file
from localpersona.engine.llama import LlamaModel
from localpersona.engine.perplexity import logits_before
from localpersona.engine.probe_file import probe_for, write_probe
from localpersona.engine.prompt import PromptBuilder
from localpersona.engine.protocol import ModelSpec
from localpersona.values import Turn

PROBE = Probe(np.arange(5, dtype=np.float32), np.ones(5, np.float32), -1.5)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the shipped probe would be."""
    monkeypatch.setattr(shipped, "sense", lambda: tmp_path / "sense.npz")
    monkeypatch.setattr(probe_file, "_read", probe_file._read.__wrapped__)
    return tmp_path / "sense.npz"


@pytest.fixture
def model(tmp_path: Path) -> str:
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF" + bytes(100))
    return str(path)


def test_a_probe_is_found_again_by_its_model_alone(place: Path, model: str, tmp_path: Path) -> None:
    write_probe(PROBE, place, model)
    found = probe_for(model, 5)
    assert found is not None and found.offset == -1.5
    assert np.array_equal(found.answer, PROBE.answer) and np.array_equal(found.asked, PROBE.asked)
    assert probe_for(model, 6) is None
    other = tmp_path / "other.gguf"
    other.write_bytes(b"GGUF" + bytes(99) + b"x")
    assert probe_for(str(other), 5) is None


@pytest.mark.parametrize("damage", ["missing", "truncated", "scrambled", "not a number", "shapes"])
def test_a_damaged_probe_is_none(place: Path, model: str, damage: str) -> None:
    bad = {
        "not a number": Probe(np.full(5, np.nan, np.float32), PROBE.asked, 0.0),
        "shapes": Probe(PROBE.answer, np.ones(4, np.float32), 0.0),
    }
    write_probe(bad.get(damage, PROBE), place, model)
    content = place.read_bytes()
    if damage == "missing":
        place.unlink()
    elif damage == "truncated":
        place.write_bytes(content[:200])
    elif damage == "scrambled":
        place.write_bytes(content[::-1])
    assert probe_for(model, 5) is None


QUESTION = "How do I boil an egg?"
GOOD = (
    "Put the egg in a pot of cold water. Bring the water to a boil, then let it cook for six to nine minutes. "
    "Take the egg out and put it in cold water, so that it stops cooking and is easier to peel."
)
NONSENSE = (
    "The egg is the most important part of the whole family and the water of the egg is a great way to be the egg. "
    "The egg is the most important part of the whole family and the water of the egg is a great way to be the egg."
)
EVASIVE = (
    "I am sorry, but as a language model I have no eggs and cannot help you with this. Ask your landlord."
)


def test_the_shipped_probe_reads_the_embedded_model(model_path: Path) -> None:
    model = LlamaModel(ModelSpec(str(model_path), context_length=512))
    try:
        probe = probe_for(str(model_path), model.vocabulary.size)
        assert probe is not None
        turns = [Turn("system", "You are a helpful assistant."), Turn("user", QUESTION)]
        asked = PromptBuilder(model.template, model.vocabulary, 512).build(turns, "", 128).tokens
        readings = []
        for text in (GOOD, NONSENSE, EVASIVE):
            reading = Reading(probe)
            said = model.vocabulary.tokenise_content(text)
            for rows in logits_before(model.decoder, model.vocabulary, asked, said):
                for row in rows.astype(np.float32):
                    reading.hear(row)
            assert reading.quality is not None
            readings.append(reading.quality)
        assert readings[0] > max(readings[1:]) and all(-3 < one < 1 for one in readings)
    finally:
        model.close()
