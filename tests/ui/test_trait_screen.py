"""A trait's evidence: how it moved, every comparison behind it, and taking one back."""

from __future__ import annotations

from textual.pilot import Pilot
from textual.widgets import OptionList, Static
from ui.panels import Host, answered, assistant, texts, until

from localpersona.assistant import Assistant
from localpersona.ui.screens.comparison import ComparisonScreen
from localpersona.ui.screens.profile import ProfileScreen
from localpersona.ui.screens.trait import TraitScreen
from localpersona.ui.widgets.movement_chart import MovementChart, sparkline
from localpersona.ui.widgets.trait_row import TraitRow

__all__ = ["assistant"]


async def open_trait(pilot: Pilot[None], app: Host) -> None:
    """Go from the profile to its first trait."""
    await until(pilot, lambda: app.screen.query(TraitRow) and app.screen.query(TraitRow).first().trend)
    await pilot.press("enter")
    await until(
        pilot, lambda: isinstance(app.screen, TraitScreen) and app.screen.query(MovementChart).first()._states
    )


async def test_a_comparison_is_opened_with_the_effect_of_deleting_it_deleted_and_brought_back(
    assistant: Assistant,
) -> None:
    answered(assistant, 3)
    app = Host(assistant, ProfileScreen)
    async with app.run_test(size=(110, 34)) as pilot:
        await open_trait(pilot, app)
        assert "strongly for concise" in texts(app)
        assert "3 of 3 comparisons say something about this" in texts(app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ComparisonScreen) and "becomes" in texts(app))
        assert "your choice" in texts(app)
        await pilot.press("1")  # looks like the question, but takes no answer
        assert assistant.profile().comparisons == 3
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, TraitScreen) and "2 of 2" in texts(app))
        assert assistant.profile().comparisons == 2
        await pilot.press("u")
        await until(pilot, lambda: "3 of 3" in texts(app))
        assert assistant.profile().comparisons == 3


async def test_looking_at_a_comparison_changes_nothing(assistant: Assistant) -> None:
    answered(assistant, 1)
    app = Host(assistant, ProfileScreen)
    async with app.run_test(size=(60, 20)) as pilot:
        await open_trait(pilot, app)
        await pilot.press("enter")
        await until(
            pilot, lambda: isinstance(app.screen, ComparisonScreen) and "…" not in texts(app).splitlines()[-2]
        )
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, TraitScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ProfileScreen))
        assert assistant.profile().comparisons == 1


async def test_without_comparisons_it_says_where_the_trait_comes_from(assistant: Assistant) -> None:
    app = Host(assistant, lambda: TraitScreen(assistant.profile().traits[0]))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(
            pilot, lambda: "Nothing was compared yet" in str(app.screen.query_one("#note", Static).content)
        )
        assert app.screen.query_one(OptionList).option_count == 0


def test_a_sparkline_goes_up_towards_the_right_pole() -> None:
    states = [(-1.0, mean, 1.0) for mean in (-1.0, 0.0, 0.4, 1.0)]
    assert sparkline(states) == "▁▅▆█"
