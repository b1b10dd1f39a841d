"""The profile: read it, correct it by hand, take it along, forget it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from localpersona.text import harmless, one_line
from localpersona.ui.profile_exchange import read_profile, write_profile
from localpersona.ui.screens.confirm import ConfirmScreen
from localpersona.ui.screens.onboarding import OnboardingScreen
from localpersona.ui.screens.panel import PanelScreen
from localpersona.ui.screens.path_prompt import PathScreen
from localpersona.ui.screens.profiles import ProfilesScreen
from localpersona.ui.screens.trait import TraitScreen
from localpersona.ui.screens.typed_confirm import TypedConfirmScreen
from localpersona.ui.screens.views import ViewsScreen
from localpersona.ui.widgets.key_line import KeyLine
from localpersona.ui.widgets.movement_chart import sparkline
from localpersona.ui.widgets.strength_picker import StrengthPicker
from localpersona.ui.widgets.title_bar import TitleBar
from localpersona.ui.widgets.trait_row import TraitRow

if TYPE_CHECKING:
    from localpersona.assistant import ProfileView
    from localpersona.assistant.trail import Movement

TREND = 12
"""States of the past in a line's sparkline."""
_LEGEND = "● what your choices say   ━ how sure that is   ◆ set by hand"


class ProfileScreen(PanelScreen[None]):
    """Every trait between its poles, and what can be done about it."""

    HELP = """\
## Your profile
Each line is one trait of an answer between its two poles. **●** is what your choices say, the heavy line
**━** how sure that is: it shrinks with every comparison. **┼** is the middle: no preference.

**<Enter|trait.open>** shows how a trait moved and the comparisons behind it, which can be taken back one by
one. **<←|trait.left> <→|trait.right>** set a trait by hand (**◆**), **<l|trait.lock>** holds it where it
is, **<u|trait.unlock>** lets comparisons move it again. **<a|profile.more>** answers more questions;
**<v|profile.views>** shows what your profile changes in an answer; **<p|profile.profiles>** switches
profiles. **<e|profile.export>** writes the profile to a file, **<i|profile.import>** adds one to yours;
**<f|profile.forget>** forgets everything in it.

The strength at the end says how much of this reaches the answers.
"""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "app.focus_previous", "Previous", show=False, id="profile.previous"),
        Binding("down,j", "app.focus_next", "Next", show=False, id="profile.next"),
        *PanelScreen.scrolling("#body"),
        Binding("a", "answer_more", "Answer more", id="profile.more"),
        Binding("v", "compare_views", "What it changes", id="profile.views"),
        Binding("p", "profiles", "Profiles", id="profile.profiles"),
        Binding("e", "export", "Export", id="profile.export"),
        Binding("i", "import", "Import", id="profile.import"),
        Binding("f", "forget", "Forget", id="profile.forget"),
    ]

    AUTO_FOCUS = ""  # the first trait takes the focus as soon as it is there

    DEFAULT_CSS = """
    ProfileScreen {
        #body { height: 1fr; overflow-y: auto; padding: 1 2 0 2; scrollbar-size-vertical: 1; }
        #summary { text-style: bold; margin-bottom: 1; padding: 0 1; }
        .aside { color: $foreground 70%; padding: 0 1; margin-top: 1; }
        StrengthPicker { margin-top: 1; }
        #detail { height: 1; padding: 0 3; color: $foreground 70%; }
        TraitRow { max-width: 130; }
        &.-low #body { padding: 0; }
        &.-tall TraitRow { margin-bottom: 1; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._unsaved: dict[str, float | None] = {}
        """Traits moved but not stored yet: only the last position of a held-down key is worth storing."""
        self._saving = asyncio.Lock()
        self._movement: Movement | None = None

    def compose(self) -> ComposeResult:
        yield TitleBar("Your profile")
        with Vertical(id="body"):  # not VerticalScroll: its bindings would take the arrow keys
            yield Static(id="summary", markup=False)
            yield Static(_EVERYBODY, classes="aside", id="everybody", markup=False)
            yield StrengthPicker(self.assistant.settings.strength)
        yield Static(_LEGEND, id="detail", markup=False)
        yield KeyLine()

    def on_screen_resume(self) -> None:
        self.start(self._read())  # also on coming back: questions may have been answered meanwhile

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.height < 26, "-low")
        self.set_class(event.size.height >= 40, "-tall")

    async def _read(self) -> None:
        await self._show(await asyncio.to_thread(self.assistant.profile))
        self._movement = await asyncio.to_thread(self.assistant.trail.movement)
        for row in self.query(TraitRow):
            row.trend = self._trend(row.trait_name)
        self._explain_focus()

    def _trend(self, trait: str) -> str:
        """Return how a trait moved; "" before anything was compared."""
        states = self._movement.traits.get(trait, ()) if self._movement else ()
        return sparkline(states[-TREND:]) if len(states) > 1 else ""

    async def _show(self, profile: ProfileView) -> None:
        self.query_one(TitleBar).remark = _counted(profile)
        self.query_one("#summary", Static).update(harmless(profile.summary))
        rows = {row.trait_name: row for row in self.query(TraitRow)}
        if rows:
            for view in profile.traits:
                if view.trait.name not in self._unsaved:
                    rows[view.trait.name].show(view, seconds=0)
        else:
            body = self.query_one("#body")
            await body.mount_all((TraitRow(view) for view in profile.tastes), before="#everybody")
            await body.mount_all((TraitRow(view) for view in profile.qualities), after="#everybody")
            self.query(TraitRow).first().focus(scroll_visible=False)
        self._explain_focus()

    def on_descendant_focus(self) -> None:
        self._explain_focus()

    def _explain_focus(self) -> None:
        """Say in words what the focused line shows: below some width the bar has no room for them."""
        row = self.focused
        rows = self.query(TraitRow)  # none yet while the profile is being read
        if rows and row is rows.first():
            self.query_one("#body").scroll_home(animate=False)  # what stands above it belongs to the view
        if isinstance(row, TraitRow):
            trend = self._trend(row.trait_name)
            moved = f"   {trend} left to right over time" if trend else ""
            words = f"{row.view.trait.noun}: {row.view.description}{moved if self.size.width < 112 else ''}"
            fits = len(words) + len(_LEGEND) + 3 <= self.size.width - 6
            self.query_one("#detail", Static).update(f"{words}   {_LEGEND}" if fits else words)
        else:
            self.query_one("#detail", Static).update(_LEGEND)

    @on(TraitRow.SetByHand)
    def set_by_hand(self, event: TraitRow.SetByHand) -> None:
        self._unsaved[event.row.trait_name] = event.position
        self.start(self._save(event.row.trait_name), lasting=True)

    async def _save(self, trait: str) -> None:
        async with self._saving:
            if trait not in self._unsaved:
                return  # a later press was stored already
            position = self._unsaved.pop(trait)
            try:
                profile = await asyncio.to_thread(self.assistant.lock, trait, position)
            except Exception:
                await self._read()  # show what is really stored
                raise
            await self._show(profile)

    @on(TraitRow.Released)
    def release(self, event: TraitRow.Released) -> None:
        self._unsaved.pop(event.row.trait_name, None)
        self.start(self._unlock(event.row.trait_name), lasting=True)

    async def _unlock(self, trait: str) -> None:
        async with self._saving:
            await self._show(await asyncio.to_thread(self.assistant.unlock, trait))

    @on(StrengthPicker.Changed)
    def change_strength(self, event: StrengthPicker.Changed) -> None:
        self.start(self._store_strength(event.strength), lasting=True)

    async def _store_strength(self, strength: str) -> None:
        try:
            await asyncio.to_thread(lambda: self.assistant.update_settings(strength=strength))
        except Exception:
            self.query_one(StrengthPicker).show(self.assistant.settings.strength)
            raise

    @on(TraitRow.Opened)
    def open_trait(self, event: TraitRow.Opened) -> None:
        self.app.push_screen(TraitScreen(event.row.view))

    def action_profiles(self) -> None:
        self.app.push_screen(ProfilesScreen())

    def action_compare_views(self) -> None:
        self.app.push_screen(ViewsScreen())

    def action_answer_more(self) -> None:
        self.app.push_screen(OnboardingScreen())

    def action_forget(self) -> None:
        self.start(self._forget(), lasting=True)

    async def _forget(self) -> None:
        name = self.assistant.profile_row.name
        question = f"Forget everything that was learned for “{one_line(name, 30)}”?"
        detail = "All comparisons and what you set by hand. Chats stay. Export first to keep a way back."
        if await self.app.push_screen_wait(TypedConfirmScreen(question, detail, name)):
            await asyncio.to_thread(self.assistant.forget)
            await self._read()
            self.tell("Forgotten. Your profile starts again from what most people like.")

    def action_export(self) -> None:
        self.start(self._export(), lasting=True)

    async def _export(self) -> None:
        suggestion = str(Path.home() / "localpersona-profile.json")
        path = await self.app.push_screen_wait(PathScreen("Write your profile to this file:", suggestion))
        if path is None or (path.exists() and not await self._may_replace(path)):
            return
        data = await asyncio.to_thread(self.assistant.export_profile)
        await asyncio.to_thread(write_profile, data, path)
        self.tell(f"Written to {one_line(str(path), 200)}")

    async def _may_replace(self, path: Path) -> bool:
        question = f"{one_line(path.name, 40)} is there already. Replace it?"
        return await self.app.push_screen_wait(ConfirmScreen(question, yes="Replace", no="Keep"))

    def action_import(self) -> None:
        self.start(self._import(), lasting=True)

    async def _import(self) -> None:
        path = await self.app.push_screen_wait(PathScreen("Add the profile in this file to yours:"))
        if path is None:
            return
        data = await asyncio.to_thread(read_profile, path)
        added = await asyncio.to_thread(self.assistant.import_profile, data)
        await self._read()
        self.tell(f"{added} new comparison{'' if added == 1 else 's'} added.")


def _counted(profile: ProfileView) -> str:
    count = profile.comparisons
    return f"{one_line(profile.name, 20)} · {count} comparison{'' if count == 1 else 's'}"


_EVERYBODY = "Hardly a matter of taste, so kept apart:"
