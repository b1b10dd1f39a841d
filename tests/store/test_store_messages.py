"""The tree of messages and the candidates of answers."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localpersona.store import Store, StoreError
from localpersona.values import Candidate, Statistics


def test_editing_a_prompt_and_answering_again_make_siblings(store: Store, chat_id: int) -> None:
    prompt = store.add_message(chat_id, None, "user", "hello")
    answer = store.add_message(chat_id, prompt, "assistant", "hi")
    again = store.add_message(chat_id, prompt, "assistant", "good day")
    edited = store.add_message(chat_id, None, "user", "hello there")
    assert [message.id for message in store.siblings(answer)] == [answer, again]
    assert [message.id for message in store.siblings(prompt)] == [prompt, edited]
    assert [message.text for message in store.path(again)] == ["hello", "good day"]
    assert (store.leaf(prompt), store.leaf(edited)) == (again, edited)


def test_the_shown_branch_follows_what_is_added_and_can_be_chosen(store: Store, chat_id: int) -> None:
    prompt = store.add_message(chat_id, None, "user", "hello")
    first = store.add_message(chat_id, prompt, "assistant", "hi")
    second = store.add_message(chat_id, prompt, "assistant", "good day")
    assert store.chat(chat_id).last_message_id == second
    store.set_last_message(chat_id, first)
    assert store.chat(chat_id).last_message_id == first


def test_a_parent_must_be_in_the_same_chat(store: Store, chat_id: int, profile_id: int) -> None:
    elsewhere = store.add_message(store.create_chat(profile_id), None, "user", "hello")
    with pytest.raises(StoreError, match="not part of this chat"):
        store.add_message(chat_id, elsewhere, "assistant", "hi")
    assert store.children(None, chat_id) == []


def test_an_answer_is_finished_with_everything_that_led_to_it(store: Store, chat_id: int) -> None:
    candidates = (
        Candidate("short", "thought", 7, 3, "stop", -0.5, (0.1, -2.0), (0.01, 0.02), -1.25),
        Candidate("long", seed=8, finish_reason="length"),
    )
    statistics = Statistics(prompt_tokens=12, decode_seconds=0.5)
    message = store.add_message(chat_id, None, "assistant", "", state="running", model="tiny")
    led_to = {"statistics": statistics, "candidates": candidates, "chosen": 1, "version": "v1"}
    store.finish_answer(message, text="long", reasoning="why", **led_to)
    row = store.message(message)
    assert (row.text, row.reasoning, row.state, row.finish_reason) == ("long", "why", "complete", "stop")
    assert (row.statistics, row.chosen, row.model) == (statistics, 1, "tiny")
    assert store.candidates(message) == store.candidates(message, "v1") == candidates
    assert [candidate.traits for candidate in store.candidates(message, "v2")] == [(), ()]


def test_finishing_an_answer_is_all_or_nothing(store: Store, chat_id: int) -> None:
    message = store.add_message(chat_id, None, "assistant", "", state="running")
    unstorable = Candidate("x", seed=2**80)
    with pytest.raises(OverflowError):
        store.finish_answer(message, text="new", candidates=(Candidate("a"), unstorable))
    assert (store.message(message).text, store.message(message).state) == ("", "running")
    assert store.candidates(message) == ()


def test_updating_changes_only_what_is_given(store: Store, chat_id: int) -> None:
    message = store.add_message(chat_id, None, "assistant", "one", state="running")
    before = store.message(message)
    store.update_message(message)
    assert store.message(message) == before
    store.update_message(message, text="", chosen=0)
    assert (store.message(message).text, store.message(message).state) == ("", "running")
    with pytest.raises(StoreError, match="no longer exists"):
        store.update_message(99, text="x")


def test_several_writes_can_be_one(store: Store, chat_id: int) -> None:
    def work() -> None:
        store.add_message(chat_id, None, "user", "hello")
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError):
        store.together(work)
    assert store.children(None, chat_id) == []


@settings(derandomize=True, deadline=None, max_examples=30)
@given(parents=st.lists(st.integers(0, 30), max_size=30), asked=st.integers(0, 30))
def test_any_tree_gives_its_paths_and_leaves(parents: list[int], asked: int) -> None:
    """Compared with a plain dictionary: message number i hangs below an earlier one, or below none."""
    with Store.open(None) as store:
        chat = store.create_chat(store.profile().id)
        parent_of: dict[int, int | None] = {}
        for choice in parents:
            earlier = [None, *parent_of]
            parent = earlier[choice % len(earlier)]
            parent_of[store.add_message(chat, parent, "user", "x")] = parent
        for message in parent_of:
            path = [message]
            while (above := parent_of[path[0]]) is not None:
                path.insert(0, above)
            assert [row.id for row in store.path(message)] == path
        for message in [None, *parent_of]:
            below = [child for child, parent in parent_of.items() if parent == message]
            assert [row.id for row in store.children(message, chat)] == below
        if parent_of:
            message = list(parent_of)[asked % len(parent_of)]
            descendants = [other for other in parent_of if message in [row.id for row in store.path(other)]]
            assert store.leaf(message) == max(descendants)
