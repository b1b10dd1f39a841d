"""The judge must never have seen what the selector learned from."""

from __future__ import annotations

import numpy as np
from training.data import NAMES, Answers, Choices
from training.halves import choices_among, groups_within, halves, some_of

PROMPTS, EACH, SAMPLED = 21, 4, 7


def answers() -> Answers:
    """21 prompts with 4 answers each; the first seven also have two answers of the small model."""
    prompts = np.concatenate([np.repeat(np.arange(PROMPTS), EACH), np.repeat(np.arange(SAMPLED), 2)])
    count = len(prompts)
    return Answers(
        rows=[{"response_id": number} for number in range(count)],
        ratings=np.arange(count * len(NAMES), dtype=float).reshape(count, len(NAMES)),
        prompts=prompts,
        folds=np.zeros(count, dtype=np.int64),
        written=np.arange(count) < PROMPTS * EACH,
    )


def test_the_halves_have_no_prompt_in_common_and_are_alike() -> None:
    all_answers = answers()
    first, second = halves(all_answers, seed=3)
    assert sorted([*first, *second]) == list(range(len(all_answers.rows)))
    assert not set(all_answers.prompts[first]) & set(all_answers.prompts[second])
    sampled = [int((~all_answers.written[rows]).sum()) for rows in (first, second)]
    assert sampled == [6, 8] and len(first) == 10 * EACH + 6
    assert np.array_equal(halves(all_answers, seed=3)[0], first)
    assert not np.array_equal(halves(all_answers, seed=4)[0], first)


def test_answers_to_one_prompt_are_in_one_group() -> None:
    all_answers = answers()
    groups = groups_within(all_answers, 2, seed=0)
    assert all(len(set(groups[all_answers.prompts == prompt])) == 1 for prompt in range(PROMPTS))
    sizes = [len(set(all_answers.prompts[groups == group])) for group in (0, 1)]
    assert sorted(sizes) == [PROMPTS // 2, PROMPTS - PROMPTS // 2]


def test_a_half_keeps_rows_and_ratings_together() -> None:
    all_answers = answers()
    some = some_of(all_answers, np.array([5, 90, 2]))
    assert [row["response_id"] for row in some.rows] == [5, 90, 2]
    assert np.array_equal(some.ratings, all_answers.ratings[[5, 90, 2]])
    assert some.written.tolist() == [True, False, True]


def test_choices_within_a_half_are_between_two_of_its_answers() -> None:
    first, second = np.array([0, 1, 4]), np.array([1, 5, 6])
    choices = Choices(np.zeros(3, dtype=np.int64), np.zeros(3, dtype=np.int64), first, second, np.ones(3))
    assert choices_among(choices, np.array([0, 1, 6, 4])).tolist() == [0, 2]
