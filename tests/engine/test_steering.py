"""Making steering vectors for a real model, and the file that they are kept in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from localpersona.alignment.steering import Directions
from localpersona.engine.hidden_states import HiddenStates
from localpersona.engine.llama import LlamaModel
from localpersona.engine.protocol import EngineError, ModelError, ModelSpec
from localpersona.engine.steering_file import place, read_directions, write_directions
from localpersona.engine.steering_maker import QUESTIONS, make_directions

from .tiny_gguf import write_gguf


@pytest.fixture(scope="module")
def model(model_path: Path) -> Iterator[LlamaModel]:
    model = LlamaModel(ModelSpec(str(model_path), context_length=256))
    yield model
    model.close()


@pytest.fixture
def made() -> Directions:
    values = np.random.default_rng(0).normal(size=(2, 3, 8)).astype(np.float16).astype(np.float32)
    return Directions(("length", "humour"), values)


def test_states_are_those_of_the_text_read_last(model: LlamaModel) -> None:
    reader = HiddenStates(model.decoder.model, threads=1, stopped=lambda: False)
    tokens = model.vocabulary.tokenise_content("Why is the sky blue?")
    first = reader.after(tokens)
    assert first.shape == (model.decoder.layers - 1, model.decoder.width) and np.isfinite(first).all()
    assert not np.allclose(reader.after(tokens[:-1]), first)
    assert np.array_equal(reader.after(tokens), first)
    whole = reader.after(tokens, 0)
    assert not np.allclose(whole, first)
    reader.close()


def test_the_vectors_of_a_real_model_point_apart_and_tell_how_far_they_are(model: LlamaModel) -> None:
    shares: list[float] = []
    found = make_directions(
        model, ("formality", "quality", "length"), ("length",), shares.append, questions=QUESTIONS[:2]
    )
    assert shares[-1] == 1.0 and len(shares) == 4 and shares == sorted(shares)
    assert not found.vectors[:2].any()
    middle = found.vectors[2, model.decoder.layers // 2]
    assert np.linalg.norm(middle) > 1.0 and np.isfinite(found.vectors).all()
    assert not found.vectors[2, -1].any() and not found.vectors[2, 0].any()


def test_making_them_can_be_stopped(model: LlamaModel) -> None:
    shares: list[float] = []
    with pytest.raises(EngineError, match="stopped"):
        make_directions(model, ("length",), ("length",), shares.append, lambda: len(shares) >= 2)
    assert len(shares) == 2


def test_they_are_read_as_they_were_written(made: Directions, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "vectors.npz"
    write_directions(made, path)
    found = read_directions(path, 4, 8)
    assert found.names == made.names and np.array_equal(found.vectors, made.vectors)
    assert path.stat().st_mode & 0o077 == 0 and list(path.parent.iterdir()) == [path]
    with pytest.raises(ModelError, match="another model"):
        read_directions(path, 5, 8)


def test_nothing_but_numbers_is_read(made: Directions, tmp_path: Path) -> None:
    hostile: dict[str, dict[str, object]] = {
        "pickle": {"format": 1, "names": np.array([{}, {}], object), "vectors": made.vectors},
        "shape": {"format": 1, "names": np.array(["length"]), "vectors": made.vectors.astype(np.float16)},
        "nan": {
            "format": 1, "names": np.array(made.names),
            "vectors": np.full_like(made.vectors, np.nan, dtype=np.float16),
        },
        "old": {"format": 0, "names": np.array(made.names), "vectors": made.vectors.astype(np.float16)},
        "empty": {},
    }  # fmt: skip
    for name, arrays in hostile.items():
        np.savez(tmp_path / f"{name}.npz", **arrays)  # type: ignore[arg-type]
    (tmp_path / "text.npz").write_text("no archive")
    for name in (*hostile, "text"):
        with pytest.raises(ModelError, match="cannot be read") as raised:
            read_directions(tmp_path / f"{name}.npz", 4, 8)
        assert len(str(raised.value).splitlines()) == 2
    with pytest.raises(ModelError, match="no steering vectors yet"):
        read_directions(tmp_path / "missing.npz", 4, 8)


def test_every_model_has_its_own_place_wherever_it_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCALPERSONA_HOME", str(tmp_path / "home"))
    one, other = write_gguf(tmp_path / "one.gguf"), write_gguf(tmp_path / "other.gguf", context_length=1024)
    copy = tmp_path / "copy.gguf"
    copy.write_bytes(one.read_bytes())
    assert place(str(one)) == place(str(copy)) != place(str(other))
    assert place(str(one)).is_relative_to(tmp_path / "home")
