"""The catalogue, against a server on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from file_server import pausing, serving, status
from one_offer import TINY, Shop, offering
from scripted_engine import ScriptedEngine
from textual.pilot import Pilot
from ui.panels import Host, assistant, texts, until

from localpersona.assistant import Assistant
from localpersona.ui.screens.catalogue import CatalogueScreen
from localpersona.ui.screens.confirm import ConfirmScreen
from localpersona.ui.screens.models import ModelsScreen
from localpersona.ui.widgets.offer_list import OfferList

__all__ = ["assistant"]

pytestmark = pytest.mark.usefixtures("loopback")

Snap = Callable[..., bool]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.setattr("localpersona.library.shelf.available_bytes", lambda: 8_000_000_000)
    monkeypatch.setattr("localpersona.library.shelf.free_bytes", lambda: 50_000_000_000)
    monkeypatch.setattr("localpersona.ui.screens.catalogue.free_bytes", lambda: 50_000_000_000)
    monkeypatch.setattr(CatalogueScreen, "LOOK_SECONDS", 0.1)
    with offering(tmp_path, monkeypatch) as opened:
        yield opened


async def listed(pilot: Pilot[None]) -> None:
    await until(
        pilot,
        lambda: (
            isinstance(pilot.app.screen, CatalogueScreen)
            and pilot.app.screen.query_one(OfferList).option_count
        ),
    )


async def asked(pilot: Pilot[None]) -> None:
    await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))


async def begun(pilot: Pilot[None]) -> None:
    """Agree to the download of the only offer."""
    await listed(pilot)
    await pilot.press("enter")
    await asked(pilot)
    await pilot.press("y")


async def test_nothing_is_contacted_before_the_hosts_were_agreed_to_by_name(
    assistant: Assistant, shop: Shop
) -> None:
    app = Host(assistant, CatalogueScreen)
    async with app.run_test(size=(100, 32)) as pilot:
        await listed(pilot)
        for fact in ("Tiny Instruct · fits into memory", "47 kB", "20k Q8_0", "CC0-1.0", "50 GB free"):
            assert fact in texts(app)
        await pilot.press("enter")
        await asked(pilot)
        question = " ".join(texts(app).replace("│", " ").split())
        for fact in (
            shop.server.host,
            "file servers under hf.co",
            "47 kB",
            "50 GB are free",
            "Licence: CC0-1.0",
        ):
            assert fact in question
        await pilot.press("n")
        await listed(pilot)
    assert shop.server.requests == []


async def test_a_model_comes_and_is_offered_for_use(assistant: Assistant, shop: Shop) -> None:
    app = Host(assistant, CatalogueScreen)
    async with app.run_test(size=(100, 32)) as pilot:
        await begun(pilot)
        await asked(pilot)
        assert "Tiny Instruct is here. Use it from now on?" in texts(app)
        await pilot.press("y")
        await until(pilot, lambda: app.left_with == [shop.path])
    assert shop.path.read_bytes() == TINY


async def test_the_screen_can_be_left_and_shows_the_progress_again(assistant: Assistant, shop: Shop) -> None:
    shop.server.script = [pausing(23_000)]
    app = Host(assistant, CatalogueScreen)
    async with app.run_test(size=(100, 32), notifications=True) as pilot:
        await begun(pilot)
        await until(pilot, lambda: "23 kB of 47 kB" in texts(app))
        await pilot.press("escape")
        await until(pilot, lambda: app.left_with == [None])
        app.push_screen(CatalogueScreen())
        await until(pilot, lambda: "23 kB of 47 kB" in texts(app))
        await pilot.press("enter")
        await until(pilot, lambda: any("One download at a time" in n.message for n in app._notifications))
        await pilot.press("escape")
        shop.server.go_on.set()
        await until(pilot, lambda: any("Tiny Instruct is here" in n.message for n in app._notifications))
    assert shop.path.exists()


async def test_a_download_can_be_cancelled_and_leaves_nothing(assistant: Assistant, shop: Shop) -> None:
    shop.server.script = [pausing(23_000)]
    app = Host(assistant, CatalogueScreen)
    async with app.run_test(size=(60, 20)) as pilot:
        await begun(pilot)
        await until(pilot, lambda: "23 kB of 47 kB" in texts(app))
        await pilot.press("x")
        await until(pilot, lambda: "Cancelled. What had arrived was removed." in texts(app))
    assert not shop.part.exists()


async def test_leaving_the_app_keeps_what_has_arrived(assistant: Assistant, shop: Shop) -> None:
    shop.server.script = [pausing(23_000)]
    app = Host(assistant, CatalogueScreen)
    async with app.run_test(size=(100, 32)) as pilot:
        await begun(pilot)
        await until(pilot, lambda: "23 kB of 47 kB" in texts(app))
    assistant.close()
    assert shop.part.stat().st_size == 23_000


async def test_what_was_left_of_a_download_is_shown_and_can_be_removed(
    assistant: Assistant, shop: Shop
) -> None:
    shop.part.parent.mkdir(parents=True)
    shop.part.write_bytes(TINY[:20_000])
    app = Host(assistant, CatalogueScreen)
    async with app.run_test(size=(100, 32)) as pilot:
        await listed(pilot)
        assert "20 kB of it are here" in texts(app)
        await pilot.press("x")
        await until(pilot, lambda: "of it are here" not in texts(app))
    assert not shop.part.exists()


async def test_what_went_wrong_is_said(assistant: Assistant, shop: Shop) -> None:
    shop.server.script = [status(404)]
    app = Host(assistant, CatalogueScreen)
    async with app.run_test(size=(100, 32)) as pilot:
        await begun(pilot)
        await until(pilot, lambda: "✗ Tiny Instruct: " in texts(app))
        assert "has no such file (HTTP 404)" in texts(app)


async def test_a_further_host_is_asked_about_first(assistant: Assistant, shop: Shop) -> None:
    app = Host(assistant, CatalogueScreen)
    with serving(TINY) as other:
        shop.server.script = [status(302, Location=other.url)] * 2
        async with app.run_test(size=(100, 32)) as pilot:
            await begun(pilot)
            await until(pilot, lambda: f"Go on to {other.host}?" in texts(app))
            assert other.requests == []
            await pilot.press("y")
            await until(pilot, lambda: "Tiny Instruct is here" in texts(app))
        assert len(other.requests) == 1


async def test_the_models_screen_leads_to_the_catalogue_and_uses_what_came(
    assistant: Assistant, shop: Shop
) -> None:
    app = Host(assistant, ModelsScreen)
    async with app.run_test(size=(100, 32)) as pilot:
        await until(pilot, lambda: "the catalogue" in texts(app))
        await pilot.press("c")
        await begun(pilot)
        await asked(pilot)
        await pilot.press("y")
        await until(pilot, lambda: "answers from now on" in texts(app))
    assert assistant.settings.model == str(shop.path)
    assert isinstance(assistant.engine, ScriptedEngine)
    assert assistant.engine.loads[-1].path == str(shop.path)


@pytest.mark.parametrize("size", [(60, 20), (100, 32)], ids=["small", "usual"])
def test_the_catalogue_as_it_ships_on_a_machine_with_5_gb_free(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch, snap_compare: Snap, size: tuple[int, int]
) -> None:
    monkeypatch.setattr("localpersona.library.shelf.available_bytes", lambda: 5_000_000_000)
    monkeypatch.setattr("localpersona.ui.screens.catalogue.free_bytes", lambda: 50_000_000_000)
    app = Host(assistant, CatalogueScreen)
    assert snap_compare(app, terminal_size=size, run_before=listed)
