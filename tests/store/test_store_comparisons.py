"""Comparisons: the evidence must be exact, its own, and undoable."""

from __future__ import annotations

from pathlib import Path

import pytest

from localpersona.store import Store
from localpersona.values import Comparison


@pytest.mark.parametrize("outcome", [1.0, 0.0, 0.5, None])
def test_a_comparison_comes_back_exactly(path: Path, outcome: float | None) -> None:
    comparison = Comparison("How?", "This way.", "That way.", outcome, "onboarding")
    with Store.open(path) as store:
        store.add_comparison(store.profile().id, comparison, question_id=17)
    with Store.open(path) as store:
        (row,) = store.comparisons(store.profile().id)
    assert row.comparison == comparison
    assert (row.question_id, row.message_id, row.deleted) == ("17", None, False)


def test_a_comparison_outlives_its_chat(store: Store, chat_id: int, profile_id: int) -> None:
    message = store.add_message(chat_id, None, "user", "hello")
    store.add_comparison(profile_id, Comparison("hello", "a", "b", 1.0), message_id=message)
    store.delete_chat(chat_id)
    assert [row.comparison.first for row in store.comparisons(profile_id)] == ["a"]


def test_a_comparison_counts_even_when_its_message_is_gone(store: Store, profile_id: int) -> None:
    store.add_comparison(profile_id, Comparison("hello", "a", "b", 1.0), message_id=99)
    assert [row.message_id for row in store.comparisons(profile_id)] == [None]


def test_the_last_comparison_can_be_taken_back_and_put_back(store: Store, profile_id: int) -> None:
    first, second = (store.add_comparison(profile_id, Comparison("p", name, "b", 1.0)) for name in "xy")
    last = store.last_comparison(profile_id)
    assert last is not None and last.id == second
    store.delete_comparison(second)
    last = store.last_comparison(profile_id)
    assert last is not None and last.id == first
    store.restore_comparison(second)
    assert [row.id for row in store.comparisons(profile_id)] == [first, second]


def test_forgetting_touches_one_profile_only_and_can_be_undone(store: Store, profile_id: int) -> None:
    other = store.profile("other").id
    kept = store.add_comparison(other, Comparison("p", "a", "b", 1.0))
    mine = tuple(store.add_comparison(profile_id, Comparison("p", "a", "b", 1.0)) for _ in range(3))
    store.set_locks(profile_id, {"humour": 1.0})
    assert store.forget(profile_id) == mine
    assert store.comparisons(profile_id) == []
    assert store.last_comparison(profile_id) is None
    assert store.profile().locks == {}
    assert [row.id for row in store.comparisons(other)] == [kept]
    for comparison in mine:
        store.restore_comparison(comparison)
    assert tuple(row.id for row in store.comparisons(profile_id)) == mine


def test_trait_scores_belong_to_one_version_and_one_pair(store: Store) -> None:
    store.put_trait_scores("v1", [("ab", "c"), ("p", "q")], [[1.0, 2.5], [0.1, -0.2]])
    assert store.trait_scores("v1", [("p", "q"), ("a", "bc"), ("ab", "c")]) == [(0.1, -0.2), None, (1.0, 2.5)]
    assert store.trait_scores("v2", [("p", "q")]) == [None]
    with pytest.raises(ValueError):
        store.put_trait_scores("v1", [("p", "q")], [])


def test_the_data_version_changes_with_every_write_and_with_none_else(path: Path, store: Store) -> None:
    before = store.data_version()
    store.profiles()
    assert store.data_version() == before
    profile = store.profile()
    mine = store.data_version()
    assert mine != before
    with Store.open(path) as other:
        other.add_comparison(profile.id, Comparison("p", "a", "b", 1.0))
    assert store.data_version() != mine
