"""PReF's Attributes users are who the paper says, and choose by the ratings alone."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from localpersona.bench import attributes
from localpersona.bench.judgements import Judgements
from localpersona.bench.protocol import BenchError
from localpersona.rewards.traits import TRAITS

PROMPTS, RESPONSES = 12, 6


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of responses whose texts say how they were rated."""
    generator = np.random.default_rng(0)
    path = tmp_path_factory.mktemp("styles")
    with (path / "responses.jsonl").open("w", encoding="utf-8") as file:
        for prompt in range(PROMPTS):
            for response in range(RESPONSES):
                ratings = {name: int(generator.integers(-2, 3)) for name in attributes.ATTRIBUTES}
                text = json.dumps({"of": prompt, "number": response, **ratings})
                row = {"prompt": f"prompt {prompt}", "text": text, "ratings": ratings}
                file.write(json.dumps(row) + "\n")
    return path


def texts_of(judgements: Judgements) -> list[tuple[dict[str, int], dict[str, int]]]:
    responses = [json.loads(text) for _, text in judgements.responses]
    pairs = zip(judgements.first, judgements.second, strict=True)
    return [(responses[one], responses[other]) for one, other in pairs]


def test_there_are_84_users_of_two_signed_attributes() -> None:
    names = [wish.name for wish in attributes.WISHES]
    assert len(names) == len(set(names)) == 84
    assert all(len(set(wish.attributes)) == 2 for wish in attributes.WISHES)
    wanted = Counter(
        pair for wish in attributes.WISHES for pair in zip(wish.attributes, wish.signs, strict=True)
    )
    assert (
        set(wanted.values()) == {12} and len(wanted) == 14
    )  # each of 14 traits with 12 of the other attributes


def test_the_attributes_are_traits_of_ours() -> None:
    assert set(attributes.ATTRIBUTES) < {trait.name for trait in TRAITS}


def test_each_user_prefers_the_larger_sum_and_never_ties(folder: Path) -> None:
    found = attributes.read(folder, pairs=40)
    assert found.users.max() == 83
    for user, (one, other), outcome in zip(found.users, texts_of(found), found.outcomes, strict=True):
        wish = attributes.WISHES[user]
        gap = sum(
            sign * (one[name] - other[name]) for name, sign in zip(wish.attributes, wish.signs, strict=True)
        )
        assert gap != 0 and outcome == (gap > 0)


def test_both_responses_answer_the_same_prompt(folder: Path) -> None:
    found = attributes.read(folder, pairs=40)
    assert all(one["of"] == other["of"] for one, other in texts_of(found))
    assert len(found.prompts) == PROMPTS


def test_a_user_compares_a_pair_once_and_as_many_as_asked_for(folder: Path) -> None:
    found = attributes.read(folder, pairs=40)
    assert np.bincount(found.users).tolist() == [40] * 84
    pairs = Counter(
        (int(user), *sorted((int(one), int(other))))
        for user, one, other in zip(found.users, found.first, found.second, strict=True)
    )
    assert max(pairs.values()) == 1
    everything = attributes.read(folder, pairs=10_000)
    assert np.bincount(everything.users).max() < PROMPTS * RESPONSES * (RESPONSES - 1) / 2  # ties are missing
    assert np.bincount(everything.users).min() > 40


def test_the_first_is_preferred_about_half_the_time(folder: Path) -> None:
    outcomes = attributes.read(folder, pairs=100).outcomes
    assert 0.4 < outcomes.mean() < 0.6


def test_the_seed_decides(folder: Path) -> None:
    one, same, other = (attributes.read(folder, pairs=20, seed=seed) for seed in (1, 1, 2))
    assert texts_of(one) == texts_of(same) != texts_of(other)
    assert one.outcomes.tolist() == same.outcomes.tolist()


@pytest.mark.parametrize("ratings", ['{"length": 1}', "[]", '"long"', "null"])
def test_responses_without_ratings_are_refused(tmp_path: Path, ratings: str) -> None:
    line = f'{{"prompt": "p", "text": "t", "ratings": {ratings}}}\n'
    (tmp_path / "responses.jsonl").write_text(line, encoding="utf-8")
    with pytest.raises(BenchError, match=r"line 1: there are no ratings of length"):
        attributes.read(tmp_path)


def test_a_folder_without_responses_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="cannot be read"):
        attributes.read(tmp_path)
