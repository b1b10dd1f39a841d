from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from scripted_engine import ScriptedEngine
from textual.pilot import Pilot
from textual.widgets import Input, Static
from ui.panels import Host, assistant, texts, until

from localpersona import paths
from localpersona.assistant import Assistant
from localpersona.library import GgufHeader, ModelFile, optimise
from localpersona.library.discover import EMBEDDED
from localpersona.ui.screens.models import ModelsScreen
from localpersona.ui.widgets.model_list import ModelList
from localpersona.ui.widgets.title_bar import TitleBar

__all__ = ["assistant"]

HEADER = GgufHeader(
    name="", architecture="llama", kind="model", parameters=135_000_000, quantisation="Q4_1",
    context_length=8192, layers=30, heads=9, kv_heads=90, head_size=64, size_bytes=98_000_000,
)  # fmt: skip
SMALL = ModelFile(Path("/packages/smol.gguf"), HEADER, EMBEDDED, "fits", "Smol")
LARGE = ModelFile(
    Path("/ollama/blobs/sha256-1"),
    replace(HEADER, parameters=7_600_000_000, size_bytes=4_700_000_000, quantisation="Q4_K_M"),
    "Ollama", "tight", "qwen2.5:7b [/b]",
)  # fmt: skip


@pytest.fixture
def found(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> list[ModelFile]:
    models = [SMALL, LARGE]
    monkeypatch.setattr(assistant, "models", lambda: list(models))
    monkeypatch.setattr("localpersona.library.embedded_model", lambda: SMALL.path)
    return models


def engine(assistant: Assistant) -> ScriptedEngine:
    assert isinstance(assistant.engine, ScriptedEngine)
    return assistant.engine


def status(app: Host) -> str:
    return str(app.screen.query_one("#status", Static).content)


async def ready(pilot: Pilot[None], app: Host, count: int = 2) -> None:
    await until(
        pilot,
        lambda: (
            isinstance(app.screen, ModelsScreen)
            and app.screen.query_one(ModelList).option_count == count
            and not status(app)
        ),
    )


async def test_it_says_what_was_found_and_which_answers(assistant: Assistant, found: list[ModelFile]) -> None:
    app = Host(assistant, ModelsScreen)
    async with app.run_test(size=(100, 32)) as pilot:
        await ready(pilot, app)
        screen = texts(app)
        assert "● Smol · in use" in screen
        assert "○ qwen2.5:7b [/b]" in screen
        for fact in ("4.7 GB", "Q4_K_M", "7.6B parameters", "8,192 tokens", "Ollama", "tight"):
            assert fact in screen
        assert "for trying out" in screen
        assert app.screen.query_one(TitleBar).remark == "in use: Smol"


async def test_with_the_embedded_model_alone_it_shows_the_way_to_a_better_one(
    assistant: Assistant, found: list[ModelFile]
) -> None:
    found.pop()
    app = Host(assistant, ModelsScreen)
    async with app.run_test(size=(100, 32)) as pilot:
        await ready(pilot, app, count=1)
        better = str(app.screen.query_one("#better", Static).content)
        assert str(paths.models()) in better
        assert "Ollama" in better


async def test_enter_uses_the_highlighted_model_from_now_on(
    assistant: Assistant, found: list[ModelFile]
) -> None:
    app = Host(assistant, ModelsScreen)
    async with app.run_test(size=(100, 32)) as pilot:
        await ready(pilot, app)
        await pilot.press("down", "enter")
        await until(pilot, lambda: status(app).startswith("✓"))
        assert "● qwen2.5:7b [/b] · in use" in texts(app)
        assert "for trying out" not in texts(app)
    assert engine(assistant).loads[-1].path == str(LARGE.path)
    assert assistant.settings.model == str(LARGE.path)


async def test_the_embedded_model_can_always_be_taken_back(
    assistant: Assistant, found: list[ModelFile]
) -> None:
    assistant.use_model(LARGE.path)
    app = Host(assistant, ModelsScreen)
    async with app.run_test(size=(100, 32)) as pilot:
        await ready(pilot, app)
        await pilot.press("up", "enter")
        await until(pilot, lambda: status(app).startswith("✓"))
    assert assistant.settings.model == ""
    assert engine(assistant).loads[-1].path == str(SMALL.path)


async def test_an_optimised_copy_is_shown_and_which_file_is_in_use(
    assistant: Assistant, found: list[ModelFile], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "copy.gguf"
    monkeypatch.setattr("localpersona.library.optimise.copy_of", lambda path: None)
    monkeypatch.setattr("localpersona.ui.copies.copy_of", lambda path: copy if path == LARGE.path else None)
    monkeypatch.setattr(
        "localpersona.ui.copies.facts_of", lambda path: optimise.Copy("Q4_0", 1.62, 1.5, 0.01)
    )
    app = Host(assistant, ModelsScreen)
    async with app.run_test(size=(100, 32)) as pilot:
        await ready(pilot, app)
        assert "has an optimised copy, which answers in its place: Q4_0, 1.6 times as fast" in texts(app)
        assistant.use_model(LARGE.path)
        await pilot.press("r")
        await until(pilot, lambda: "in use from the next answer on" in texts(app))
        monkeypatch.setattr("localpersona.library.optimise.copy_of", lambda path: copy)
        assistant.use_model(LARGE.path)
        await pilot.press("r")
        await until(pilot, lambda: "the optimised copy is in use" in texts(app))
        assert "● qwen2.5:7b [/b] · in use" in texts(app)
        assert app.screen.query_one(TitleBar).remark == "in use: qwen2.5:7b [/b]"


async def test_a_model_that_fails_says_why_and_the_former_stays(
    assistant: Assistant, found: list[ModelFile]
) -> None:
    engine(assistant).bad_models[str(LARGE.path)] = "The file is truncated [/b]."
    app = Host(assistant, ModelsScreen)
    async with app.run_test(size=(100, 32)) as pilot:
        await ready(pilot, app)
        await pilot.press("down", "enter")
        await until(pilot, lambda: status(app).startswith("✗"))
        assert "The file is truncated [/b]." in status(app)
        assert "former model stays" in status(app)
        assert "● Smol · in use" in texts(app)
    assert assistant.settings.model == ""


async def test_the_reason_keeps_its_lines_and_names_the_file_once(
    assistant: Assistant, found: list[ModelFile]
) -> None:
    engine(assistant).bad_models["/models/bad.gguf"] = "bad.gguf is cut off\nDownload it again."
    app = Host(assistant, ModelsScreen)
    async with app.run_test(size=(100, 32)) as pilot:
        await ready(pilot, app)
        await pilot.press("p")
        app.screen.query_one(Input).value = "/models/bad.gguf"
        await pilot.press("enter")
        await until(pilot, lambda: status(app).startswith("✗"))
        assert status(app) == "✗ bad.gguf is cut off\nDownload it again. The former model stays."


async def test_loading_shows_that_it_goes_on_and_takes_no_second_order(
    assistant: Assistant, found: list[ModelFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded, use_model = threading.Event(), assistant.use_model

    def slow(path: str) -> object:
        assert loaded.wait(10)
        return use_model(path)

    monkeypatch.setattr(assistant, "use_model", slow)
    app = Host(assistant, ModelsScreen)
    async with app.run_test(size=(100, 32), notifications=True) as pilot:
        await ready(pilot, app)
        await pilot.press("down", "enter")
        await until(pilot, lambda: "Loading qwen2.5:7b [/b] … " in status(app))
        await pilot.press("up", "enter")
        await until(pilot, lambda: any("Still loading" in n.message for n in app._notifications))
        loaded.set()
        await until(pilot, lambda: status(app).startswith("✓"))
    assert assistant.settings.model == str(LARGE.path)


async def test_a_path_can_be_typed_or_pasted(assistant: Assistant, found: list[ModelFile]) -> None:
    app = Host(assistant, ModelsScreen)
    async with app.run_test(size=(100, 32)) as pilot:
        await ready(pilot, app)
        await pilot.press("p")
        app.screen.query_one(Input).value = ' "/models/mine.gguf" '
        await pilot.press("enter")
        await until(pilot, lambda: status(app).startswith("✓"))
        assert app.screen.query_one(Input).value == ""
        assert app.screen.query_one(TitleBar).remark == "in use: mine.gguf"
    assert assistant.settings.model == "/models/mine.gguf"


async def test_escape_leaves_the_path_first_and_then_the_screen(
    assistant: Assistant, found: list[ModelFile]
) -> None:
    app = Host(assistant, ModelsScreen)
    async with app.run_test(size=(60, 20)) as pilot:
        await ready(pilot, app)
        await pilot.press("p", "escape")
        assert isinstance(app.focused, ModelList)
        await pilot.press("escape")
        await until(pilot, lambda: app.left_with == [None])


async def test_looking_again_finds_what_was_added(assistant: Assistant, found: list[ModelFile]) -> None:
    large = found.pop()
    app = Host(assistant, ModelsScreen)
    async with app.run_test(size=(100, 32)) as pilot:
        await ready(pilot, app, count=1)
        found.append(large)
        await pilot.press("r")
        await ready(pilot, app, count=2)
