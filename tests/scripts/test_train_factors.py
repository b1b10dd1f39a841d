"""A maintainer's own comparisons become factors: read once, in chunks, tried on strangers, written."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import train_factors
from training.factors_features import FEATURES, SpoolChunks, features_of, sample, scale_of
from training.factors_spool import Comparison, from_jsonl, write_spool
from training.factors_synthetic import write_synthetic
from training.factors_trial import Recipe, Trial, auc_of, base_rewards, folds

from localpersona.bench.protocol import BenchError
from localpersona.preferences import Weights, factorization_chunks
from localpersona.preferences.gaussians import sigmoid

FEW = [
    Comparison("ada", "Why?", "because", "so", 1.0),
    Comparison("bob", "Why?", "so", "because", 1.0),  # the same two, the other way round
    Comparison("ada", "How?", "so", "thus", 0.5),  # a text that also answered another prompt
    Comparison(7, "Why?", "because", "thus", 0.0),
]


def planted_trial(seed: int, traits: int, people: int = 16, prompts: int = 20, responses: int = 4) -> Trial:
    """Return a trial whose people differ in two base rewards: one is a trait, one is in the embedding."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(prompts * responses, 6))
    pairs = [
        (prompt, prompt * responses + one, prompt * responses + other)
        for prompt in range(prompts)
        for one, other in combinations(range(responses), 2)
    ]
    tastes = 2.0 * rng.normal(size=(people, 2))
    users, items = (column.ravel() for column in np.indices((people, len(pairs))))
    prompt, first, second = np.array(pairs).T[:, items]
    log_odds = np.sum(tastes[users] * (features[first] - features[second])[:, [0, 5]], axis=1)
    outcomes = (rng.random(len(users)) < sigmoid(log_odds)).astype(float)
    return Trial(users, prompt, first, second, items, outcomes, features, traits)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer questions and parts than the real trials have."""
    monkeypatch.setattr("training.factors_trial.ANSWERS", (5, 10))
    monkeypatch.setattr("training.factors_trial.PARTS", 3)


def test_a_pair_is_one_item_whichever_way_round_it_was_shown(tmp_path: Path) -> None:
    spool = write_spool(FEW, tmp_path)
    (rows,) = spool
    assert (spool.count, spool.users, spool.items) == (4, 3, 3)
    assert rows["user"].tolist() == [0, 1, 0, 2]
    assert rows["item"].tolist() == [0, 0, 1, 2]
    assert rows["outcome"].tolist() == [1.0, 0.0, 0.5, 0.0]
    assert (rows["first"] < rows["second"]).all()


def test_each_response_is_kept_once_for_the_reward_model(tmp_path: Path) -> None:
    spool = write_spool(FEW, tmp_path)
    kept = [tuple(json.loads(line).values()) for line in spool.texts.read_text(encoding="utf-8").splitlines()]
    assert kept == [("Why?", "because"), ("Why?", "so"), ("How?", "so"), ("How?", "thus"), ("Why?", "thus")]
    assert spool.prompts.tolist() == [0, 0, 1, 1, 0]


def test_numbers_and_names_of_users_are_told_apart(tmp_path: Path) -> None:
    assert write_spool([FEW[3], FEW[3]._replace(user="7")], tmp_path).users == 2


def test_chunks_are_what_was_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.factors_spool.CHUNK", 1000)
    planted = write_synthetic(tmp_path, 2500, seed=0)
    spool = write_spool(from_jsonl(planted.data), tmp_path)
    chunks = list(SpoolChunks(spool, by_pair=False))
    assert [len(chunk.users) for chunk in chunks] == [1000, 1000, 500]
    assert factorization_chunks.count_answers(chunks, spool.users).sum() == spool.count == 2500
    scores = features_of(spool, planted.scores, no_model).astype(float)
    names = [json.loads(line) for line in planted.data.read_text(encoding="utf-8").splitlines()]
    people = {name: number for number, name in enumerate(dict.fromkeys(row["user"] for row in names))}
    tastes = np.stack([planted.tastes[int(name[1:])] for name in people])
    likely = np.concatenate(
        [sigmoid(chunk.log_odds(tastes, chunk.differences(scores @ planted.rewards.T))) for chunk in chunks]
    )
    outcomes = np.concatenate([chunk.outcomes for chunk in chunks])
    assert likely[outcomes == 1].mean() > likely[outcomes == 0].mean() + 0.2  # people, texts, outcomes fit


def test_features_are_scaled_to_length_one(tmp_path: Path) -> None:
    planted = write_synthetic(tmp_path, 2000, seed=1)
    spool = write_spool(from_jsonl(planted.data), tmp_path)
    features = features_of(spool, planted.scores, no_model) * np.linspace(
        1, 9, len(FEATURES), dtype=np.float32
    )
    scaled = features / scale_of(spool, features, np.ones(len(FEATURES)))
    (rows,) = spool
    lengths = np.sum((scaled[rows["first"]] - scaled[rows["second"]]) ** 2, axis=1)
    assert lengths.mean() == pytest.approx(1, abs=1e-3)


def test_people_with_few_comparisons_are_not_tried_on(tmp_path: Path) -> None:
    many = [FEW[0]._replace(user=user, first=f"{n}") for user in ("a", "b", "c") for n in range(80)]
    spool = write_spool([*many, *FEW], tmp_path)
    assert len(np.unique(sample(spool, 300, 600, seed=0)["user"])) == 3
    assert len(np.unique(sample(spool, 2, 600, seed=0)["user"])) == 2
    assert 60 < len(sample(spool, 3, 40, seed=0)) < 180
    with pytest.raises(BenchError, match="nobody can be held out"):
        sample(write_spool(FEW, tmp_path), 300, 600, seed=0)


def test_strangers_and_their_prompts_are_never_trained_on() -> None:
    trial = planted_trial(0, traits=3)
    tested = []
    for fold in folds(trial, seed=1):
        assert fold.strangers
        for pool, test in fold.strangers:
            assert len(np.unique(trial.users[[*pool, *test]])) == 1
            assert trial.users[test[0]] not in trial.users[fold.train]
            assert not np.isin(trial.prompts[test], trial.prompts[fold.train]).any()
            assert not np.isin(trial.prompts[test], trial.prompts[pool]).any()
            tested.append(trial.users[test[0]])
    assert sorted(tested) == list(range(16))


def test_without_features_strangers_are_asked_about_known_pairs_and_tested_on_others() -> None:
    trial = free(planted_trial(0, traits=3))
    for fold in folds(trial, seed=1):
        for pool, test in fold.strangers:
            assert trial.users[test[0]] not in trial.users[fold.train]
            assert not np.isin(trial.items[test], trial.items[pool]).any()
            assert np.isin(trial.items[[*pool, *test]], trial.items[fold.train]).all()


@pytest.mark.usefixtures("short")
def test_learned_factors_find_what_named_traits_miss() -> None:
    trial = planted_trial(2, traits=3)
    named = auc_of(trial, Recipe(0, named=True), 0, 0)
    hybrid = auc_of(trial, Recipe(1, named=True), 0, 0)
    learned = auc_of(trial, Recipe(2), 0, 0)
    assert named[10] < 0.78 < 0.82 < min(hybrid[10], learned[10])


@pytest.mark.usefixtures("short")
def test_free_factors_predict_strangers_too() -> None:
    assert auc_of(free(planted_trial(3, traits=3)), Recipe(2), 0, 0)[10] > 0.7


def test_residual_factors_leave_the_named_traits_alone() -> None:
    trial = planted_trial(4, traits=3)
    everything = np.arange(len(trial.users))
    rewards = base_rewards(trial, Recipe(2, named=True), everything, 0)
    assert trial.features is not None
    assert (rewards[:, :3] == (trial.features[trial.first] - trial.features[trial.second])[:, :3]).all()
    assert rewards[:, 3:].T @ rewards[:, :3] / len(rewards) == pytest.approx(np.zeros((2, 3)), abs=1e-6)


@pytest.mark.parametrize("form", ["linear", "free"])
def test_from_a_file_to_factors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    planted = write_synthetic(tmp_path, 2000, seed=5)
    output, results = tmp_path / "factors.npz", tmp_path / "results.json"
    run(
        monkeypatch,
        *("--data", planted.data, "--scores", planted.scores, "--form", form, "--rank", 5),
        *("--output", output, "--results", results, "--work", tmp_path),
    )
    with np.load(output) as stored:
        prior = Weights.from_dict(json.loads(str(stored["prior"])))
        assert len(prior.names) == len(stored["loadings"]) == 5
        assert stored["features"].tolist() == ([*FEATURES] if form == "linear" else [])
    assert json.loads(results.read_text(encoding="utf-8"))["comparisons"] == 2000
    assert "5 factors" in capsys.readouterr().out


def test_a_bad_line_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(
        '{"user": "a", "prompt": "p", "first": "f", "second": "s", "outcome": 2}\n', encoding="utf-8"
    )
    with pytest.raises(SystemExit, match=r"bad\.jsonl, line 1: the outcome"):
        run(monkeypatch, "--data", path)


def test_it_wants_one_source(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run(monkeypatch)
    assert "--data or --synthetic" in capsys.readouterr().err


def free(trial: Trial) -> Trial:
    columns = trial.users, trial.prompts, trial.first, trial.second, trial.items, trial.outcomes
    return Trial(*columns, features=None)


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> None:
    monkeypatch.setattr(sys, "argv", ["train_factors.py", *map(str, arguments)])
    train_factors.main()


def no_model() -> Callable[[], None]:
    raise AssertionError("all texts have scores")
