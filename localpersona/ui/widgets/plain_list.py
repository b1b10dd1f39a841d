"""A list without a frame, for screens that are a list."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import OptionList


class PlainList(OptionList):
    """An option list that says what Enter does, and moves with j and k, too."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Open"),
        Binding("j", "cursor_down", show=False),
        Binding("k", "cursor_up", show=False),
    ]
    """
    | Key(s) | Description |
    | :- | :- |
    | up, down, k, j | Move. |
    | enter | Open what is highlighted. |
    """

    DEFAULT_CSS = """
    PlainList {
        height: 1fr; border: none; background: transparent; padding: 0 2; scrollbar-size-vertical: 1;
        &:focus { border: none; background-tint: $foreground 0%; }
        & > .option-list--option { padding: 0 1; }
        & > .option-list--option-highlighted { background: $panel; text-style: none; color: $foreground; }
        &:focus > .option-list--option-highlighted {
            background: $primary 25%; color: $foreground; text-style: none;
        }
    }
    """
