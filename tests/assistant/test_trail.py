"""What a profile rests on: the comparisons behind a trait, the effect of taking one back, the way it came."""

from __future__ import annotations

import pytest
from scripted_engine import ScriptedEngine

from localpersona.assistant import Assistant
from localpersona.store import StoreError


def taught(assistant: Assistant, count: int = 6) -> list[int]:
    """Choose the shorter of two candidates so often; return the comparisons."""
    for number in range(count):
        reply = assistant.reply(f"Question {number}")
        question = assistant.comparable(reply.message_id or 0)
        assert question is not None
        assistant.compare(question, 1.0 if len(question.first) < len(question.second) else 0.0)
    return [row.id for row in assistant.evidence()]


def test_the_comparisons_behind_a_trait_say_which_way_they_speak(assistant: Assistant) -> None:
    ids = taught(assistant, 3)
    pieces = assistant.trail.of("length")
    assert [piece.row.id for piece in pieces] == ids[::-1]
    assert all(piece.push is not None and piece.push < 0 for piece in pieces)
    reply = assistant.reply("One more")
    question = assistant.comparable(reply.message_id or 0)
    assert question is not None
    assistant.compare(question, None)
    assert assistant.trail.of("length")[0].push == 0.0


def test_what_would_change_is_what_then_changes_and_can_be_undone(assistant: Assistant) -> None:
    ids = taught(assistant)
    before = {view.trait.noun: view for view in assistant.profile().tastes}
    foretold = assistant.trail.changes_without(ids[:4])
    assert foretold and assistant.profile().comparisons == 6
    assistant.trail.remove(ids[:4])
    after = {view.trait.noun: view for view in assistant.profile().tastes}
    assert assistant.profile().comparisons == 2
    for change in foretold:
        assert after[change.noun].description == change.after
        assert after[change.noun].position - before[change.noun].position == pytest.approx(change.by)
    assistant.trail.restore(ids[:4])
    assert {view.trait.noun: view for view in assistant.profile().tastes} == before


def test_a_comparison_of_another_profile_cannot_be_removed(assistant: Assistant) -> None:
    ids = taught(assistant, 1)
    assistant.people.use("work")
    with pytest.raises(StoreError, match="has no comparison"):
        assistant.trail.remove(ids)


def test_the_movement_goes_from_the_prior_to_the_profile_of_now(assistant: Assistant) -> None:
    assert assistant.trail.movement().counts == (0,)
    taught(assistant, 5)
    movement = assistant.trail.movement(points=4)
    assert movement.counts == (0, 2, 3, 5)
    now = {view.trait.name: (view.low, view.position, view.high) for view in assistant.profile().traits}
    for name, states in movement.traits.items():
        assert states[-1] == pytest.approx(now[name])
    first, *_, last = movement.traits["length"]
    assert last[2] - last[0] < first[2] - first[0]  # surer than before


def test_the_comparisons_of_a_chat_are_found(assistant: Assistant) -> None:
    ids = taught(assistant, 2)
    chats = sorted(chat.id for chat in assistant.store.chats())
    assert [assistant.trail.of_chat(chat) for chat in chats] == [(ids[0],), (ids[1],)]


def test_profiles_learn_apart_and_are_switched_without_a_restart(assistant: Assistant) -> None:
    taught(assistant, 2)
    assistant.people.use("  at   work ")
    assert (assistant.profile().name, assistant.profile().comparisons) == ("at work", 0)
    taught(assistant, 1)
    assert [(row.name, count) for row, count in assistant.people.counted()] == [
        ("default", 2),
        ("at work", 1),
    ]
    assert assistant.settings.profile == "at work"
    work, default = assistant.profile_row.id, assistant.people.counted()[0][0].id
    assistant.people.rename(work, "office")
    assert assistant.profile().name == assistant.settings.profile == "office"
    with pytest.raises(StoreError, match="in use"):
        assistant.people.remove(work)
    assistant.people.remove(default)
    assert [row.name for row in assistant.people.all()] == ["office"]
    assistant.people.restore(default)
    assistant.people.use("default")
    assert assistant.profile().comparisons == 2


def test_the_profile_to_start_with_keeps_its_place_under_a_new_name() -> None:
    with Assistant.open(engine=ScriptedEngine(), profile="guest") as assistant:
        default = assistant.store.profile("default").id
        assistant.people.rename(assistant.profile_row.id, "visitor")
        assert assistant.profile().name == "visitor"
        assistant.people.rename(default, "me")
        assert assistant.profile().name == "visitor"
    with Assistant.open(engine=ScriptedEngine()) as assistant:
        assert assistant.profile().name == assistant.settings.profile == "me"
        assert [row.name for row in assistant.people.all()] == ["visitor", "me"]


def test_the_same_prompt_for_nobody_and_for_the_opposite(assistant: Assistant) -> None:
    for trait in ("length", "formality"):
        assistant.lock(trait, -0.9)
    told = {}
    for who in ("you", "nobody", "opposite"):
        assert list(assistant.as_if_for(who, "Hi", seed=1))  # type: ignore[arg-type]
        told[who] = assistant.engine.requests[-1]  # type: ignore[attr-defined]
    assert "short" in str(told["you"]) and "long" in str(told["opposite"])
    assert told["you"].taste.mean[0] == -told["opposite"].taste.mean[0] < 0
    assert told["you"].taste.mean[-1] == told["opposite"].taste.mean[-1]  # quality is nobody's taste
    assert told["nobody"].taste is None and not told["nobody"].instruction
    assert assistant.store.chats() == []
