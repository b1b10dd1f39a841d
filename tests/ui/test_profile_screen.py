from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static
from ui.panels import Host, answered, assistant, until

from localpersona.assistant import Assistant
from localpersona.ui.screens.confirm import ConfirmScreen
from localpersona.ui.screens.onboarding import OnboardingScreen
from localpersona.ui.screens.path_prompt import PathScreen
from localpersona.ui.screens.profile import ProfileScreen
from localpersona.ui.widgets.title_bar import TitleBar
from localpersona.ui.widgets.trait_row import TraitRow

__all__ = ["assistant"]


async def ready(pilot: Pilot[None], app: Host) -> None:
    await until(pilot, lambda: isinstance(app.screen, ProfileScreen) and isinstance(app.focused, TraitRow))


async def asked(pilot: Pilot[None], app: Host) -> None:
    """Wait until a question can be answered: a key pressed before its button has the focus is lost."""
    await until(pilot, lambda: isinstance(app.screen, ConfirmScreen) and app.focused is not None)


async def test_it_shows_every_taste_and_quality_apart(assistant: Assistant) -> None:
    answered(assistant, 3)
    app = Host(assistant, ProfileScreen)
    async with app.run_test(size=(100, 32)) as pilot:
        await ready(pilot, app)
        rows = list(app.screen.query(TraitRow))
        assert len(rows) == 12
        apart = app.screen.query_one("#everybody").region.y
        assert [row.trait_name for row in rows if row.region.y > apart] == ["quality"]
        assert app.screen.query_one(TitleBar).remark == "default · 3 comparisons"
        assert str(app.screen.query_one("#summary", Static).content) == assistant.profile().summary


async def test_a_trait_is_set_by_hand_and_given_back(assistant: Assistant) -> None:
    app = Host(assistant, ProfileScreen)
    async with app.run_test(size=(100, 32)) as pilot:
        await ready(pilot, app)
        await pilot.press("down", "right", "right", "right")
        row = app.focused
        assert isinstance(row, TraitRow)
        assert row.trait_name == "formality"
        await until(pilot, lambda: assistant.profile().traits[1].locked)
        await until(pilot, lambda: abs(assistant.profile().traits[1].position - 0.3) < 0.01)
        assert "set to formal" in str(app.screen.query_one("#detail", Static).content)
        await pilot.press("u")
        await until(pilot, lambda: not assistant.profile().traits[1].locked)
        await until(pilot, lambda: not row.view.locked)


async def test_a_trait_can_be_held_where_the_choices_put_it(assistant: Assistant) -> None:
    answered(assistant, 4)
    where = assistant.profile().traits[0].position
    app = Host(assistant, ProfileScreen)
    async with app.run_test(size=(100, 32)) as pilot:
        await ready(pilot, app)
        await pilot.press("l")
        await until(pilot, lambda: assistant.profile().traits[0].locked)
    assert abs(assistant.profile().traits[0].position - where) < 1e-6


async def test_leaving_at_once_still_stores_what_was_set(assistant: Assistant) -> None:
    app = Host(assistant, ProfileScreen)
    async with app.run_test(size=(100, 32)) as pilot:
        await ready(pilot, app)
        await pilot.press("left", "left", "escape")
        await until(pilot, lambda: app.left_with == [None])
        await until(pilot, lambda: abs(assistant.profile().traits[0].position + 0.2) < 0.01)


async def test_a_single_click_only_selects_and_a_double_click_sets(assistant: Assistant) -> None:
    app = Host(assistant, ProfileScreen)
    async with app.run_test(size=(100, 32)) as pilot:
        await ready(pilot, app)
        row = app.screen.query(TraitRow)[3]
        await pilot.click(row, offset=(20, 0))
        await pilot.pause()
        assert app.focused is row
        assert not assistant.profile().traits[3].locked
        await pilot.click(row, offset=(20, 0), times=2)
        await until(pilot, lambda: assistant.profile().traits[3].locked)
        assert assistant.profile().traits[3].position < 0


