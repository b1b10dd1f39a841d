from __future__ import annotations

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static, TextArea
from ui.panels import Host, assistant, until

from localpersona import paths
from localpersona.assistant import Assistant
from localpersona.settings import FIELDS, Settings, SettingsError, load
from localpersona.ui.screens.settings import SettingsScreen
from localpersona.ui.widgets.segments import Segments
from localpersona.ui.widgets.setting_row import SettingRow

__all__ = ["assistant"]


def stored() -> Settings:
    settings, problems = load(paths.settings())
    assert not problems
    return settings


def row(app: Host, name: str) -> SettingRow:
    return app.screen.query_one(f"#setting-{name}", SettingRow)


def said(app: Host, name: str) -> str:
    return str(row(app, name).query_one(".doc", Static).content)


async def ready(pilot: Pilot[None], app: Host) -> None:
    await until(pilot, lambda: isinstance(app.screen, SettingsScreen) and app.screen.query(SettingRow))


async def type_into(pilot: Pilot[None], app: Host, name: str, text: str) -> None:
    field = row(app, name).query_one(Input)
    field.focus()
    field.value = text
    await pilot.pause()


async def test_every_setting_has_a_row_with_its_documentation_but_the_model(assistant: Assistant) -> None:
    app = Host(assistant, SettingsScreen)
    async with app.run_test(size=(100, 32)) as pilot:
        await ready(pilot, app)
        names = [row.info.name for row in app.screen.query(SettingRow)]
        assert names == [info.name for info in FIELDS if info.name != "model"]
        for info in FIELDS:
            if info.name != "model":
                assert said(app, info.name).startswith(info.doc)
        assert str(paths.settings()) in str(app.screen.query_one("#file", Static).content)


async def test_looking_around_stores_nothing(assistant: Assistant) -> None:
    app = Host(assistant, SettingsScreen)
    async with app.run_test(size=(100, 32)) as pilot:
        await ready(pilot, app)
        await pilot.press(*["down"] * 8, "escape")
        await until(pilot, lambda: app.left_with == [None])
        await app.workers.wait_for_complete()
    assert not paths.settings().exists()


async def test_a_choice_is_stored_at_once(assistant: Assistant) -> None:
    app = Host(assistant, SettingsScreen)
    async with app.run_test(size=(100, 32)) as pilot:
        await ready(pilot, app)
        row(app, "strength").query_one(Segments).focus()
        await pilot.press("left")
        await until(pilot, lambda: assistant.settings.strength == "medium")
        row(app, "instructions").query_one(Segments).focus()
        await pilot.press("right")
        await until(pilot, lambda: assistant.settings.instructions is False)
    assert (stored().strength, stored().instructions) == ("medium", False)


async def test_a_typed_number_counts_with_enter(assistant: Assistant) -> None:
    app = Host(assistant, SettingsScreen)
    async with app.run_test(size=(100, 32)) as pilot:
        await ready(pilot, app)
        await type_into(pilot, app, "candidates", "8")
        assert assistant.settings.candidates == 0
        await pilot.press("enter")
        await until(pilot, lambda: assistant.settings.candidates == 8)
        await type_into(pilot, app, "temperature", "1")
        await pilot.press("enter")
        await until(pilot, lambda: assistant.settings.temperature == 1.0)
    assert (stored().candidates, stored().temperature) == (8, 1.0)


async def test_what_is_typed_counts_when_the_screen_is_left(assistant: Assistant) -> None:
    app = Host(assistant, SettingsScreen)
    async with app.run_test(size=(100, 32)) as pilot:
        await ready(pilot, app)
        await type_into(pilot, app, "max_tokens", "99")
        await pilot.press("escape")
        await until(pilot, lambda: app.left_with == [None])
        await until(pilot, lambda: assistant.settings.max_tokens == 99)


