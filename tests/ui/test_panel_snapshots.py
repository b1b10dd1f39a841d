"""Whole screens, looked at once by a person and held from then on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from ui.panels import Host, answered, assistant, texts, until
from ui.test_models_screen import found

from localpersona import paths
from localpersona.assistant import Assistant
from localpersona.library import ModelFile
from localpersona.ui.screens.comparison import ComparisonScreen
from localpersona.ui.screens.models import ModelsScreen
from localpersona.ui.screens.onboarding import OnboardingScreen
from localpersona.ui.screens.profile import ProfileScreen
from localpersona.ui.screens.settings import SettingsScreen
from localpersona.ui.screens.trait import TraitScreen
from localpersona.ui.screens.welcome import WelcomeScreen
from localpersona.ui.widgets.answer_pair import AnswerPair
from localpersona.ui.widgets.model_list import ModelList
from localpersona.ui.widgets.plain_list import PlainList
from localpersona.ui.widgets.setting_row import SettingRow
from localpersona.ui.widgets.trait_row import TraitRow

__all__ = ["assistant", "found"]

Snap = Callable[..., bool]


async def question_shown(pilot: Pilot[None]) -> None:
    await until(
        pilot, lambda: pilot.app.screen.query(AnswerPair) and pilot.app.screen.query_one(AnswerPair).open
    )


async def one_answered(pilot: Pilot[None]) -> None:
    await question_shown(pilot)
    await pilot.press("1")
    await until(pilot, lambda: pilot.app.screen.query_one(AnswerPair).can_undo)
    await question_shown(pilot)


def test_welcome(assistant: Assistant, snap_compare: Snap) -> None:
    assert snap_compare(Host(assistant, WelcomeScreen), terminal_size=(100, 32))


@pytest.mark.parametrize("size", [(60, 20), (100, 32), (160, 48)], ids=["small", "usual", "large"])
def test_onboarding_after_one_answer(assistant: Assistant, snap_compare: Snap, size: tuple[int, int]) -> None:
    app = Host(assistant, OnboardingScreen)
    assert snap_compare(app, terminal_size=size, run_before=one_answered)


def test_the_end_of_onboarding(assistant: Assistant, snap_compare: Snap) -> None:
    async def last_answered(pilot: Pilot[None]) -> None:
        await question_shown(pilot)
        await pilot.press("1")
        await until(pilot, lambda: pilot.app.focused is not None and pilot.app.focused.id == "chat")

    answered(assistant, 9)
    app = Host(assistant, OnboardingScreen)
    assert snap_compare(app, terminal_size=(100, 32), run_before=last_answered)


@pytest.mark.parametrize("theme", ["localpersona-dark", "localpersona-light"])
def test_profile(assistant: Assistant, snap_compare: Snap, theme: str) -> None:
    async def one_set_by_hand(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: isinstance(pilot.app.focused, TraitRow))
        await pilot.press("down", "right", "right")
        await until(pilot, lambda: assistant.profile().traits[1].position > 0.15)
        await pilot.app.workers.wait_for_complete()

    answered(assistant, 8)
    app = Host(assistant, ProfileScreen)
    app.theme = theme
    assert snap_compare(app, terminal_size=(100, 32), run_before=one_set_by_hand)


@pytest.mark.parametrize("size", [(60, 20), (100, 32)], ids=["small", "usual"])
def test_a_trait_and_the_comparisons_behind_it(
    assistant: Assistant, snap_compare: Snap, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    async def moved(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: pilot.app.screen.query(PlainList).first().option_count == 8)
        await pilot.app.workers.wait_for_complete()

    monkeypatch.setattr("localpersona.store.comparisons.now", lambda: "2026-11-21T09:00:00Z")
    answered(assistant, 8)
    app = Host(assistant, lambda: TraitScreen(assistant.profile().traits[0]))
    assert snap_compare(app, terminal_size=size, run_before=moved)


def test_a_comparison_of_the_past(
    assistant: Assistant, snap_compare: Snap, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def explained(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "still" in texts(pilot.app) or "becomes" in texts(pilot.app))

    monkeypatch.setattr("localpersona.store.comparisons.now", lambda: "2026-11-21T09:00:00Z")
    answered(assistant, 3)
    app = Host(assistant, lambda: ComparisonScreen(assistant.evidence()[0]))
    assert snap_compare(app, terminal_size=(100, 32), run_before=explained)


def test_models(assistant: Assistant, found: list[ModelFile], snap_compare: Snap) -> None:
    async def listed(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: pilot.app.screen.query_one(ModelList).option_count == 2)

    assert snap_compare(Host(assistant, ModelsScreen), terminal_size=(100, 32), run_before=listed)


def test_settings(assistant: Assistant, snap_compare: Snap, monkeypatch: pytest.MonkeyPatch) -> None:
    async def second_row(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: pilot.app.screen.query(SettingRow))
        await pilot.press("down")

    monkeypatch.setattr(paths, "settings", lambda: Path("/home/ada/settings.toml"))
    assert snap_compare(Host(assistant, SettingsScreen), terminal_size=(100, 32), run_before=second_row)
