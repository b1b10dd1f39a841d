"""Nobody is tested who was learned from, on no prompt and no text that anybody saw."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from planted_people import everything, planted

from localpersona.bench.data import Dataset, Ints
from localpersona.bench.splits import Part, assign, split

DATA = planted(np.ones((10, 2)), prompts=12, each=60).data


def texts(data: Dataset, rows: Ints) -> set[int]:
    kinds = np.arange(len(data.traits)) if data.texts is None else data.texts
    return {*kinds[data.first[rows]].tolist(), *kinds[data.second[rows]].tolist()}


def leaks(data: Dataset, part: Part) -> list[str]:
    """Return what is both seen and tested."""
    found = []
    for person in part.examinees:
        seen = np.concatenate([part.train, person.pool])
        if person.user in data.users[part.train]:
            found.append("person")
        if set(data.prompts[seen]) & set(data.prompts[person.test]):
            found.append("prompt")
        if texts(data, seen) & texts(data, person.test):
            found.append("text")
    return found


@pytest.mark.parametrize("seed", range(3))
def test_no_person_prompt_or_text_of_a_test_is_seen_before(seed: int) -> None:
    parts = list(split(DATA, 4, seed, 5))
    assert [leaks(DATA, part) for part in parts] == [[]] * 4
    assert all(part.shared == 0 for part in parts)


def test_every_person_is_held_out_once_and_every_prompt() -> None:
    parts = list(split(DATA, 4, 0, 5))
    assert sorted(person.user for part in parts for person in part.examinees) == list(range(10))
    tested = [{*DATA.prompts[person.test]} for part in parts for person in part.examinees]
    assert set.union(*tested) == set(range(12))


def test_a_person_is_asked_and_tested_on_nothing_but_own_answers() -> None:
    for part in split(DATA, 4, 0, 5):
        for person in part.examinees:
            assert set(DATA.users[person.pool]) == {person.user} == set(DATA.users[person.test])


def test_a_text_that_occurs_under_other_prompts_is_not_tested() -> None:
    data = replace(DATA, texts=np.arange(len(DATA.traits)) % 30)  # thirty texts, each under several prompts
    parts = list(split(data, 4, 0, 5))
    assert [leaks(data, part) for part in parts] == [[]] * 4
    assert sum(part.shared for part in parts) > 0


def test_ties_are_answers_but_no_tests() -> None:
    outcomes = DATA.outcomes.copy()
    outcomes[::3] = 0.5
    data = replace(DATA, outcomes=outcomes)
    people = [person for part in split(data, 4, 0, 5) for person in part.examinees]
    assert all(0.5 not in data.outcomes[person.test] for person in people)
    assert any(0.5 in data.outcomes[person.pool] for person in people)


def test_people_with_too_few_answers_are_learned_from_but_not_tested() -> None:
    few = np.flatnonzero((DATA.users != 3) | (np.cumsum(DATA.users == 3) <= 8))
    data = replace(
        DATA,
        users=DATA.users[few],
        prompts=DATA.prompts[few],
        first=DATA.first[few],
        second=DATA.second[few],
        outcomes=DATA.outcomes[few],
    )
    parts = list(split(data, 4, 0, 20))
    assert 3 not in {person.user for part in parts for person in part.examinees}
    assert sum(3 in data.users[part.train] for part in parts) == 3


def test_parts_are_of_nearly_equal_size_and_differ_by_seed() -> None:
    labels = np.repeat(np.arange(11), 3)
    parts = assign(labels, 4, 0)
    assert sorted(np.bincount(parts) // 3) == [2, 3, 3, 3]
    assert parts.tolist() == assign(labels, 4, 0).tolist() != assign(labels, 4, 1).tolist()


def test_people_are_numbered_anew_when_some_comparisons_are_taken() -> None:
    some = everything(DATA).take(np.isin(DATA.users, [2, 5, 9]))
    assert set(some.users) == {0, 1, 2}
    assert [len(rows) for rows in some.by_user()] == [60, 60, 60]
    assert all(len(set(some.users[rows])) == 1 for rows in some.by_user())
