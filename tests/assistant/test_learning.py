"""Comparisons, onboarding and the profile: what the user says is kept, learned from, and can be undone."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from scripted_engine import ScriptedEngine

from localpersona.assistant import Assistant, ProfileFileError, Question
from localpersona.assistant.onboarding import FEWEST
from localpersona.engine.protocol import EngineCrashed
from localpersona.preferences import Weights
from localpersona.store import Store, StoreError
from localpersona.values import Comparison

from .helpers import FOUR, Opener

NAMES = Weights.prior().names


def answer(assistant: Assistant, question: Question, **tastes: float) -> float:
    """Return the outcome that somebody with these weights would give."""
    truth = np.array([tastes.get(name, 0.0) for name in NAMES])
    return float(truth @ np.subtract(question.traits_first, question.traits_second) > 0)


def onboard(assistant: Assistant, **tastes: float) -> list[Question]:
    asked = []
    while (question := assistant.next_question()) is not None:
        asked.append(question)
        assistant.compare(question, answer(assistant, question, **tastes))
    return asked


def mean_of(assistant: Assistant, trait: str) -> float:
    return next(view.mean for view in assistant.profile().traits if view.trait.name == trait)


def same_weights(one: Assistant, other: Assistant) -> bool:
    means = [[view.mean for view in assistant.profile().traits] for assistant in (one, other)]
    return bool(np.allclose(*means, atol=1e-6))


def test_onboarding_asks_about_ten_different_questions_and_learns_the_taste(assistant: Assistant) -> None:
    asked = onboard(assistant, length=-2, formality=-1)
    assert FEWEST <= len(asked) == assistant.onboarding_answered() <= assistant.onboarding_total == 10
    assert len({question.question_id for question in asked}) == len(asked)
    profile = assistant.profile()
    assert profile.comparisons == len(asked)
    assert mean_of(assistant, "length") < -0.3
    assert "shorter answers" in profile.summary


def test_the_first_round_ends_when_enough_is_known_and_a_later_one_when_it_is_complete(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("localpersona.assistant.onboarding.knows_enough", lambda *_: True)
    assert len(onboard(assistant, length=-2)) == FEWEST
    assert assistant.undo() is not None
    assert assistant.next_question() is not None
    onboard(assistant, length=-2)
    assistant.more_questions()
    assert len(onboard(assistant, length=-2)) == assistant.onboarding_total


def test_opposite_users_get_opposite_profiles(open_assistant: Opener) -> None:
    brief, thorough = open_assistant(), open_assistant()
    onboard(brief, length=-2, structure=1)
    onboard(thorough, length=2, structure=-1)
    assert mean_of(brief, "length") < 0 < mean_of(thorough, "length")


def test_onboarding_resumes_where_it_stopped(open_assistant: Opener) -> None:
    store = Store.open()
    first = open_assistant(store=store)
    for _ in range(3):
        question = first.next_question()
        assert question is not None
        first.compare(question, 1.0)
    expected = first.next_question()
    first.close()
    second = open_assistant(store=Store.open())
    assert second.onboarding_answered() == 3
    assert second.next_question() == expected


def test_asking_twice_without_an_answer_shows_the_same_question_in_the_same_order(
    assistant: Assistant,
) -> None:
    assert assistant.next_question() == assistant.next_question()


def test_the_order_of_responses_is_mixed(assistant: Assistant) -> None:
    from localpersona.rewards import question_bank

    bank = question_bank()
    first = {str(name): text for name, text in zip(bank.id, bank.first, strict=True)}
    asked = onboard(assistant, length=-1)
    assistant.more_questions()
    asked += onboard(assistant, length=-1)
    kept = sum(question.first == first[str(question.question_id)] for question in asked)
    assert 2 <= kept <= len(asked) - 2


def test_a_skipped_question_teaches_nothing_and_does_not_come_again(assistant: Assistant) -> None:
    question = assistant.next_question()
    assert question is not None
    before = assistant.profile()
    learned = assistant.compare(question, None)
    assert learned.profile == before
    assert "nothing changed" in learned.summary
    following = assistant.next_question()
    assert following is not None and following.question_id != question.question_id
    assert assistant.onboarding_answered() == 0
    assert assistant.undo() is not None
    assert assistant.next_question() == question


def test_another_round_keeps_what_was_learned(assistant: Assistant) -> None:
    first = onboard(assistant, length=-2)
    assert assistant.next_question() is None
    assistant.more_questions()
    assert assistant.onboarding_answered() == 0
    second = onboard(assistant, length=-2)
    assert not {q.question_id for q in first} & {q.question_id for q in second}
    assert assistant.profile().comparisons == len(first) + len(second)


def test_undo_takes_onboarding_and_chat_comparisons_back_one_by_one(open_assistant: Opener) -> None:
    assistant, fresh = open_assistant(), open_assistant()
    question = assistant.next_question()
    assert question is not None
    assistant.compare(question, 1.0)
    after_first = assistant.profile()
    reply = assistant.reply("Hi")
    assert reply.message_id is not None
    pair = assistant.comparable(reply.message_id)
    assert pair is not None
    assistant.compare(pair, 0.0)
    undone = assistant.undo()
    assert undone is not None and undone.profile == after_first
    undone = assistant.undo()
    assert undone is not None and undone.profile.comparisons == 0
    assert same_weights(assistant, fresh)
    assert assistant.next_question() == question
    assert assistant.undo() is None


def test_a_comparison_is_on_disk_when_the_screen_hears_of_it(assistant: Assistant) -> None:
    question = assistant.next_question()
    assert question is not None
    learned = assistant.compare(question, 0.5)
    row = assistant.store.last_comparison(assistant.profile_row.id)
    assert row is not None and row.id == learned.comparison_id
    assert row.comparison == Comparison(question.prompt, question.first, question.second, 0.5, "onboarding")


def test_a_comparison_that_cannot_be_stored_is_not_claimed(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = assistant.next_question()
    assert question is not None

    def full(*args: object, **kwargs: object) -> int:
        raise StoreError("The disk is full, so nothing was saved.")

    monkeypatch.setattr(assistant.store, "add_comparison", full)
    with pytest.raises(StoreError, match="full"):
        assistant.compare(question, 1.0)
    assert assistant.profile().comparisons == 0


def test_only_the_four_outcomes_are_allowed(assistant: Assistant) -> None:
    question = assistant.next_question()
    assert question is not None
    with pytest.raises(ValueError, match="outcome"):
        assistant.compare(question, 0.7)


def test_what_was_learned_is_said_without_overclaiming(assistant: Assistant) -> None:
    summaries = []
    while (question := assistant.next_question()) is not None:
        summaries.append(assistant.compare(question, answer(assistant, question, length=-2)).summary)
    assert not any(re.search(r"\d", summary) for summary in summaries)
    assert not summaries[0].startswith("You seem")  # one answer is not enough to claim anything
    assert any("shorter" in summary for summary in summaries)


# Comparing candidates


def test_the_most_telling_pair_of_candidates_is_offered(assistant: Assistant) -> None:
    reply = assistant.reply("Hi")
    assert reply.message_id is not None
    question = assistant.comparable(reply.message_id)
    assert question is not None
    assert {question.first, question.second} < set(FOUR)
    assert (question.prompt, question.source, question.message_id) == ("Hi", "chat", reply.message_id)
    assert len(question.traits_first) == len(NAMES)
    learned = assistant.compare(question, 1.0)
    row = assistant.store.last_comparison(assistant.profile_row.id)
    assert row is not None and row.message_id == reply.message_id
    assert learned.profile.comparisons == 1
    other = assistant.comparable(reply.message_id)
    assert other is not None and {other.first, other.second} != {question.first, question.second}


def test_every_pair_is_asked_once(assistant: Assistant) -> None:
    reply = assistant.reply("Hi")
    assert reply.message_id is not None
    count = 0
    while (question := assistant.comparable(reply.message_id)) is not None:
        assistant.compare(question, None)
        count += 1
    assert count == 6


@pytest.mark.parametrize(
    ("answers", "settings"),
    [
        (["Same text."], {}),
        (FOUR, {"candidates": 1}),
        (["", "Only one.", "", ""], {}),
        (FOUR, {"strength": "off"}),
    ],
)
def test_fewer_than_two_different_whole_responses_cannot_be_compared(
    open_assistant: Opener, answers: list[str], settings: dict[str, object]
) -> None:
    assistant = open_assistant(ScriptedEngine(answers), **settings)
    reply = assistant.reply("Hi")
    assert reply.message_id is not None
    assert assistant.comparable(reply.message_id) is None


def test_a_whole_response_is_not_compared_with_a_cut_one(open_assistant: Opener) -> None:
    assistant = open_assistant(
        ScriptedEngine(["Whole one.", "this one is cut at its limit"]), max_tokens=3, candidates=2
    )
    reply = assistant.reply("Hi")
    assert reply.message_id is not None
    assert [candidate.finish_reason for candidate in reply.candidates] == ["stop", "length"]
    assert assistant.comparable(reply.message_id) is None


def test_a_prompt_has_nothing_to_compare(assistant: Assistant) -> None:
    reply = assistant.reply("Hi")
    assert reply.message_id is not None
    assert assistant.comparable(assistant.store.path(reply.message_id)[0].id) is None


def test_the_last_answer_can_be_compared_when_candidates_are_not_stored(open_assistant: Opener) -> None:
    assistant = open_assistant(store_candidates=False)
    reply = assistant.reply("Hi")
    assert reply.message_id is not None
    assert assistant.store.candidates(reply.message_id) == ()
    assert assistant.comparable(reply.message_id) is not None


# The profile


def test_a_new_profile_says_that_nothing_is_known(assistant: Assistant) -> None:
    profile = assistant.profile()
    assert profile.comparisons == 0
    assert {view.description for view in profile.tastes} == {"not known yet"}
    assert [view.trait.name for view in profile.qualities] == ["quality"]
    assert "Not much is known" in profile.summary


def test_many_choices_that_say_nothing_are_not_asked_for_as_if_there_were_none(assistant: Assistant) -> None:
    for _ in range(10):
        question = assistant.next_question()
        assert question is not None
        assistant.compare(question, 0.5)
    assert assistant.profile().summary == "Your choices don't point one way yet: a few more will tell."


def test_bars_lie_between_their_ends_and_words_have_no_numbers(assistant: Assistant) -> None:
    onboard(assistant, length=-3, structure=2)
    for view in assistant.profile().traits:
        assert -1 < view.low <= view.position <= view.high < 1
        assert not re.search(r"\d", view.description)


def test_a_locked_trait_stays_where_it_was_set(assistant: Assistant) -> None:
    profile = assistant.lock("length", 0.8)
    view = next(view for view in profile.traits if view.trait.name == "length")
    assert view.locked and view.known
    assert view.position == pytest.approx(0.8, abs=1e-6)
    assert view.description == "set to detailed"
    onboard(assistant, length=-3)
    view = next(view for view in assistant.profile().traits if view.trait.name == "length")
    assert view.position == pytest.approx(0.8, abs=0.01)
    assert not next(view for view in assistant.unlock("length").traits if view.trait.name == "length").locked
    assert mean_of(assistant, "length") < 0


def test_a_trait_can_be_held_where_it_is(assistant: Assistant) -> None:
    onboard(assistant, length=-3)
    mean = mean_of(assistant, "length")
    assistant.lock("length")
    assert mean_of(assistant, "length") == pytest.approx(mean, abs=0.01)


@pytest.mark.parametrize(
    ("trait", "position"), [("nonsense", 0.0), ("length", 1.5), ("length", float("nan"))]
)
def test_impossible_locks_are_refused(assistant: Assistant, trait: str, position: float) -> None:
    with pytest.raises(ValueError):
        assistant.lock(trait, position)


def test_forgetting_returns_to_the_prior_and_keeps_chats(open_assistant: Opener) -> None:
    assistant, fresh = open_assistant(), open_assistant()
    assistant.reply("Hi")
    onboard(assistant, length=-3)
    assistant.lock("humour", 0.5)
    profile = assistant.forget()
    assert profile.comparisons == 0
    assert not any(view.locked for view in profile.traits)
    assert same_weights(assistant, fresh)
    assert assistant.onboarding_answered() == 0 and assistant.next_question() is not None
    assert len(assistant.store.chats()) == 1


def test_what_another_process_learned_counts_here(open_assistant: Opener) -> None:
    here, there = open_assistant(store=Store.open()), open_assistant(store=Store.open())
    here.profile()
    asked = onboard(there, length=-3)
    assert here.profile().comparisons == len(asked)
    assert same_weights(here, there)
    assert here.next_question() is None


def test_scores_that_are_missing_come_from_the_engine(assistant: Assistant) -> None:
    """Comparisons without cached scores (imported, or scored by another reward model) are scored again."""
    profile = assistant.profile_row
    assistant.store.add_comparison(profile.id, Comparison("p", FOUR[0], FOUR[1], 1.0, "import"))
    assert assistant.profile().comparisons == 1
    assert mean_of(assistant, "length") < 0
    assert None not in assistant.store.trait_scores(
        assistant.rewards_version, [("p", FOUR[0]), ("p", FOUR[1])]
    )


def test_a_profile_can_be_read_when_the_engine_does_not_work(
    open_assistant: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = ScriptedEngine(FOUR)

    def broken(*args: object) -> object:
        raise EngineCrashed("The model's process does not start.")

    monkeypatch.setattr(engine, "score", broken)
    assistant = open_assistant(engine)
    assistant.store.add_comparison(assistant.profile_row.id, Comparison("p", FOUR[0], FOUR[1], 1.0, "import"))
    assert assistant.profile().comparisons == 0
    assert any("One comparison could not be scored" in notice for notice in assistant.notices)


def test_a_profile_can_be_read_when_the_disk_is_full(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    assistant.store.add_comparison(assistant.profile_row.id, Comparison("p", FOUR[0], FOUR[1], 1.0, "import"))

    def full(*args: object) -> None:
        raise StoreError("The disk is full, so nothing was saved.")

    monkeypatch.setattr(assistant.store, "put_trait_scores", full)
    assert assistant.profile().comparisons == 1


def test_setting_one_trait_keeps_the_others_even_of_another_reward_model(assistant: Assistant) -> None:
    assistant.store.set_locks(assistant.profile_row.id, {"sparkle": 1.0})
    assistant.lock("length", 0.5)
    assistant.lock("humour", 0.5)
    assistant.unlock("length")
    assert set(assistant.profile_row.locks) == {"sparkle", "humour"}


# Export and import


def test_a_profile_travels_as_json(open_assistant: Opener) -> None:
    here, there = open_assistant(), open_assistant()
    asked = onboard(here, length=-3)
    here.lock("humour", 0.5)
    data = json.loads(json.dumps(here.export_profile()))
    assert (data["format"], data["version"], data["name"]) == ("localpersona-profile", 1, "default")
    assert there.import_profile(data) == len(asked)
    assert there.export_profile() == here.export_profile()
    np.testing.assert_allclose(positions(there), positions(here), atol=1e-12)
    assert there.import_profile(data) == 0
    assert there.profile().comparisons == len(asked)
    assert there.next_question() is None


def positions(assistant: Assistant) -> list[float]:
    return [view.position for view in assistant.profile().traits]


def test_importing_merges_and_knows_swapped_comparisons(open_assistant: Opener) -> None:
    here = open_assistant()
    here.store.add_comparison(here.profile_row.id, Comparison("p", "a", "b", 1.0, "chat"))
    swapped = {"prompt": "p", "first": "b", "second": "a", "outcome": 0}
    other = {"prompt": "p", "first": "b", "second": "a", "outcome": 1}
    data = {"format": "localpersona-profile", "version": 1, "comparisons": [swapped, other, other]}
    assert here.import_profile(data) == 1
    assert here.profile().comparisons == 2


GOOD = {"prompt": "p", "first": "a", "second": "b", "outcome": 1}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "other"}, "not a LocalPersona profile"),
        ({"version": 2}, "version 2"),
        ({"comparisons": {}}, "must be a list"),
        ({"comparisons": [GOOD, 3]}, "comparison 2"),
        ({"comparisons": [GOOD, {**GOOD, "outcome": 0.3}]}, '"outcome" of comparison 2'),
        ({"comparisons": [GOOD, {**GOOD, "outcome": True}]}, '"outcome" of comparison 2'),
        ({"comparisons": [GOOD, {**GOOD, "outcome": [1]}]}, '"outcome" of comparison 2'),
        ({"comparisons": [GOOD, {**GOOD, "first": None}]}, '"first" of comparison 2'),
        ({"comparisons": [GOOD, {**GOOD, "source": []}]}, '"source" of comparison 2'),
        ({"locks": {"length": "x"}}, "lock"),
        ({"locks": {"length": float("nan")}}, "lock"),
        ({"locks": {"length": 1e9}}, "lock"),
        ({"locks": {"length": 10**400}}, "lock"),
        ({"locks": []}, "locks"),
    ],
)
def test_a_broken_file_is_refused_in_one_line_and_nothing_is_imported(
    assistant: Assistant, change: dict[str, object], message: str
) -> None:
    data = {
        "format": "localpersona-profile",
        "version": 1,
        "comparisons": [GOOD],
        "locks": {"humour": 1.0},
    } | change
    with pytest.raises(ProfileFileError) as caught:
        assistant.import_profile(data)
    assert message in str(caught.value) and "\n" not in str(caught.value)
    assert assistant.profile().comparisons == 0
    assert assistant.export_profile()["locks"] == {}


@pytest.mark.parametrize("data", [None, [], "text", 3, {}])
def test_anything_else_is_refused(assistant: Assistant, data: object) -> None:
    with pytest.raises(ProfileFileError):
        assistant.import_profile(data)


def test_an_import_that_fails_half_way_leaves_nothing(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, calls = assistant.store.add_comparison, []

    def fails_at_the_second(*args: object, **kwargs: object) -> int:
        calls.append(args)
        if len(calls) == 2:
            raise StoreError("The disk is full, so nothing was saved.")
        return original(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(assistant.store, "add_comparison", fails_at_the_second)
    data = {"format": "localpersona-profile", "version": 1, "comparisons": [GOOD, {**GOOD, "prompt": "q"}]}
    with pytest.raises(StoreError):
        assistant.import_profile(data)
    assert assistant.profile().comparisons == 0
