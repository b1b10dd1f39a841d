"""What is erased is in none of the database's files any more."""

from __future__ import annotations

from pathlib import Path

import pytest

from localpersona.store import Store, StoreError
from localpersona.values import Comparison

SECRETS = (b"xylophone", b"Xylophone", b"zeppelin", b"quagmire", b"harpsichord", "夜莺".encode())


def fill(store: Store, name: str = "default") -> int:
    """Store something in every table; return the chat."""
    profile = store.profile(name)
    chat = store.create_chat(profile.id, "Xylophone")
    prompt = store.add_message(chat, None, "user", "xylophone " * 50)
    store.finish_answer(
        store.add_message(chat, prompt, "assistant", "", state="running"), text="zeppelin 夜莺" * 50
    )
    assert store.search("夜莺")
    store.add_comparison(profile.id, Comparison("quagmire", "harpsichord", "b", 1.0))
    store.put_trait_scores("v", [("quagmire", "harpsichord")], [(1.0,)])
    store.set_draft(str(chat), "xylophone")
    store.set_draft("new", "zeppelin")
    return chat


def secrets_in(path: Path) -> list[bytes]:
    content = b"".join(file.read_bytes() for file in path.parent.iterdir())
    return [secret for secret in SECRETS if secret in content]


def test_everything_is_gone_from_the_files_and_the_store_still_works(path: Path) -> None:
    with Store.open(path) as store:
        fill(store)
        assert secrets_in(path) == list(SECRETS)
        store.erase_everything()
        store.compact()
        assert secrets_in(path) == []
        assert store.chats(include_deleted=True) == store.profiles(include_deleted=True) == []
        assert store.draft("new") == "" and store.search("xylophone") == []
        fill(store)
        assert len(store.search("xylophone")) == 2  # the title and the prompt
    with Store.open(path) as store:
        assert store.notices == ()


def test_only_what_was_deleted_is_gone_when_asked_for_that(path: Path) -> None:
    with Store.open(path) as store:
        keeps = store.create_chat(store.profile().id, "kept")
        store.add_message(keeps, None, "user", "umbrella")
        store.add_comparison(store.profile().id, Comparison("kept", "a", "b", 1.0))
        store.put_trait_scores("v", [("kept", "a"), ("kept", "b")], [(1.0,), (2.0,)])
        store.delete_chat(fill(store))
        store.delete_profile(store.profile("Ann").id)
        fill(store, "Bob")
        store.delete_profile(store.profile("Bob").id)
        last = store.last_comparison(store.profile().id)
        assert last is not None
        store.delete_comparison(last.id)
        assert store.erase_deleted() == {"chats": 2, "comparisons": 2, "profiles": 2}
        store.set_draft("new", "")
        store.compact()
        assert secrets_in(path) == []
        assert [hit.title for hit in store.search("umbrella")] == ["kept"]
        assert [row.comparison.prompt for row in store.comparisons(store.profile().id)] == ["kept"]
        assert None not in store.trait_scores("v", [("kept", "a"), ("kept", "b")])
        assert store.trait_scores("v", [("quagmire", "harpsichord")]) == [None]
        assert store.erase_deleted() == {"chats": 0, "comparisons": 0, "profiles": 0}


@pytest.mark.parametrize("everything", [True, False])
def test_a_very_long_chat_can_be_erased(store: Store, chat_id: int, everything: bool) -> None:
    def work() -> None:
        parent = None
        for number in range(1_200):  # SQLite follows a cascade for a thousand levels
            parent = store.add_message(chat_id, parent, "user", f"word{number}")

    store.together(work)
    store.delete_chat(chat_id)
    store.erase_everything() if everything else store.erase_deleted()
    with pytest.raises(StoreError, match="no chat"):
        store.chat(chat_id)


def test_another_process_sees_that_all_is_gone(path: Path) -> None:
    with Store.open(path) as ours, Store.open(path) as theirs:
        fill(ours)
        before = theirs.data_version()
        ours.erase_everything()
        ours.compact()
        assert theirs.data_version() != before
        assert theirs.chats() == []
        theirs.create_chat(theirs.profile().id, "new")
        assert [chat.title for chat in ours.chats()] == ["new"]
