"""The first line of a screen: what it is, and one figure worth knowing."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.reactive import reactive
from textual.widgets import Static


class TitleBar(Horizontal):
    """A title at the left and a short remark at the right. Foreign text must come sanitised."""

    DEFAULT_CSS = """
    TitleBar {
        height: 1; padding: 0 2;
        .title { width: 1fr; text-style: bold; color: $primary; text-wrap: nowrap; text-overflow: ellipsis; }
        .remark { width: auto; padding-left: 2; color: $foreground 70%; text-wrap: nowrap; }
    }
    """

    title: reactive[str] = reactive("", init=False)
    remark: reactive[str] = reactive("", init=False)

    def __init__(self, title: str, remark: str = "") -> None:
        super().__init__()
        self.set_reactive(TitleBar.title, title)
        self.set_reactive(TitleBar.remark, remark)

    def compose(self) -> ComposeResult:
        yield Static(self.title, classes="title", markup=False)
        yield Static(self.remark, classes="remark", markup=False)

    def watch_title(self, title: str) -> None:
        self.query_one(".title", Static).update(title)

    def watch_remark(self, remark: str) -> None:
        self.query_one(".remark", Static).update(remark)
