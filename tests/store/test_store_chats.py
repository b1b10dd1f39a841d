"""Profiles, chats, drafts and what the app remembers."""

from __future__ import annotations

from pathlib import Path

import pytest

from localpersona.store import Store, StoreError


def test_a_profile_is_created_once_and_found_again(store: Store) -> None:
    assert store.profile("Ann") == store.profile(" Ann ")
    assert [profile.name for profile in store.profiles()] == ["Ann"]


def test_two_profiles_cannot_have_one_name(store: Store) -> None:
    ann, bob = store.profile("Ann"), store.profile("Bob")
    with pytest.raises(StoreError, match="already a profile"):
        store.rename_profile(bob.id, "Ann")
    store.rename_profile(ann.id, "Ann")  # to itself is no change
    with pytest.raises(StoreError, match="needs a name"):
        store.rename_profile(ann.id, "  ")


def test_a_deleted_profile_comes_back_unless_its_name_was_taken(store: Store) -> None:
    ann = store.profile("Ann")
    store.set_locks(ann.id, {"length": -1.0})
    store.delete_profile(ann.id)
    assert store.profiles() == []
    newcomer = store.profile("Ann")
    assert newcomer.id != ann.id
    with pytest.raises(StoreError, match="already a profile"):
        store.restore_profile(ann.id)
    store.rename_profile(newcomer.id, "Anna")
    store.restore_profile(ann.id)
    assert store.profile("Ann").locks == {"length": -1.0}


def test_chats_come_newest_first_by_use_even_when_the_clock_goes_back(
    store: Store, profile_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = store.create_chat(profile_id), store.create_chat(profile_id)
    assert [chat.id for chat in store.chats()] == [second, first]
    monkeypatch.setattr("localpersona.store.messages.now", lambda: "1999-01-01T00:00:00.000+00:00")
    monkeypatch.setattr("localpersona.store.chats.now", lambda: "1999-01-01T00:00:00.000+00:00")
    store.add_message(first, None, "user", "hello")
    assert [chat.id for chat in store.chats()] == [first, second]


def test_chats_can_be_listed_by_profile_and_in_part(store: Store, profile_id: int) -> None:
    other = store.profile("other").id
    mine = [store.create_chat(profile_id, f"chat {number}") for number in range(5)]
    store.create_chat(other)
    assert [chat.id for chat in store.chats(profile_id, limit=2)] == mine[:2:-1]
    assert len(store.chats()) == 6


def test_a_deleted_chat_is_hidden_until_it_is_restored_to_its_place(store: Store, profile_id: int) -> None:
    first, second, third = (store.create_chat(profile_id) for _ in range(3))
    store.delete_chat(second)
    assert [chat.id for chat in store.chats()] == [third, first]
    assert store.chat(second).deleted
    assert len(store.chats(include_deleted=True)) == 3
    store.restore_chat(second)
    assert [chat.id for chat in store.chats()] == [third, second, first]


def test_what_does_not_exist_cannot_be_changed(store: Store, chat_id: int) -> None:
    other_chat = store.create_chat(store.profile().id)
    message = store.add_message(chat_id, None, "user", "hello")
    for attempt in (
        lambda: store.chat(99),
        lambda: store.rename_chat(99, "x"),
        lambda: store.delete_chat(99),
        lambda: store.set_last_message(other_chat, message),
        lambda: store.create_chat(99),
        lambda: store.set_locks(99, {}),
    ):
        with pytest.raises(StoreError):
            attempt()


def test_drafts_and_state_survive_closing(path: Path) -> None:
    with Store.open(path) as store:
        chat_id = store.create_chat(store.profile().id)
        store.set_draft(str(chat_id), "half a thou")
        store.set_draft("new", "gone again")
        store.set_draft("new", "")
        store.set_state("theme", "dark")
    with Store.open(path) as store:
        assert store.chat(chat_id).draft == store.draft(str(chat_id)) == "half a thou"
        assert store.draft("new") == ""
        assert (store.state("theme"), store.state("other", "none")) == ("dark", "none")


@pytest.mark.parametrize(
    "text", ["\x00\x1b[31m\r\n", "half \ud83d pair", "é́ 👩‍👩‍👧 睡", "a" * 1_000_000, "'; DROP TABLE"]
)
def test_any_text_can_be_stored(store: Store, chat_id: int, text: str) -> None:
    message = store.add_message(chat_id, None, "user", text)
    assert store.message(message).text == text.replace("\ud83d", "\ufffd")


def test_a_closed_store_says_so(path: Path) -> None:
    store = Store.open(path)
    store.close()
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.profiles()