async def test_the_strength_is_chosen_here_and_says_what_it_does(assistant: Assistant) -> None:
    app = Host(assistant, ProfileScreen)
    async with app.run_test(size=(100, 40)) as pilot:
        await ready(pilot, app)
        app.screen.query_one("Segments").focus()
        await pilot.press("left", "left", "left")
        await until(pilot, lambda: assistant.settings.strength == "off")
        assert "plain model" in str(app.screen.query_one(".means", Static).content)


async def test_a_profile_goes_out_and_comes_back(assistant: Assistant, tmp_path: Path) -> None:
    answered(assistant, 3)
    file = tmp_path / "mine.json"
    app = Host(assistant, ProfileScreen)
    async with app.run_test(size=(100, 32), notifications=True) as pilot:
        await ready(pilot, app)
        await type_path(pilot, app, "e", str(file))
        await until(pilot, file.exists)
        assert len(json.loads(file.read_text())["comparisons"]) == 3
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assistant.forget()
        await ready(pilot, app)
        await type_path(pilot, app, "i", f"'{file}'")
        await until(pilot, lambda: assistant.profile().comparisons == 3)
        await until(pilot, lambda: any("3 new comparisons" in n.message for n in app._notifications))


async def test_an_existing_file_is_only_replaced_after_asking(assistant: Assistant, tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_text("precious")
    app = Host(assistant, ProfileScreen)
    async with app.run_test(size=(100, 32)) as pilot:
        await ready(pilot, app)
        await type_path(pilot, app, "e", str(file))
        await asked(pilot, app)
        await pilot.press("n")
        await ready(pilot, app)
    assert file.read_text() == "precious"


@pytest.mark.parametrize(
    "content",
    [b"", b"not json [/b]", b"[1, 2]", b"\xff\xfe", b'{"format": "another"}', b"[" * 100_000],
    ids=["empty", "no JSON", "a list", "no UTF-8", "another format", "too deep"],
)
async def test_a_file_that_is_no_profile_changes_nothing_and_is_said(
    assistant: Assistant, tmp_path: Path, content: bytes
) -> None:
    answered(assistant, 1)
    file = tmp_path / "other.json"
    file.write_bytes(content)
    app = Host(assistant, ProfileScreen)
    async with app.run_test(size=(100, 32), notifications=True) as pilot:
        await ready(pilot, app)
        await type_path(pilot, app, "i", str(file))
        await until(pilot, lambda: any(n.severity == "error" for n in app._notifications))
    assert assistant.profile().comparisons == 1


async def test_a_path_that_cannot_be_written_is_said(assistant: Assistant, tmp_path: Path) -> None:
    app = Host(assistant, ProfileScreen)
    async with app.run_test(size=(100, 32), notifications=True) as pilot:
        await ready(pilot, app)
        await type_path(pilot, app, "e", str(tmp_path / "no" / "such" / "[/b]folder.json"))
        await until(pilot, lambda: any(n.severity == "error" for n in app._notifications))


async def test_more_questions_are_one_key_away(assistant: Assistant) -> None:
    app = Host(assistant, ProfileScreen)
    async with app.run_test(size=(100, 32)) as pilot:
        await ready(pilot, app)
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, OnboardingScreen))
        answered(assistant, 1)
        await pilot.press("escape")
        await ready(pilot, app)
        await until(pilot, lambda: app.screen.query_one(TitleBar).remark == "default · 1 comparison")


async def test_on_a_small_terminal_every_trait_can_be_reached(assistant: Assistant) -> None:
    app = Host(assistant, ProfileScreen)
    async with app.run_test(size=(60, 20)) as pilot:
        await ready(pilot, app)
        body = app.screen.query_one("#body").region
        assert body.contains_region(app.screen.query_one("#summary").region)
        seen = []
        for _ in range(13):
            await pilot.press("down")
            await pilot.pause()
            assert app.focused is not None
            seen.append(type(app.focused).__name__)
            assert body.overlaps(app.focused.region)
        assert seen.count("Segments") == 1


async def type_path(pilot: Pilot[None], app: Host, key: str, path: str) -> None:
    await pilot.press(key)
    await until(pilot, lambda: isinstance(app.screen, PathScreen) and isinstance(app.focused, Input))
    app.screen.query_one(Input).value = path
    await pilot.press("enter")
    await until(pilot, lambda: not isinstance(app.screen, PathScreen))
