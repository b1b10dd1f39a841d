"""Search: finds what is there, takes nothing typed for syntax, shows nothing harmful."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localpersona.store import Store
from localpersona.text import harmless


def say(store: Store, chat_id: int, *texts: str) -> list[int]:
    return [store.add_message(chat_id, None, "user", text) for text in texts]


def found(store: Store, query: str) -> list[int | None]:
    return [hit.message_id for hit in store.search(query)]


def test_all_words_must_occur_the_last_may_be_unfinished_newest_first(store: Store, chat_id: int) -> None:
    one, two, three = say(store, chat_id, "sleeping badly", "how to SLEEP better", "better coffee")
    assert found(store, "sleep") == [two, one]
    assert found(store, "better sle") == [two]
    assert found(store, "cof") == [three]
    assert found(store, "badly coffee") == []


def test_words_in_quotes_must_follow_each_other(store: Store, chat_id: int) -> None:
    one, two = say(store, chat_id, "red wine and bread", "wine, red")
    assert found(store, "red wine") == [two, one]
    assert found(store, '"red wine"') == [one]
    assert found(store, '"red win') == [two, one]


def test_accents_and_case_do_not_matter(store: Store, chat_id: int) -> None:
    (one,) = say(store, chat_id, "Ein schönes Café")
    assert found(store, "SCHONES cafe") == [one]


def test_punctuation_and_scripts_without_spaces_are_found_as_they_stand(store: Store, chat_id: int) -> None:
    one, two, three = say(store, chat_id, "怎样才能睡得更好？", "is 100% _really_ C++?", "nothing")
    assert found(store, "睡得") == [one]
    assert found(store, "++") == [two]
    assert found(store, "%") == [two]
    assert found(store, "_") == [two]
    assert three not in found(store, "?")


def test_titles_are_found_too(store: Store, chat_id: int) -> None:
    store.rename_chat(chat_id, "Holiday \x1b[31mplans")
    (hit,) = store.search("day")
    assert (hit.chat_id, hit.message_id, hit.title) == (chat_id, None, "Holiday ␛[31mplans")


def test_deleted_chats_are_not_found(store: Store, chat_id: int) -> None:
    say(store, chat_id, "secret")
    store.delete_chat(chat_id)
    assert store.search("secret") == []
    assert store.search("chat") == []
    store.restore_chat(chat_id)
    assert len(store.search("secret")) == 1


def test_an_answer_is_found_once_it_has_ended_with_its_final_text(store: Store, chat_id: int) -> None:
    message = store.add_message(chat_id, None, "assistant", "early draft", state="running")
    store.update_message(message, text="early draft of words")
    assert found(store, "draft") == []
    store.finish_answer(message, text="final words")
    assert found(store, "final") == [message]
    assert found(store, "draft") == []
    store.update_message(message, text="other words", state="running")
    assert found(store, "words") == []


def test_a_snippet_is_harmless_and_says_where_the_words_are(store: Store, chat_id: int) -> None:
    say(store, chat_id, "before " * 50 + "the \x1b]0;evil\x07 needle\nand " + "after " * 50)
    (hit,) = store.search("needle")
    assert hit.snippet == harmless(hit.snippet)
    assert "\n" not in hit.snippet
    assert len(hit.snippet) < 300
    assert [hit.snippet[start:end] for start, end in hit.matches] == ["needle"]


def test_no_more_hits_than_asked_for(store: Store, chat_id: int) -> None:
    say(store, chat_id, *["again"] * 20)
    assert len(store.search("again", limit=5)) == 5
    assert store.search("   ") == store.search("\0") == []


@pytest.fixture(scope="module")
def talkative() -> Iterator[Store]:
    with Store.open(None) as store:
        chat = store.create_chat(store.profile().id, "title")
        say(store, chat, 'some words: don\'t AND OR NOT near col:umn "quoted" (brackets) * ^ {x} 100% 睡觉')
        yield store


@settings(derandomize=True, deadline=None, max_examples=300)
@given(query=st.text(max_size=40) | st.text(alphabet="aAND OR\"'*()^:-+{}%_\\NEAR, \0睡", max_size=40))
def test_nothing_that_can_be_typed_is_syntax(talkative: Store, query: str) -> None:
    for hit in talkative.search(query):
        assert hit.snippet == harmless(hit.snippet)
        assert all(0 <= start < end <= len(hit.snippet) for start, end in hit.matches)


@settings(derandomize=True, deadline=None, max_examples=100)
@given(text=st.text(max_size=60), word=st.from_regex(r"[a-zA-Z0-9]{1,12}", fullmatch=True))
def test_a_word_of_a_message_finds_it(text: str, word: str) -> None:
    with Store.open(None) as store:
        message = store.add_message(store.create_chat(store.profile().id), None, "user", f"{text} | {word}")
        assert message in found(store, word)
