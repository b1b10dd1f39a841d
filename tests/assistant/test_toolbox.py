"""Which tools go with a request: by settings, weights, the prompt itself and what was made for the model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from localpersona.alignment.steering import Directions
from localpersona.assistant import Assistant
from localpersona.assistant.adapters import mixture
from localpersona.assistant.views import AnswerFailed
from localpersona.engine.protocol import Adapter, GenerateRequest
from localpersona.engine.steering_file import place, write_directions
from localpersona.events import Notice
from localpersona.rewards.traits import TRAITS

from .helpers import Opener, engine_of

NAMES = tuple(trait.name for trait in TRAITS)
LENGTH, HUMOUR = NAMES.index("length"), NAMES.index("humour")


def asked(assistant: Assistant, prompt: str) -> GenerateRequest:
    assistant.reply(prompt)
    return engine_of(assistant).requests[-1]


def test_what_a_prompt_settles_is_left_out_of_everything(open_assistant: Opener) -> None:
    assistant = open_assistant()
    assistant.lock("length", -0.9)
    assistant.lock("humour", 0.9)
    usual, settled = (
        asked(assistant, "How are rainbows made?"),
        asked(assistant, "Explain rainbows in detail."),
    )
    assert usual.taste is not None and settled.taste is not None
    assert usual.taste.mean[LENGTH] < 0 and "short and concise" in usual.instruction
    assert settled.taste.mean[LENGTH] == 0.0 and not any(settled.taste.covariance[LENGTH])
    assert settled.taste.mean[HUMOUR] == usual.taste.mean[HUMOUR] > 0
    assert "concise" not in settled.instruction and "humour" in settled.instruction


def test_the_explanation_says_what_was_left_out_now_and_later(open_assistant: Opener) -> None:
    assistant = open_assistant()
    assistant.lock("length", -0.9)
    reply = assistant.reply("Explain rainbows in detail.")
    note = "You asked for “in detail”, so your taste in length was left out."
    assert note in reply.explanation.summary
    assert reply.message_id is not None
    later = open_assistant(store=assistant.store)
    assert note in later.explain(reply.message_id).summary
    assert "left out" not in assistant.reply("How are rainbows made?").explanation.summary


def test_other_languages_are_not_judged_and_that_is_said_once(open_assistant: Opener) -> None:
    assistant = open_assistant()
    assistant.lock("length", -0.9)
    notices = []
    for _ in range(2):
        for event in assistant.stream("Warum ist der Himmel blau und nicht grün?"):
            if isinstance(event, Notice):
                notices.append(event.message)
    request = engine_of(assistant).requests[-1]
    assert request.taste is None and request.candidates == 1 and not request.instruction
    assert len([notice for notice in notices if "German" in notice]) == 1
    reply = assistant.reply("Explain the sky in French, please.")
    assert "French" in reply.explanation.summary
    assert assistant.reply("Why is the sky blue?").candidates[0].traits


def test_contrast_needs_the_setting_and_something_to_say(open_assistant: Opener) -> None:
    assistant = open_assistant()
    assistant.lock("length", -0.9)
    assert asked(assistant, "Hi").contrast == 0.0
    assistant.update_settings(contrast=2.0)
    assert 1.0 < asked(assistant, "Hi").contrast <= 2.0
    assistant.update_settings(instructions=False)
    assert asked(assistant, "Hi").contrast == 0.0


def test_vectors_are_used_once_they_were_made_for_the_model(
    open_assistant: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCALPERSONA_HOME", str(tmp_path / "home"))
    model = tmp_path / "model.gguf"
    model.write_bytes(b"GGUF")
    assistant = open_assistant(model=str(model))
    assistant.lock("length", -0.9)
    assert asked(assistant, "Hi").steering is None
    vectors = np.ones((len(NAMES), 3, 8), np.float32)
    write_directions(Directions(NAMES, vectors), place(str(model)))
    steering = asked(assistant, "Hi").steering
    assert steering is not None and Path(steering.path) == place(str(model))
    assert steering.weights[LENGTH] < 0 and steering.weights[NAMES.index("quality")] == 0.0
    settled = asked(assistant, "Explain rainbows in detail.").steering
    assert settled is not None and settled.weights[LENGTH] == 0.0
    assert asked(assistant, "Pourquoi le ciel est-il bleu et pas vert ?").steering is None
    assistant.update_settings(steering=False)
    assert asked(assistant, "Hi").steering is None


def test_the_setting_for_adapters_takes_numbers_and_traits(tmp_path: Path) -> None:
    weights = {"formality": 0.4, "humour": -3.0}
    text = f"{tmp_path}/a=b.gguf = 0.5; {tmp_path}/f.gguf = formality; {tmp_path}/h.gguf=-humour;{tmp_path}/x.gguf"
    assert mixture(text, weights) == (
        Adapter(f"{tmp_path}/a=b.gguf", 0.5),
        Adapter(f"{tmp_path}/f.gguf", 0.4),
        Adapter(f"{tmp_path}/h.gguf", 1.0),
        Adapter(f"{tmp_path}/x.gguf", 1.0),
    )
    assert (
        mixture("f.gguf = -formality", weights)[0].scale == 0.0
    )  # it is made for those who like the other pole
    assert mixture(" ; ", weights) == ()
    for wrong in ("a.gguf = loud", "a.gguf = nan", "a.gguf = "):
        with pytest.raises(ValueError, match="neither a number"):
            mixture(wrong, weights)


def test_a_setting_that_makes_no_sense_is_an_error_line(open_assistant: Opener) -> None:
    assistant = open_assistant(adapters="style.gguf = loud")
    with pytest.raises(AnswerFailed, match="'loud' is neither a number") as failed:
        assistant.reply("Hi")
    assert len(str(failed.value).splitlines()) == 2
    assert engine_of(assistant).requests == []
    assert assistant.reply("Hi", plain=True).text
