"""What is learned from the answers that somebody keeps, and when a comparison is offered."""

from __future__ import annotations

import pytest
from scripted_engine import ScriptedEngine

from localpersona.assistant import Assistant
from localpersona.events import Finished
from localpersona.store import StoreError

from .helpers import FOUR, Opener


def twice(assistant: Assistant) -> tuple[int, int]:
    """Ask, and have it answered again; return both answers."""
    first = assistant.reply("Hi")
    assert first.message_id is not None
    *_, last = assistant.regenerate(first.message_id)
    assert isinstance(last, Finished) and last.reply.message_id is not None
    return first.message_id, last.reply.message_id


def go_on(assistant: Assistant, answer_id: int) -> int:
    """Ask something after this answer; return that prompt."""
    chat_id = assistant.store.message(answer_id).chat_id
    reply = assistant.reply("And then?", chat_id=chat_id, parent_id=answer_id)
    assert reply.message_id is not None
    return assistant.store.path(reply.message_id)[-2].id


def test_going_on_from_one_of_two_answers_teaches_only_who_agreed_to_that(open_assistant: Opener) -> None:
    assistant = open_assistant(ScriptedEngine(["Short one.", "A longer one " * 9, "Then?"]), candidates=1)
    _, second = twice(assistant)
    prompt = go_on(assistant, second)
    assert assistant.learn_from_kept(prompt) is None
    assistant.update_settings(learn_from_kept=True)
    learned = assistant.learn_from_kept(prompt)
    assert learned is not None and learned.profile.comparisons == 1
    comparison = assistant.evidence()[0].comparison
    assert (comparison.first, comparison.second) == ("A longer one " * 9, "Short one.")
    assert (comparison.outcome, comparison.source) == (1.0, "kept")
    assert assistant.learn_from_kept(prompt) is None  # once is enough
    assistant.undo()
    assert assistant.profile().comparisons == 0


def test_going_on_from_the_former_answer_prefers_that_one(open_assistant: Opener) -> None:
    assistant = open_assistant(ScriptedEngine(["One.", "Two.", "Then?"]), candidates=1, learn_from_kept=True)
    first, _ = twice(assistant)
    assert assistant.learn_from_kept(go_on(assistant, first)) is not None
    assert assistant.evidence()[0].comparison.first == "One."


def test_an_answer_alone_or_beside_a_broken_one_teaches_nothing(open_assistant: Opener) -> None:
    engine = ScriptedEngine(["Whole one.", "this one is cut at its limit", "Then?"])
    assistant = open_assistant(engine, candidates=1, max_tokens=3, learn_from_kept=True)
    first, _ = twice(assistant)
    assert assistant.learn_from_kept(go_on(assistant, first)) is None
    alone = assistant.reply("Other")
    assert alone.message_id is not None
    assert assistant.learn_from_kept(go_on(assistant, alone.message_id)) is None


def test_an_edited_answer_stands_beside_the_former_and_counts_for_who_agreed(open_assistant: Opener) -> None:
    assistant = open_assistant(ScriptedEngine(["A long answer " * 9]), candidates=1, learn_from_kept=True)
    reply = assistant.reply("Hi")
    assert reply.message_id is not None
    learned = assistant.keep_edited(reply.message_id, "Short.")
    assert learned is not None and learned.profile.comparisons == 1
    assert assistant.evidence()[0].comparison.first == "Short."
    texts = [row.text for row in assistant.store.siblings(reply.message_id)]
    assert texts == ["A long answer " * 9, "Short."]
    assert assistant.store.path(assistant.store.chats()[0].last_message_id or 0)[-1].text == "Short."
    with pytest.raises(StoreError, match="Nothing was changed"):
        assistant.keep_edited(reply.message_id, " A long answer " * 9)


def test_versions_of_an_answer_can_be_compared_with_each_other(open_assistant: Opener) -> None:
    assistant = open_assistant(ScriptedEngine(["One.", "Two, and longer."]), candidates=1)
    _, second = twice(assistant)
    question = assistant.comparable(second)
    assert question is not None
    assert {question.first, question.second} == {"One.", "Two, and longer."}
    assert assistant.comparable(second, versions=False) is None


def test_comparisons_are_offered_seldom_never_twice_in_a_row_and_not_at_all_when_unwanted(
    open_assistant: Opener,
) -> None:
    assistant = open_assistant(ScriptedEngine(FOUR), offer_every=3)

    def offered(count: int) -> str:
        replies = [assistant.reply(f"Hi {index}") for index in range(count)]
        return "".join("x" if assistant.offer(reply.message_id or 0) else "." for reply in replies)

    assert offered(7) == "x..x..x"
    assistant.update_settings(offer_every=1)
    assert offered(6) == "..x.x."
    assistant.update_settings(offer_every=0)
    assert offered(4) == "...."
