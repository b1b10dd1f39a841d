"""Several profiles on one machine: switch between them, make, rename and remove them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from localpersona.text import one_line
from localpersona.ui.screens.panel import PanelScreen
from localpersona.ui.screens.rename import RenameScreen
from localpersona.ui.widgets.key_line import KeyLine
from localpersona.ui.widgets.plain_list import PlainList
from localpersona.ui.widgets.title_bar import TitleBar

if TYPE_CHECKING:
    from localpersona.store import ProfileRow


class ProfilesScreen(PanelScreen[None]):
    """The list of profiles. Each learns by itself; chats are shared."""

    HELP = """\
## Profiles
Each profile has comparisons of its own: one for each person who uses this machine, or one for work and one
for home. **Enter** switches at once; **<n|profiles.new>** makes another, **<r|profiles.rename>** renames,
**<d|profiles.remove>** removes one, **<u|profiles.restore>** brings it back. Chats belong to all of them.
"""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", "New", id="profiles.new"),
        Binding("r", "rename", "Rename", id="profiles.rename"),
        Binding("d,delete", "remove", "Remove", id="profiles.remove"),
        Binding("u", "restore", "Bring back", id="profiles.restore"),
    ]

    AUTO_FOCUS = "PlainList"

    DEFAULT_CSS = """
    ProfilesScreen {
        #note { color: $foreground 70%; padding: 1 3; height: auto; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[ProfileRow] = []
        self._removed: list[ProfileRow] = []

    def compose(self) -> ComposeResult:
        yield TitleBar("Profiles")
        yield Static("Each learns by itself. Chats belong to all of them.", id="note", markup=False)
        yield PlainList()
        yield KeyLine()

    def on_mount(self) -> None:
        self.start(self._read())

    async def _read(self) -> None:
        counted = await asyncio.to_thread(self.assistant.people.counted)
        current = (await asyncio.to_thread(lambda: self.assistant.profile_row)).id
        self._rows = [row for row, _ in counted]
        listed = self.query_one(PlainList)
        at = listed.highlighted
        listed.clear_options()
        listed.add_options(_line(row, count, row.id == current) for row, count in counted)
        used = next((index for index, row in enumerate(self._rows) if row.id == current), 0)
        listed.highlighted = used if at is None else min(at, len(self._rows) - 1)
        self.refresh_bindings()

    @property
    def _chosen(self) -> ProfileRow | None:
        at = self.query_one(PlainList).highlighted
        return self._rows[at] if at is not None and at < len(self._rows) else None

    @on(OptionList.OptionSelected)
    def use_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.start(self._use(self._rows[event.option_index].name), lasting=True)

    async def _use(self, name: str) -> None:
        row = await asyncio.to_thread(self.assistant.people.use, name)
        self.tell(f"Answers follow the profile “{one_line(row.name, 40)}” from now on.")
        if self.is_current:
            self.dismiss()

    def action_new(self) -> None:
        def made(name: str | None) -> None:
            if name:
                self.start(self._use(name), lasting=True)

        self.app.push_screen(RenameScreen("", "Name of the new profile"), made)

    def action_rename(self) -> None:
        row = self._chosen
        if row is None:
            return

        def renamed(name: str | None) -> None:
            if name:
                self.start(self._changed(lambda: self.assistant.people.rename(row.id, name)), lasting=True)

        self.app.push_screen(RenameScreen(row.name, "Name of this profile"), renamed)

    def action_remove(self) -> None:
        if (row := self._chosen) is not None:
            self.start(self._remove(row), lasting=True)

    async def _remove(self, row: ProfileRow) -> None:
        await self._changed(lambda: self.assistant.people.remove(row.id))
        self._removed.append(row)
        self.refresh_bindings()
        back = self.stage.keys("<u|profiles.restore> brings it back with all it learned.")
        self.tell(f"Removed “{one_line(row.name, 40)}”. {back}")

    def action_restore(self) -> None:
        if self._removed:
            row = self._removed.pop()
            self.start(self._changed(lambda: self.assistant.people.restore(row.id)), lasting=True)

    async def _changed(self, change: Callable[[], None]) -> None:
        await asyncio.to_thread(change)
        await self._read()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return bool(self._removed) if action == "restore" else True


def _line(row: ProfileRow, count: int, used: bool) -> Option:
    many = "1 comparison" if count == 1 else f"{count} comparisons"
    name = one_line(row.name, 40)
    mark = ("● ", "$primary bold") if used else "  "
    return Option(
        Content.assemble(mark, name.ljust(42), (many, "$foreground 70%"), "  in use" if used else "")
    )
