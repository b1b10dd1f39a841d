"""The chat as a whole screen, looked at once by a person and held from then on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from ui.running import NewApp, wait_until

from localpersona.settings import Settings
from localpersona.store import Store
from localpersona.ui.app import LocalPersonaApp
from localpersona.ui.screens.why import WhyScreen
from localpersona.ui.widgets.chat_list import Chats
from localpersona.values import Explanation, Statistics, TraitEffect

Snap = Callable[..., bool]
Before = Callable[[Pilot[Any]], Awaitable[None]]

SLEEP = """\
Going to bed at the **same time** every day helps most. A few more things that work:

- keep the room dark and cool
- no coffee after two
- get up when you cannot sleep, and read `something dull`

```python
def rested(hours: float = 8.0) -> bool:
    return hours >= 7
```

See [the guide](https://example.org/sleep) for more.
"""
CPU = Statistics(
    generated_tokens=96, decode_seconds=4, context_length=4096, context_used=1234, dropped_turns=2
)


@pytest.fixture(autouse=True)
def chats(store: Store) -> None:
    """Two finished chats; the newer one no longer fits the context and has two versions of each answer."""
    profile = store.profile().id
    bread = store.create_chat(profile, "Bread without yeast, in a cold oven, at high altitude")
    asked = store.add_message(bread, None, "user", "Bread without yeast?")
    store.finish_answer(store.add_message(bread, asked, "assistant", ""), text="Soda bread.", statistics=CPU)
    sleep = store.create_chat(profile, "Sleeping better")
    last = None
    for text in ("Hello", "How do I sleep better?\nI wake at four [every] night."):
        asked = store.add_message(sleep, last, "user", text)
        for version in ("A first version.", SLEEP if last else "Good evening!"):
            last = store.add_message(sleep, asked, "assistant", "")
            store.finish_answer(last, text=version, reasoning="They sleep badly.", statistics=CPU)
    store.set_state("last_chat", str(sleep))


def settled(*keys: str) -> Before:
    """Wait until the chat is open and the model loaded, press keys, wait again."""

    async def before(pilot: Pilot[Any]) -> None:
        app = pilot.app
        assert isinstance(app, LocalPersonaApp)
        await wait_until(pilot, lambda: app.chat.is_mounted and app.assistant.engine.info)
        await app.workers.wait_for_complete()
        for key in keys:
            await pilot.press(key)
            await app.workers.wait_for_complete()
        await pilot.pause()

    return before


@pytest.mark.parametrize(
    ("size", "theme"),
    [((60, 20), "light"), ((100, 32), "dark"), ((160, 48), "light")],
    ids=["small", "usual", "large"],
)
def test_a_conversation(new_app: NewApp, snap_compare: Snap, size: tuple[int, int], theme: str) -> None:
    app = new_app(settings=Settings(theme=f"localpersona-{theme}"))
    assert snap_compare(app, terminal_size=size, run_before=settled())


def test_a_focused_answer_shows_what_its_letters_do(new_app: NewApp, snap_compare: Snap) -> None:
    assert snap_compare(new_app(), terminal_size=(100, 32), run_before=settled("escape"))


def test_an_empty_chat_teaches(
    new_app: NewApp, snap_compare: Snap, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded = "localpersona.ui.screens.chat.status.embedded_model"
    monkeypatch.setattr(embedded, lambda: Path("/models/scripted.gguf"))
    store.set_state("last_chat", "")
    assert snap_compare(new_app(), terminal_size=(100, 32), run_before=settled())


def test_the_chats_at_the_side(new_app: NewApp, snap_compare: Snap) -> None:
    async def listed(pilot: Pilot[Any]) -> None:
        await settled("ctrl+b")(pilot)
        await wait_until(pilot, lambda: pilot.app.screen.query_one(Chats).option_count == 2)

    assert snap_compare(new_app(), terminal_size=(100, 32), run_before=listed)


def test_the_branches_of_a_chat(new_app: NewApp, snap_compare: Snap) -> None:
    assert snap_compare(new_app(), terminal_size=(100, 32), run_before=settled("f7"))


def test_a_private_chat_with_a_hint(new_app: NewApp, snap_compare: Snap) -> None:
    async def private(pilot: Pilot[Any]) -> None:
        await settled()(pilot)
        app = pilot.app
        assert isinstance(app, LocalPersonaApp)
        app.chat.action_private()
        await app.workers.wait_for_complete()
        app.clear_notifications()
        await pilot.pause()

    assert snap_compare(new_app(hints=True), terminal_size=(100, 32), run_before=private)


def test_commands_while_one_is_typed(new_app: NewApp, snap_compare: Snap) -> None:
    assert snap_compare(new_app(), terminal_size=(100, 32), run_before=settled("slash", "c"))


def test_editing_an_earlier_prompt(new_app: NewApp, snap_compare: Snap) -> None:
    app = new_app(settings=Settings(theme="localpersona-light"))
    assert snap_compare(app, terminal_size=(100, 32), run_before=settled("escape", "e"))


def test_help(new_app: NewApp, snap_compare: Snap) -> None:
    assert snap_compare(new_app(), terminal_size=(100, 32), run_before=settled("f1"))


def test_why_this_answer(new_app: NewApp, snap_compare: Snap) -> None:
    async def explained(pilot: Pilot[Any]) -> None:
        await settled()(pilot)
        effects = (
            TraitEffect("length", -1.2, -0.9, 1.3, 0.9),
            TraitEffect("formality", -0.7, -0.4, 0.45, 0.2),
            TraitEffect("structure", 0.6, -0.2, -0.2, 0.0),
        )
        summary = "Chosen of 8: shorter and more casual than the runner-up, as you prefer."
        instruction = "Answer the way this person likes: short and concise; casual."
        pilot.app.push_screen(WhyScreen(Explanation(summary, effects, 8, instruction)))
        await pilot.pause()

    assert snap_compare(new_app(), terminal_size=(100, 32), run_before=explained)
