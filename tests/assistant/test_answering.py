"""A prompt becomes an answer: stored first, written down while it comes, kept whatever happens."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

import pytest
from scripted_engine import ScriptedEngine

from localpersona.assistant import AnswerFailed, Assistant, recording
from localpersona.engine.protocol import EngineBusy, ModelInfo, ModelSpec, Scores
from localpersona.events import (
    Accepted,
    Delta,
    Event,
    Failed,
    Finished,
    Loading,
    Notice,
    Progress,
    PromptRead,
)
from localpersona.settings import Settings
from localpersona.store import Store, StoreError
from localpersona.values import Reply

from .helpers import FOUR, Opener, engine_of, only, shown


def test_events_come_in_order_and_the_answer_is_stored(assistant: Assistant) -> None:
    events = list(assistant.stream("How do I sleep better?"))
    kinds = [type(event) for event in events]
    assert kinds[:3] == [Accepted, Loading, PromptRead]
    assert kinds[-1] is Finished
    assert Progress in kinds
    accepted, reply = only(Accepted, events), only(Finished, events).reply
    assert shown(events) == reply.text == reply.candidates[reply.chosen].text
    assert len(reply.candidates) == 4
    assert accepted.chat_id is not None and accepted.answer_id is not None
    prompt, answer = assistant.store.path(accepted.answer_id)
    assert (prompt.role, prompt.text) == ("user", "How do I sleep better?")
    assert (answer.text, answer.state, answer.chosen) == (reply.text, "complete", reply.chosen)
    assert answer.statistics == reply.statistics
    assert assistant.store.candidates(answer.id) == reply.candidates
    assert assistant.store.chat(accepted.chat_id).title == "How do I sleep better?"


def test_the_prompt_is_on_disk_before_anything_is_generated(assistant: Assistant) -> None:
    with closing(assistant.stream("Keep me")) as events:
        accepted = next(events)
        assert isinstance(accepted, Accepted) and accepted.prompt_id is not None
        assert engine_of(assistant).requests == []
        assert assistant.store.message(accepted.prompt_id).text == "Keep me"


def test_a_conversation_goes_on_in_its_chat(assistant: Assistant) -> None:
    first = assistant.reply("One?", plain=True)
    second = assistant.reply("Two?", chat_id=first.chat_id, plain=True)
    assert second.chat_id == first.chat_id
    turns = engine_of(assistant).requests[-1].turns
    assert [turn.role for turn in turns] == ["system", "user", "assistant", "user"]
    assert [turn.content for turn in turns[1:]] == ["One?", first.text, "Two?"]


def test_an_earlier_answer_can_be_gone_on_from(assistant: Assistant) -> None:
    first = assistant.reply("One?", plain=True)
    assistant.reply("Two?", chat_id=first.chat_id, plain=True)
    other = assistant.reply("Two differently?", parent_id=first.message_id, plain=True)
    assert other.chat_id == first.chat_id
    contents = [turn.content for turn in engine_of(assistant).requests[-1].turns[1:]]
    assert contents == ["One?", first.text, "Two differently?"]


def test_regenerating_and_editing_make_siblings(assistant: Assistant) -> None:
    first = assistant.reply("One?", plain=True)
    assert first.message_id is not None
    again = only(Finished, assistant.regenerate(first.message_id, plain=True)).reply
    assert [row.id for row in assistant.store.siblings(first.message_id)] == [
        first.message_id,
        again.message_id,
    ]
    seeds = [request.sampling.seed for request in engine_of(assistant).requests]
    assert seeds[0] != seeds[1]
    prompt = assistant.store.path(first.message_id)[0]
    edited = only(Finished, assistant.edit(prompt.id, "Other?")).reply
    assert edited.chat_id == first.chat_id
    assert [row.text for row in assistant.store.siblings(prompt.id)] == ["One?", "Other?"]
    assert engine_of(assistant).requests[-1].turns[-1].content == "Other?"


def test_a_cut_answer_is_continued_in_place(open_assistant: Opener) -> None:
    whole = "one two three four five six"
    assistant = open_assistant(ScriptedEngine([whole]), max_tokens=3)
    reply = assistant.reply("Count", plain=True)
    assert (reply.text, reply.finish_reason) == ("one two three ", "length")
    assert reply.message_id is not None
    events = list(assistant.continue_answer(reply.message_id))
    assert shown(events) == "four five six"
    assert only(Finished, events).reply.text == whole
    row = assistant.store.message(reply.message_id)
    assert (row.text, row.state, row.finish_reason) == (whole, "complete", "stop")
    assert engine_of(assistant).requests[-1].continuation == "one two three "


def test_continuing_a_chosen_answer_keeps_what_it_was_chosen_from(open_assistant: Opener) -> None:
    assistant = open_assistant(max_tokens=2)
    reply = assistant.reply("Hi")
    assert reply.message_id is not None and len(reply.candidates) == 4
    longer = only(Finished, assistant.continue_answer(reply.message_id)).reply
    assert longer.text.startswith(reply.text) and len(longer.text) > len(reply.text)
    assert assistant.store.candidates(reply.message_id) == reply.candidates
    assert longer.explanation == reply.explanation


def test_reasoning_is_kept_apart(open_assistant: Opener) -> None:
    assistant = open_assistant(ScriptedEngine(["<think>hm well</think>Yes."]))
    reply = assistant.reply("Really?", plain=True)
    assert (reply.text, reply.reasoning) == ("Yes.", "hm well")
    assert reply.message_id is not None
    assert assistant.store.message(reply.message_id).reasoning == "hm well"
    assistant.reply("And?", chat_id=reply.chat_id, plain=True)
    assert engine_of(assistant).requests[-1].turns[-2].content == "Yes."


def test_stopping_keeps_the_partial_text(open_assistant: Opener) -> None:
    assistant = open_assistant(ScriptedEngine(["one two three four"], hold_after=2))
    events: list[Event] = []
    for event in assistant.stream("Count", plain=True):
        events.append(event)
        if shown(events) == "one two ":
            assistant.cancel()
    reply = only(Finished, events).reply
    assert (reply.text, reply.finish_reason) == ("one two ", "cancelled")
    assert reply.message_id is not None
    row = assistant.store.message(reply.message_id)
    assert (row.text, row.state) == ("one two ", "stopped")
    assert only(Finished, assistant.continue_answer(row.id)).reply.text == "one two three four"


def test_stopping_while_candidates_are_decoded_shows_what_there_is(open_assistant: Opener) -> None:
    assistant = open_assistant(ScriptedEngine(["one two three four five"]))
    events: list[Event] = []
    for event in assistant.stream("Count"):
        events.append(event)
        if isinstance(event, Progress):
            assistant.cancel()
    reply = only(Finished, events).reply
    assert reply.finish_reason == "cancelled"
    assert shown(events) == reply.text != ""


def test_stopping_before_the_engine_began_is_not_lost(assistant: Assistant) -> None:
    events = assistant.stream("Never mind")
    assistant.cancel()
    reply = only(Finished, list(events)).reply
    assert (reply.text, reply.finish_reason) == ("", "cancelled")
    assert engine_of(assistant).requests == []
    # and the next answer is not stopped by it
    assert assistant.reply("Now").finish_reason == "stop"


def test_closing_the_iterator_stops_and_keeps(open_assistant: Opener) -> None:
    assistant = open_assistant(ScriptedEngine(["one two three"]))
    seen: list[Event] = []
    with closing(assistant.stream("Count", plain=True)) as events:
        for event in events:
            seen.append(event)
            if isinstance(event, Delta):
                break
    accepted = only(Accepted, seen)
    assert accepted.answer_id is not None
    row = assistant.store.message(accepted.answer_id)
    assert (row.text, row.state) == ("one ", "stopped")
    assert not assistant.engine.busy


def test_closing_after_the_end_does_not_undo_it(assistant: Assistant) -> None:
    with closing(assistant.stream("Hi")) as events:
        finished = next(event for event in events if isinstance(event, Finished))
    assert finished.reply.message_id is not None
    assert assistant.store.message(finished.reply.message_id).state == "complete"


def test_a_crash_keeps_the_partial_text_and_the_next_answer_works(open_assistant: Opener) -> None:
    assistant = open_assistant(ScriptedEngine(["one two three"], crash_after=2))
    events = list(assistant.stream("Count", plain=True))
    failed = only(Failed, events)
    assert failed.partial == "one two "
    assert "ended unexpectedly" in failed.message and "Traceback" not in failed.message
    accepted = only(Accepted, events)
    assert accepted.answer_id is not None
    row = assistant.store.message(accepted.answer_id)
    assert (row.text, row.state) == ("one two ", "failed")
    assert assistant.reply("Again", chat_id=accepted.chat_id, plain=True).text == "one two three"
    contents = [turn.content for turn in engine_of(assistant).requests[-1].turns]
    assert "one two " in contents  # the half answer was read by the user, so the model knows it too


def test_a_prompt_that_was_never_answered_is_left_out_of_the_conversation(open_assistant: Opener) -> None:
    assistant = open_assistant(ScriptedEngine(["fine"], crash_after=0))
    failed = list(assistant.stream("Breaks", plain=True))
    chat_id = only(Accepted, failed).chat_id
    assistant.reply("Works", chat_id=chat_id, plain=True)
    assert [turn.content for turn in engine_of(assistant).requests[-1].turns[1:]] == ["Works"]


def test_reply_raises_with_the_partial_text(open_assistant: Opener) -> None:
    assistant = open_assistant(ScriptedEngine(["one two three"], crash_after=1))
    with pytest.raises(AnswerFailed) as caught:
        assistant.reply("Count", plain=True)
    assert caught.value.partial == "one "


def test_a_prompt_longer_than_the_context_is_refused_and_kept(open_assistant: Opener) -> None:
    assistant = open_assistant(context_length=256)
    events = list(assistant.stream("word " * 400, plain=True))
    assert "does not fit" in only(Failed, events).message
    accepted = only(Accepted, events)
    assert accepted.prompt_id is not None
    assert assistant.store.message(accepted.prompt_id).text.startswith("word")


def test_a_bug_in_the_engine_is_one_line_and_not_a_traceback(open_assistant: Opener) -> None:
    def broken(request: object, index: int) -> str:
        raise ZeroDivisionError("oops")

    assistant = open_assistant(ScriptedEngine(broken))
    failed = only(Failed, list(assistant.stream("Hi", plain=True)))
    assert "ZeroDivisionError" in failed.message and "Traceback" not in failed.message


def test_without_saving_nothing_is_written(assistant: Assistant) -> None:
    earlier = assistant.reply("Saved", plain=True)
    version = assistant.store.data_version()
    events = list(assistant.stream("Secret", chat_id=earlier.chat_id, save=False))
    assert only(Accepted, events) == Accepted(None, None, None)
    reply = only(Finished, events).reply
    assert (reply.chat_id, reply.message_id) == (None, None)
    assert reply.text
    assert assistant.store.data_version() == version
    assert "Saved" in [turn.content for turn in engine_of(assistant).requests[-1].turns]


def test_a_store_that_refuses_the_prompt_gives_it_back(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object, **kwargs: object) -> int:
        raise StoreError("The disk is full, so nothing was saved.")

    monkeypatch.setattr(assistant.store, "add_message", full)
    events = list(assistant.stream("Precious words"))
    assert events == [Failed("The disk is full, so nothing was saved.", "Precious words")]
    assert assistant.store.chats() == []  # half a chat is not left behind


def test_a_disk_that_fills_up_meanwhile_does_not_stop_the_answer(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object, **kwargs: object) -> None:
        raise StoreError("The disk is full, so nothing was saved.")

    monkeypatch.setattr(assistant.store, "finish_answer", full)
    monkeypatch.setattr(assistant.store, "update_message", full)
    events = list(assistant.stream("Hi", plain=True))
    assert only(Finished, events).reply.text == FOUR[0]
    assert "could not be stored" in only(Notice, events).message


def test_partial_text_is_written_while_it_comes(
    open_assistant: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "SAVE_SECONDS", 0.0)
    assistant = open_assistant(ScriptedEngine(["one two three"]))
    accepted, written = None, []
    for event in assistant.stream("Count", plain=True):
        if isinstance(event, Accepted):
            accepted = event
        if isinstance(event, Delta) and accepted is not None and accepted.answer_id is not None:
            row = assistant.store.message(accepted.answer_id)
            written.append((row.text, row.state))
    assert written == [("one ", "running"), ("one two ", "running"), ("one two three", "running")]


@pytest.mark.parametrize("how", ["off", "plain"])
def test_off_and_plain_are_the_plain_model(open_assistant: Opener, how: str) -> None:
    assistant = open_assistant(strength="off" if how == "off" else "full", instructions=True)
    assistant.lock("length", -0.9)
    reply = assistant.reply("Hi", candidates=8, plain=how == "plain", seed=7)
    request = engine_of(assistant).requests[-1]
    assert (request.candidates, request.taste, request.sampling.seed) == (1, None, 7)
    assert not (request.instruction or request.contrast or request.steering or request.adapters)
    assert [turn.content for turn in request.turns] == [Settings().system_prompt, "Hi"]
    assert "plain model" in reply.explanation.summary


def test_the_instruction_goes_with_the_request_when_it_is_on(open_assistant: Opener) -> None:
    for on in (True, False):
        assistant = open_assistant(instructions=on, system_prompt="Be honest.")
        assistant.lock("length", -0.9)
        reply = assistant.reply("Hi")
        request = engine_of(assistant).requests[-1]
        assert [turn.content for turn in request.turns] == ["Be honest.", "Hi"]
        assert ("short and concise" in request.instruction) is on
        assert ("short and concise" in reply.explanation.instruction) is on


def test_the_weights_decide_which_candidate_is_chosen(open_assistant: Opener) -> None:
    for position, expected in ((-0.95, FOUR[0]), (0.95, FOUR[1])):
        assistant = open_assistant()
        for trait in assistant.traits:
            assistant.lock(trait.name, position if trait.name == "length" else 0.0)
        assert assistant.reply("Hi").text == expected


def test_why_is_explained_also_later_and_elsewhere(open_assistant: Opener, private_home: object) -> None:
    first = open_assistant(store=Store.open())
    first.lock("length", -0.95)
    reply = first.reply("Hi")
    assert reply.message_id is not None
    assert first.explain(reply.message_id) == reply.explanation
    first.close()
    later = open_assistant(store=Store.open())
    why = later.explain(reply.message_id)
    assert why.effects == reply.explanation.effects
    assert why.candidates == 4


def test_chats_that_are_not_to_be_stored_live_in_memory(private_home: object) -> None:
    settings = Settings(store_chats=False)
    with Assistant.open(engine=ScriptedEngine(FOUR), settings=settings) as assistant:
        first = assistant.reply("One?")
        second = assistant.reply("Two?", chat_id=first.chat_id)
        assert second.chat_id == first.chat_id
        assert second.message_id is not None
        question = assistant.comparable(second.message_id)
        assert question is not None
        assistant.compare(question, 1.0)
        assert assistant.profile().comparisons == 1
    with Store.open() as store:
        assert store.chats() == []
        assert len(store.comparisons(store.profile().id)) == 1


def test_the_profile_can_be_read_and_changed_while_an_answer_streams(open_assistant: Opener) -> None:
    assistant = open_assistant(ScriptedEngine(["one two three four"], hold_after=2))
    started, replies = threading.Event(), list[Reply]()

    def chat() -> None:
        for event in assistant.stream("Count", plain=True):
            if isinstance(event, Delta):
                started.set()
            if isinstance(event, Finished):
                replies.append(event.reply)

    thread = threading.Thread(target=chat)
    thread.start()
    assert started.wait(10)
    question = assistant.next_question()
    assert question is not None
    assert assistant.compare(question, 1.0).profile.comparisons == 1
    assert assistant.undo() is not None
    engine_of(assistant).release()
    thread.join(10)
    assert replies[0].text == "one two three four"


class OneAtATime(ScriptedEngine):
    """Refuses to score or load beside another request, as the real one does; scoring waits for `go`."""

    def __init__(self) -> None:
        super().__init__(FOUR)
        self.scoring, self.go, self._only = threading.Event(), threading.Event(), threading.Lock()

    def score(self, prompt: str, responses: Sequence[str]) -> Scores:
        with self._alone():
            self.scoring.set()
            assert self.go.wait(10)
            return super().score(prompt, responses)

    def load(self, spec: ModelSpec) -> ModelInfo:
        with self._alone():
            return super().load(spec)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._only.acquire(blocking=False):
            raise EngineBusy("The model is busy.")
        try:
            yield
        finally:
            self._only.release()


def test_an_answer_does_not_fail_because_comparisons_are_being_scored(open_assistant: Opener) -> None:
    engine = OneAtATime()
    assistant = open_assistant(engine)
    entries = [
        {"prompt": f"p{number}", "first": FOUR[0], "second": FOUR[1], "outcome": 1} for number in range(3)
    ]
    assistant.import_profile({"format": "localpersona-profile", "version": 1, "comparisons": entries})
    profile = threading.Thread(target=assistant.profile)
    profile.start()
    assert engine.scoring.wait(10)
    threading.Timer(0.2, engine.go.set).start()
    assert isinstance(list(assistant.stream("Hi"))[-1], Finished)
    profile.join(10)
    assert assistant.profile().comparisons == 3


def test_a_second_answer_is_refused_and_the_first_can_still_be_stopped(open_assistant: Opener) -> None:
    assistant = open_assistant(ScriptedEngine(["one two three four"], hold_after=1))
    with closing(assistant.stream("First", plain=True)) as first:
        assert isinstance(next(event for event in first if isinstance(event, Delta)), Delta)
        assert isinstance(list(assistant.stream("Second", plain=True))[-1], Failed)
        assistant.cancel()
        assert only(Finished, list(first)).reply.finish_reason == "cancelled"


def test_stopping_reaches_an_answer_that_still_waits_for_its_model(open_assistant: Opener) -> None:
    assistant = open_assistant()
    with closing(assistant.stream("First", plain=True)) as first:
        assert isinstance(next(event for event in first if isinstance(event, Loading)), Loading)
        assistant.stream("Second, never begun")
        assistant.cancel()
        assert only(Finished, list(first)).reply.finish_reason == "cancelled"


def test_a_script_that_leaves_an_answer_half_read_still_ends() -> None:
    script = """
from localpersona.assistant import Assistant
from localpersona.store import Store
from scripted_engine import ScriptedEngine
assistant = Assistant.open(engine=ScriptedEngine(["one two"], crash_after=1), store=Store.open(None))
events = assistant.stream("Count", plain=True)
while type(next(events)).__name__ != "Failed":
    pass
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(part for part in sys.path if part)}
    subprocess.run([sys.executable, "-c", script], env=environment, timeout=60, check=True)


def test_closing_while_an_answer_is_written_keeps_all_of_it(open_assistant: Opener) -> None:
    assistant = open_assistant(ScriptedEngine(["one two three four"], hold_after=2), store=Store.open())
    started = threading.Event()

    def chat() -> None:
        for event in assistant.stream("Count", plain=True):
            if isinstance(event, Delta) and event.text == "two ":
                started.set()

    thread = threading.Thread(target=chat)
    thread.start()
    assert started.wait(10)
    assistant.close()
    thread.join(10)
    with Store.open() as store:
        row = store.message(store.chats()[0].last_message_id or 0)
        assert (row.text, row.state) == ("one two ", "stopped")