@pytest.mark.parametrize(
    ("name", "label", "text"),
    [
        ("candidates", "Candidates", "99"),
        ("candidates", "Candidates", "many"),
        ("temperature", "Temperature", "nan"),
        ("context_length", "Context length", "1.5"),
    ],
)
async def test_a_value_that_is_not_allowed_says_why_and_is_not_stored(
    assistant: Assistant, name: str, label: str, text: str
) -> None:
    app = Host(assistant, SettingsScreen)
    async with app.run_test(size=(100, 32)) as pilot:
        await ready(pilot, app)
        await type_into(pilot, app, name, text)
        await pilot.press("enter")
        assert said(app, name).startswith("✗")
        assert label in said(app, name)
        await pilot.press("escape")
        await until(pilot, lambda: app.left_with == [None])
        default = getattr(Settings(), name)
        told = [notification.message for notification in app._notifications]
        assert told == [f"{label} stays {default}: what was typed is not allowed."]
    assert getattr(assistant.settings, name) == default


async def test_an_emptied_number_is_the_default_again(assistant: Assistant) -> None:
    assistant.update_settings(candidates=12)
    app = Host(assistant, SettingsScreen)
    async with app.run_test(size=(100, 32)) as pilot:
        await ready(pilot, app)
        await type_into(pilot, app, "candidates", "")
        await pilot.press("enter")
        await until(pilot, lambda: assistant.settings.candidates == Settings().candidates)
        await until(pilot, lambda: row(app, "candidates").query_one(Input).value == "0")


async def test_a_system_prompt_may_have_several_lines(assistant: Assistant) -> None:
    app = Host(assistant, SettingsScreen)
    async with app.run_test(size=(100, 32)) as pilot:
        await ready(pilot, app)
        area = row(app, "system_prompt").query_one(TextArea)
        area.focus()
        area.text = "Be kind.\nBe brief. [/b]"
        await pilot.press("tab")
        await until(pilot, lambda: assistant.settings.system_prompt == "Be kind.\nBe brief. [/b]")


async def test_the_arrows_also_leave_the_system_prompt_and_pages_scroll(assistant: Assistant) -> None:
    app = Host(assistant, SettingsScreen)
    async with app.run_test(size=(100, 32)) as pilot:
        await ready(pilot, app)
        area = row(app, "system_prompt").query_one(TextArea)
        area.focus()
        area.text = "one\ntwo"
        area.move_cursor((0, 0))
        await pilot.press("down")
        assert app.focused is area
        await pilot.press("down")
        assert app.focused is row(app, "theme").query_one(Segments)
        await pilot.press("up", "up", "up")
        assert app.focused is row(app, "max_tokens").query_one(Input)
        await pilot.press("ctrl+home")
        assert app.screen.query_one("#body").scroll_y == 0
        await pilot.press("pagedown")
        assert app.screen.query_one("#body").scroll_y > 10


async def test_the_theme_changes_at_once(assistant: Assistant) -> None:
    app = Host(assistant, SettingsScreen)
    async with app.run_test(size=(100, 32)) as pilot:
        await ready(pilot, app)
        row(app, "theme").query_one(Segments).focus()
        await pilot.press("right")
        await until(pilot, lambda: app.theme == "localpersona-light")
    assert stored().theme == "localpersona-light"


async def test_a_file_that_cannot_be_written_is_said_and_the_former_value_shown(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(**changes: object) -> None:
        raise SettingsError("The settings were not saved: No space left on device.")

    monkeypatch.setattr(assistant, "update_settings", fails)
    app = Host(assistant, SettingsScreen)
    async with app.run_test(size=(100, 32), notifications=True) as pilot:
        await ready(pilot, app)
        row(app, "strength").query_one(Segments).focus()
        await pilot.press("left")
        await until(pilot, lambda: any("No space left" in n.message for n in app._notifications))
        assert row(app, "strength").query_one(Segments).value == "full"


async def test_the_arrow_keys_go_from_row_to_row(assistant: Assistant) -> None:
    app = Host(assistant, SettingsScreen)
    async with app.run_test(size=(100, 32)) as pilot:
        await ready(pilot, app)
        visited = []
        for _ in range(5):
            assert app.focused is not None
            visited.append(
                next(node.info.name for node in app.focused.ancestors if isinstance(node, SettingRow))
            )
            await pilot.press("down")
        assert visited == ["strength", "instructions", "patience", "candidates", "contrast"]
