"""Several profiles: switching, making, renaming, removing; and what a profile changes in an answer."""

from __future__ import annotations

from textual.pilot import Pilot
from textual.widgets import Input, OptionList
from ui.panels import Host, answered, assistant, texts, until

from localpersona.assistant import Assistant
from localpersona.ui.screens.profile import ProfileScreen
from localpersona.ui.screens.profiles import ProfilesScreen
from localpersona.ui.screens.rename import RenameScreen
from localpersona.ui.screens.typed_confirm import TypedConfirmScreen
from localpersona.ui.screens.views import ViewsScreen
from localpersona.ui.widgets.trait_row import TraitRow
from localpersona.ui.widgets.view_pane import ViewPane

__all__ = ["assistant"]


async def name_it(pilot: Pilot[None], app: Host, name: str) -> None:
    await until(pilot, lambda: isinstance(app.screen, RenameScreen) and app.screen.query(Input))
    app.screen.query_one(Input).value = name
    await pilot.press("enter")


async def listed(pilot: Pilot[None], app: Host, count: int) -> None:
    await until(
        pilot,
        lambda: (
            isinstance(app.screen, ProfilesScreen) and app.screen.query_one(OptionList).option_count == count
        ),
    )


async def test_a_new_profile_starts_empty_and_the_former_is_one_key_away(assistant: Assistant) -> None:
    answered(assistant, 2)
    app = Host(assistant, ProfileScreen)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.screen.query(TraitRow))
        await pilot.press("p")
        await listed(pilot, app, 1)
        assert "2 comparisons" in texts(app)
        await pilot.press("n")
        await name_it(pilot, app, "work")
        await until(
            pilot, lambda: isinstance(app.screen, ProfileScreen) and "work · 0 comparisons" in texts(app)
        )
        await pilot.press("p")
        await listed(pilot, app, 2)
        await pilot.press("up", "enter")
        await until(pilot, lambda: "default · 2 comparisons" in texts(app))
        assert assistant.settings.profile == "default"


async def test_a_profile_is_renamed_removed_and_brought_back(assistant: Assistant) -> None:
    assistant.people.use("work")
    assistant.people.use("default")
    app = Host(assistant, ProfilesScreen)
    async with app.run_test(size=(100, 30)) as pilot:
        await listed(pilot, app, 2)
        await pilot.press("d")  # the one in use
        await until(pilot, lambda: any("in use" in note.message for note in app._notifications))
        await pilot.press("down", "r")
        await name_it(pilot, app, "office")
        await until(pilot, lambda: "office" in texts(app))
        await pilot.press("d")
        await listed(pilot, app, 1)
        await pilot.press("u")
        await listed(pilot, app, 2)


async def test_everything_is_forgotten_only_when_the_name_is_typed(assistant: Assistant) -> None:
    answered(assistant, 2)
    app = Host(assistant, ProfileScreen)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.screen.query(TraitRow))
        await pilot.press("f")
        await until(pilot, lambda: isinstance(app.screen, TypedConfirmScreen) and app.screen.query(Input))
        await pilot.press("y", "enter")
        assert isinstance(app.screen, TypedConfirmScreen)
        assert assistant.profile().comparisons == 2
        app.screen.query_one(Input).value = "default"
        await pilot.press("enter")
        await until(pilot, lambda: assistant.profile().comparisons == 0)


async def test_one_prompt_is_answered_for_you_for_nobody_and_for_your_opposite(assistant: Assistant) -> None:
    assistant.lock("length", -0.9)
    app = Host(assistant, ViewsScreen)
    async with app.run_test(size=(110, 30)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, ViewsScreen) and app.screen.query(ViewPane))
        await pilot.press("enter")
        await until(pilot, lambda: all("words" in str(p.border_subtitle) for p in app.screen.query(ViewPane)))
        assert texts(app).count("A scripted answer.") == 3
        requests = assistant.engine.requests  # type: ignore[attr-defined]
        assert len(requests) == 3 and len({request.sampling.seed for request in requests}) == 1
        assert assistant.store.chats() == []
        await pilot.press("escape")
        await until(pilot, lambda: app.left_with == [None])
