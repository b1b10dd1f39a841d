from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import localpersona
from localpersona import shipped
from localpersona.preferences import Weights, next_question
from localpersona.rewards import TRAITS, RewardModel, RewardModelError, question_bank

TASTE = np.array([trait.taste for trait in TRAITS])


def test_the_bank_has_sixty_to_a_hundred_and_twenty_different_questions() -> None:
    bank = question_bank()
    assert 60 <= len(bank) <= 120
    assert len(set(bank.id)) == len(set(bank.prompt)) == len(bank)
    assert bank.traits.shape == (len(bank), 2, len(TRAITS))
    assert bank.names == tuple(trait.name for trait in TRAITS)


def test_it_carries_ratings_and_scores_on_the_shipped_model_s_scale(model: RewardModel) -> None:
    bank = question_bank()
    assert bank.carries == "ratings and scores"
    some = range(0, len(bank), 8)
    scores = np.array([model.score(bank.prompt[at], [bank.first[at], bank.second[at]]) for at in some])
    away = scores - bank.traits[some]
    assert np.abs(away).mean() < 0.4 and np.abs(away.mean(axis=(0, 1))).max() < 0.5
    for trait in np.flatnonzero(TASTE):
        assert np.corrcoef(scores[..., trait].ravel(), bank.traits[some, :, trait].ravel())[0, 1] > 0.85


def test_answers_can_be_read_side_by_side() -> None:
    bank = question_bank()
    assert all(3 <= len(text.split()) <= 90 for text in bank.first + bank.second)
    assert all(first != second for first, second in zip(bank.first, bank.second, strict=True))


def test_answers_differ_in_taste_and_not_in_quality() -> None:
    differences = np.abs(question_bank().differences)
    assert (differences[:, ~TASTE] <= 0.5).all()
    assert (differences[:, TASTE].max(axis=1) >= 0.8).all()


def test_traits_and_domains_are_balanced() -> None:
    bank = question_bank()
    clear = (np.abs(bank.differences) >= 1.0).sum(axis=0)[TASTE]
    assert clear.min() >= 12
    domains = Counter(bank.domain)
    assert len(domains) >= 25 and max(domains.values()) <= 6


def test_neither_side_is_always_the_same_pole() -> None:
    share_first_higher = (question_bank().differences[:, TASTE] > 0).mean(axis=0)
    assert ((share_first_higher > 0.3) & (share_first_higher < 0.7)).all()


@pytest.mark.parametrize("seed", range(5))
def test_ten_chosen_questions_ask_about_all_taste_traits_but_one_at_most(seed: int) -> None:
    bank, prior = question_bank(), Weights.prior()
    generator = np.random.default_rng(seed)
    user = generator.multivariate_normal(prior.mean, prior.covariance)
    weights, asked = prior, list[int]()
    for _ in range(10):
        best = next_question(weights, bank.differences, asked)
        assert best is not None
        asked.append(best)
        weights = weights.update(bank.differences[best], float(bank.differences[best] @ user > 0))
    asked_about = (np.abs(bank.differences[asked]) >= 1.0).any(axis=0)[TASTE]
    assert asked_about.sum() >= len(asked_about) - 1


def test_it_is_read_without_llama_cpp() -> None:
    program = "import sys, localpersona; localpersona.question_bank(); assert 'llama_cpp' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_naming_the_traits_loads_no_numpy() -> None:
    program = "import sys; from localpersona.rewards import TRAITS; assert 'numpy' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_bank_of_format_1_carries_scores(tmp_path: Path) -> None:
    data = json.loads(shipped.question_bank().read_text(encoding="utf-8"))
    del data["carries"]
    (tmp_path / "old.json").write_text(json.dumps(data | {"format": 1}), encoding="utf-8")
    assert question_bank(tmp_path / "old.json").carries == "scores"


@pytest.mark.parametrize(
    "damage",
    ["missing", "empty", "list", "format", "carries", "guesses", "short scores", "infinite", "no text"],
)
def test_a_missing_or_damaged_bank_is_refused_in_one_line(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "questions.json"
    data = json.loads(shipped.question_bank().read_text(encoding="utf-8"))
    if damage == "format":
        data["format"] = 99
    elif damage == "carries":
        del data["carries"]
    elif damage == "guesses":
        data["carries"] = "guesses"
    elif damage == "short scores":
        data["questions"][3]["traits"][0].pop()
    elif damage == "infinite":
        data["questions"][3]["traits"][0][0] = float("inf")
    elif damage == "no text":
        del data["questions"][3]["prompt"]
    if damage != "missing":
        path.write_text({"empty": "", "list": "[]"}.get(damage, json.dumps(data)), encoding="utf-8")
    with pytest.raises(localpersona.rewards.RewardModelError) as error:
        question_bank(path)
    assert "\n" not in str(error.value)
    assert isinstance(error.value, RewardModelError)
