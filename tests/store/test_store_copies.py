"""Chats out of a database and into one: nothing is lost on the way, and nothing comes twice."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from localpersona.store import ChatCopy, ChatOptions, MessageCopy, Store
from localpersona.values import Candidate

WHEN = "2024-05-06T07:08:09.000+00:00"


def chat(*texts: str, uid: str = "one", updated: str = WHEN) -> ChatCopy:
    """Return a chat in which each text follows the one before."""
    messages = tuple(
        MessageCopy("assistant" if place % 2 else "user", text, place - 1 if place else None, created=WHEN)
        for place, text in enumerate(texts)
    )
    return ChatCopy(uid, "A chat", WHEN, updated, messages)


def texts(store: Store, chat_id: int) -> list[str]:
    return [message.text for message in store.copy_chat(chat_id).messages]


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@st.composite
def trees(draw: st.DrawFn) -> ChatCopy:
    """Draw a chat with any branches, several roots and messages that say the same included."""
    messages: list[MessageCopy] = []
    for place in range(draw(st.integers(0, 12))):
        candidate = Candidate(draw(words), traits=tuple(draw(st.lists(st.floats(-9, 9), max_size=2))))
        messages.append(
            MessageCopy(
                draw(st.sampled_from(["user", "assistant", "system"])),
                draw(st.sampled_from(["same", "other"]) | words),
                draw(st.none() | st.integers(0, place - 1)) if place else None,
                reasoning=draw(words),
                state=draw(st.sampled_from(["complete", "stopped", "failed"])),
                created=WHEN,
                finish_reason=draw(st.sampled_from([None, "stop", "length"])),
                model=draw(words),
                candidates=(candidate,) * draw(st.integers(0, 2)),
            )
        )
    shown = draw(st.integers(0, len(messages) - 1)) if messages else None
    options = ChatOptions(
        draw(st.booleans()), draw(st.booleans()), draw(st.none() | words), draw(st.none() | st.just(0.5))
    )
    return ChatCopy(draw(words.filter(bool)), draw(words), WHEN, WHEN, tuple(messages), shown, options)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(trees())
def test_a_copy_of_a_copy_is_the_chat_and_adding_it_again_adds_nothing(original: ChatCopy) -> None:
    with Store.open(None) as store:
        profile = store.profile().id
        first = store.add_copy(profile, original)
        assert (first.new, first.messages) == (True, len(original.messages))
        assert store.copy_chat(first.chat_id) == original
        again = store.add_copy(profile, original)
        assert (again.new, again.messages, again.chat_id) == (False, 0, first.chat_id)
        assert store.copy_chat(first.chat_id) == original


@settings(derandomize=True, deadline=None, max_examples=40)
@given(trees(), st.data())
def test_what_a_later_copy_has_more_is_added_to_the_same_chat(later: ChatCopy, data: st.DataObject) -> None:
    end = data.draw(st.integers(0, len(later.messages)))
    with Store.open(None) as store:
        profile = store.profile().id
        earlier = replace(later, messages=later.messages[:end], shown=None)
        store.add_copy(profile, earlier)
        added = store.add_copy(profile, later)
        assert added.messages == len(later.messages) - end
        assert sorted(texts(store, added.chat_id)) == sorted(message.text for message in later.messages)


def test_a_chat_of_ones_own_is_recognised_when_it_comes_back(
    store: Store, profile_id: int, chat_id: int
) -> None:
    prompt = store.add_message(chat_id, None, "user", "hello")
    store.add_message(chat_id, prompt, "assistant", "hi")
    added = store.add_copy(profile_id, store.copy_chat(chat_id))
    assert (added.chat_id, added.new, added.messages) == (chat_id, False, 0)


def test_imported_chats_stand_among_the_others_by_their_dates(store: Store, profile_id: int) -> None:
    ours = store.create_chat(profile_id, "ours")
    for year in (2021, 2019, 2020):
        store.add_copy(
            profile_id, replace(chat("x", uid=str(year), updated=f"{year}-01-01"), title=str(year))
        )
    store.add_copy(profile_id, replace(chat("x", uid="later", updated="9999-01-01"), title="later"))
    assert [row.title for row in store.chats()] == ["later", "ours", "2021", "2020", "2019"]
    store.add_message(ours, None, "user", "used again")
    assert store.chats()[0].title == "ours"


def test_a_deleted_chat_comes_back_with_its_copy(store: Store, profile_id: int) -> None:
    chat_id = store.add_copy(profile_id, chat("one")).chat_id
    store.delete_chat(chat_id)
    store.add_copy(profile_id, chat("one"))
    assert not store.chat(chat_id).deleted


def test_an_answer_that_was_running_is_a_stopped_one_in_the_copy(store: Store, profile_id: int) -> None:
    running = replace(
        chat("ask", "half an ans"), messages=(MessageCopy("assistant", "half", state="running"),)
    )
    (row,) = store.path(store.chat(store.add_copy(profile_id, running).chat_id).last_message_id or 0)
    assert row.state == "stopped"


def test_an_imported_chat_is_found_by_its_words(store: Store, profile_id: int) -> None:
    store.add_copy(profile_id, chat("a needle in it"))
    assert len(store.search("needle")) == 1
