"""Which LLM answers, and what happens when it is gone, broken or unused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from scripted_engine import INFO, ScriptedEngine

from localpersona import paths
from localpersona import settings as settings_file
from localpersona.assistant import Assistant, models
from localpersona.engine.protocol import ModelError
from localpersona.events import Failed, Finished, Loading, Notice
from localpersona.settings import Settings

from .helpers import FOUR, Opener, engine_of


@pytest.fixture
def gguf(tmp_path: Path) -> Path:
    path = tmp_path / "other-model.gguf"
    path.write_bytes(b"GGUF")
    return path


def test_opening_loads_no_model(assistant: Assistant) -> None:
    assert engine_of(assistant).loads == []
    info = assistant.load_model()
    assert assistant.engine.info == info


def test_the_model_is_loaded_once_and_said_so(assistant: Assistant) -> None:
    first, second = list(assistant.stream("Hi")), list(assistant.stream("Hi"))
    assert sum(isinstance(event, Loading) for event in first) == 1
    assert not any(isinstance(event, Loading) for event in second)
    assert len(engine_of(assistant).loads) == 1


def test_another_model_is_used_and_remembered(assistant: Assistant, gguf: Path) -> None:
    info = assistant.use_model(gguf)
    assert info.path == str(gguf)
    assert assistant.settings.model == str(gguf)
    saved, problems = settings_file.load(paths.settings())
    assert (saved.model, problems) == (str(gguf), [])


def test_a_model_that_does_not_load_leaves_the_former_one(open_assistant: Opener, gguf: Path) -> None:
    engine = ScriptedEngine(FOUR, bad_models={str(gguf): "The file is not a model.\nChoose another."})
    assistant = open_assistant(engine)
    former = assistant.load_model()
    with pytest.raises(ModelError, match="not a model"):
        assistant.use_model(gguf)
    assert assistant.engine.info == former
    assert assistant.settings.model == ""
    assert assistant.reply("Hi").text


def test_an_optimised_copy_answers_in_place_of_the_model(
    open_assistant: Opener, gguf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = gguf.with_name("copy.gguf")
    monkeypatch.setattr("localpersona.library.optimise.copy_of", lambda path: copy if path == gguf else None)
    assistant = open_assistant(ScriptedEngine(FOUR))
    assistant.use_model(gguf)
    assert engine_of(assistant).loads[-1].path == str(copy)
    assert assistant.settings.model == str(gguf)


def test_a_chat_format_that_is_a_guess_is_said_so(open_assistant: Opener) -> None:
    guess = "ChatML, because the model has no chat template"
    assistant = open_assistant(ScriptedEngine(FOUR, info=replace(INFO, template=guess)))
    assert not any("format" in notice for notice in assistant.notices)
    assistant.load_model()
    assistant.load_model()
    assert sum(guess in notice for notice in assistant.notices) == 1


def test_a_model_that_is_gone_is_replaced_and_said_so(open_assistant: Opener, tmp_path: Path) -> None:
    assistant = open_assistant(model=str(tmp_path / "gone.gguf"))
    events = list(assistant.stream("Hi"))
    notices = [event.message for event in events if isinstance(event, Notice)]
    assert notices and "gone.gguf is no longer there" in notices[0]
    assert isinstance(events[-1], Finished)
    assert any("gone.gguf" in notice for notice in assistant.notices)
    assert assistant.settings.model.endswith("gone.gguf")  # it may come back: a drive that is not plugged in


def test_a_broken_model_is_one_clear_line(open_assistant: Opener, gguf: Path) -> None:
    assistant = open_assistant(
        ScriptedEngine(FOUR, bad_models={str(gguf): "Truncated file."}), model=str(gguf)
    )
    last = list(assistant.stream("Hi"))[-1]
    assert last == Failed("Truncated file.", "")


def test_a_model_for_this_run_is_not_saved(gguf: Path) -> None:
    with Assistant.open(engine=ScriptedEngine(FOUR), model=gguf) as assistant:
        assistant.reply("Hi")
        assert engine_of(assistant).loads[-1].path == str(gguf)
        assistant.update_settings(candidates=2)
    saved, _ = settings_file.load(paths.settings())
    assert (saved.model, saved.candidates) == ("", 2)


def test_a_profile_and_gpu_layers_for_this_run_are_saved_only_when_they_are_themselves_changed() -> None:
    with Assistant.open(engine=ScriptedEngine(FOUR), profile="Ada", gpu_layers=0) as assistant:
        assistant.load_model()
        assert engine_of(assistant).loads[-1].gpu_layers == 0
        assistant.update_settings(temperature=0.5)
        assert (assistant.settings.profile, assistant.settings.gpu_layers) == ("Ada", 0)
        assert settings_file.load(paths.settings()) == (Settings(temperature=0.5), [])
        assistant.update_settings(gpu_layers=7)
        assistant.people.use("Ada")
        assert (assistant.settings.profile, assistant.settings.gpu_layers) == ("Ada", 7)
    saved, _ = settings_file.load(paths.settings())
    assert (saved.profile, saved.gpu_layers, saved.temperature) == ("Ada", 7, 0.5)


def test_memory_settings_load_the_model_again_with_the_next_answer(assistant: Assistant) -> None:
    assistant.reply("Hi")
    assistant.update_settings(context_length=2048)
    assistant.reply("Hi")
    assert [spec.context_length for spec in engine_of(assistant).loads] == [4096, 2048]


def test_a_setting_that_is_not_allowed_changes_nothing(assistant: Assistant) -> None:
    with pytest.raises(ValueError, match="candidates"):
        assistant.update_settings(candidates=1000)
    assert assistant.settings == Settings()


def test_a_profile_by_name_is_made_when_new(tmp_path: Path) -> None:
    with Assistant.open(engine=ScriptedEngine(FOUR), profile="Ada") as assistant:
        assert assistant.profile().name == assistant.profile_row.name == "Ada"
        question = assistant.next_question()
        assert question is not None
        assistant.compare(question, 1.0)
    with Assistant.open(engine=ScriptedEngine(FOUR)) as assistant:
        assert assistant.profile().comparisons == 0


def test_closing_twice_is_fine_and_ends_the_engine(assistant: Assistant) -> None:
    assistant.close()
    assistant.close()
    assert engine_of(assistant).closed


def test_a_model_that_nobody_uses_is_unloaded_and_comes_back(
    open_assistant: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    timers: list[Timer] = []
    monkeypatch.setattr(models.threading, "Timer", lambda *args: timers.append(Timer(*args)) or timers[-1])
    assistant = open_assistant(idle_unload_minutes=3)
    assistant.reply("Hi")
    assert [timer.seconds for timer in timers if timer.running] == [180]
    timers[-1].function()
    assert assistant.engine.info is None
    assert any(isinstance(event, Loading) for event in assistant.stream("Hi"))
    assistant.close()
    assert not any(timer.running for timer in timers)


def test_an_answer_that_comes_just_as_the_time_is_up_keeps_the_model(
    open_assistant: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    timers: list[Timer] = []
    monkeypatch.setattr(models.threading, "Timer", lambda *args: timers.append(Timer(*args)) or timers[-1])
    assistant = open_assistant()
    assistant.reply("Hi")
    late = timers[-1]
    assistant.reply("Hi again")
    late.function()  # its thread was already on its way
    assert assistant.engine.info is not None


class Timer:
    """A timer that only the test lets ring."""

    def __init__(self, seconds: float, function: Callable[[], None]) -> None:
        self.seconds, self.function, self.running, self.daemon = seconds, function, False, False

    def start(self) -> None:
        self.running = True

    def cancel(self) -> None:
        self.running = False


def test_a_file_whose_name_is_no_text_is_refused_rather_than_forgotten(
    assistant: Assistant, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match=r"not UTF-8\.\nRename it"):
        assistant.use_model(str(tmp_path / "broken\udcff.gguf"))
    assert assistant.settings.model == "" and engine_of(assistant).loads == []


def test_the_home_of_nobody_is_a_file_that_is_not_there(open_assistant: Opener) -> None:
    assistant = open_assistant(model="~nobody-at-all/model.gguf")
    assert isinstance(list(assistant.stream("Hi"))[-1], Finished)
    assert "no longer there" in assistant.notices[-1]


def test_stopping_while_it_loads_is_no_failure(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_arguments: object) -> None:
        assistant.cancel()
        raise ModelError("Loading was stopped.")

    monkeypatch.setattr(assistant.engine, "load", stopped)
    finished = list(assistant.stream("Hi"))[-1]
    assert isinstance(finished, Finished) and finished.reply.finish_reason == "cancelled"
    assert finished.reply.message_id is not None
    assert assistant.store.message(finished.reply.message_id).state == "stopped"
