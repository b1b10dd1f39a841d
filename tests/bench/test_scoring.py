"""Texts that have honest scores keep them; the others are scored once for each reward model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from localpersona import paths
from localpersona.bench import scoring
from localpersona.bench.data import Dataset
from localpersona.bench.judgements import Collector, Judgements
from localpersona.bench.protocol import BenchError
from localpersona.bench.scoring import EMBEDDING, NAMES, dataset_of, key_of


class Model:
    """Scores a text by its length, and counts."""

    def __init__(self, version: str = "v1") -> None:
        self.version, self.scored, self.closed = version, 0, False

    def __call__(self) -> Model:
        return self

    def score(self, prompt: str, responses: list[str]) -> NDArray[np.float32]:
        self.scored += len(responses)
        return np.repeat([[len(text)] for text in responses], len(NAMES), axis=1).astype(np.float32)

    def embed(self, prompt: str, responses: list[str]) -> NDArray[np.float32]:
        return np.repeat([[len(prompt)] for _ in responses], EMBEDDING, axis=1).astype(np.float32)

    def close(self) -> None:
        self.closed = True


@pytest.fixture(autouse=True)
def nothing_shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("localpersona.shipped.reward_model", lambda: tmp_path)
    return tmp_path


@pytest.fixture
def judged() -> Judgements:
    collector = Collector()
    collector.add("ada", "one", "a", "bb", 1.0)
    collector.add("bob", "three", "ccc", "a", 0.0)
    return collector.judgements("test")


def quiet(what: str, done: int, total: int) -> None:
    assert 0 <= done <= total


def traits(data: Dataset) -> list[list[float]]:
    return [data.traits[data.first, 0].tolist(), data.traits[data.second, 0].tolist()]


def write_scores(path: Path, texts: list[tuple[str, str]], value: float) -> Path:
    np.savez(
        path,
        keys=np.array([key_of(prompt, text) for prompt, text in texts]),
        traits=np.full((len(texts), len(NAMES)), value, dtype=np.float16),
        embedding=np.full((len(texts), EMBEDDING), value, dtype=np.float16),
    )
    return path


def test_texts_are_scored_with_their_prompts(judged: Judgements) -> None:
    model = Model()
    data = dataset_of(judged, None, model, quiet)
    assert traits(data) == [[1.0, 3.0], [2.0, 1.0]]
    assert data.embedding[data.first, 5].tolist() == [3.0, 5.0]
    assert model.scored == 4 and model.closed
    assert data.traits.shape == (4, len(NAMES)) and data.embedding.shape == (4, EMBEDDING)


def test_equal_texts_under_different_prompts_are_known_to_be_equal(judged: Judgements) -> None:
    data = dataset_of(judged, None, Model(), quiet)
    assert data.texts is not None
    assert data.texts[data.first[0]] == data.texts[data.second[1]]
    assert len(set(data.texts)) == 3


def test_a_text_is_scored_once_for_each_version(judged: Judgements) -> None:
    dataset_of(judged, None, Model(), quiet)
    again, newer = Model(), Model("v2")
    assert traits(dataset_of(judged, None, again, quiet)) == [[1.0, 3.0], [2.0, 1.0]]
    dataset_of(judged, None, newer, quiet)
    assert (again.scored, newer.scored) == (0, 4)


def test_scores_of_models_that_never_saw_the_text_come_first(judged: Judgements, tmp_path: Path) -> None:
    some = write_scores(tmp_path / "mine.npz", [("one", "a"), ("three", "ccc")], 9.0)
    data = dataset_of(judged, some, Model(), quiet)
    assert traits(data) == [[9.0, 9.0], [2.0, 1.0]]
    assert data.embedding[data.first, 0].tolist() == [3.0, 5.0]  # of one kind: not the file's


def test_the_shipped_scores_are_used_by_themselves(judged: Judgements, nothing_shipped: Path) -> None:
    everything = [("one", "a"), ("one", "bb"), ("three", "ccc"), ("three", "a")]
    write_scores(nothing_shipped / "unseen.npz", everything, 4.0)

    def no_model() -> Model:
        raise AssertionError("the reward model was loaded although every text has scores")

    assert traits(dataset_of(judged, None, no_model, quiet)) == [[4.0, 4.0], [4.0, 4.0]]


def test_an_interrupted_run_has_kept_what_it_scored(
    judged: Judgements, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "CHUNK", 2)

    class Interrupted(Model):
        def score(self, prompt: str, responses: list[str]) -> NDArray[np.float32]:
            if self.scored >= 2:
                raise KeyboardInterrupt
            return super().score(prompt, responses)

    model, again = Interrupted(), Model()
    with pytest.raises(KeyboardInterrupt):
        dataset_of(judged, None, model, quiet)
    dataset_of(judged, None, again, quiet)
    assert model.closed and again.scored == 2


def test_a_damaged_cache_is_made_anew(judged: Judgements) -> None:
    paths.cache().mkdir(parents=True)
    (paths.cache() / "scores-v1.npz").write_bytes(b"PK\x03\x04 broken")
    model = Model()
    dataset_of(judged, None, model, quiet)
    assert model.scored == 4


def test_a_file_that_holds_no_scores_is_refused(judged: Judgements, tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="cannot be read"):
        dataset_of(judged, tmp_path / "nothing.npz", Model(), quiet)
    (tmp_path / "text.npz").write_text("no", encoding="utf-8")
    with pytest.raises(BenchError, match="holds no scores"):
        dataset_of(judged, tmp_path / "text.npz", Model(), quiet)
    np.savez(tmp_path / "small.npz", keys=np.array(["a"]), traits=np.ones((1, 3)), embedding=np.ones((1, 64)))
    with pytest.raises(BenchError, match="another kind"):
        dataset_of(judged, tmp_path / "small.npz", Model(), quiet)
