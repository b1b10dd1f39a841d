from __future__ import annotations

import pytest
from textual.app import App, ComposeResult

from localpersona.assistant.views import TraitView
from localpersona.rewards.traits import TRAITS
from localpersona.ui.widgets.trait_bar import TraitBar


def view(position: float, sd: float = 0.2, *, locked: bool = False, words: str = "leaning") -> TraitView:
    return TraitView(TRAITS[0], position, sd, 0.0, locked, position, position - sd, position + sd, words)


class BarApp(App[None]):
    def __init__(self, shown: TraitView) -> None:
        super().__init__()
        self.shown = shown

    def compose(self) -> ComposeResult:
        yield TraitBar(self.shown)


async def drawn(shown: TraitView, width: int = 80) -> str:
    app = BarApp(shown)
    async with app.run_test(size=(width, 5)) as pilot:
        await pilot.pause()
        return app.query_one(TraitBar).render().plain


async def test_the_bar_reads_without_colour() -> None:
    line = await drawn(view(-0.5))
    assert line.lstrip().startswith("concise ─")
    assert line.rstrip().endswith("─ detailed")
    assert line.index("━") < line.index("●") < line.rindex("━") < line.index("┼")


async def test_a_trait_set_by_hand_has_another_mark_and_no_doubt() -> None:
    line = await drawn(view(0.5, locked=True))
    assert "◆" in line
    assert "●" not in line
    assert "━" not in line


async def test_what_is_not_known_fills_the_line() -> None:
    line = await drawn(view(0.0, 2.0))
    assert "─" not in line
    assert "●" in line


@pytest.mark.parametrize("position", [-1.0, 1.0, -5.0, 5.0])
async def test_the_ends_are_inside_the_line(position: float) -> None:
    line = await drawn(view(position, 0.0))
    assert "●" in line


async def test_every_width_is_filled_and_never_exceeded() -> None:
    app = BarApp(view(0.3))
    async with app.run_test(size=(80, 5)) as pilot:
        for width in (20, 36, 51, 52, 60, 87, 88, 100, 160):
            await pilot.resize_terminal(width, 5)
            lines = app.query_one(TraitBar).render().plain.split("\n")
            assert len(lines) == (2 if width < TraitBar.NARROW_BELOW else 1)
            assert all(len(line.rstrip()) <= width for line in lines)
            assert "concise" in lines[0]
            assert "detailed" in lines[0]


async def test_a_position_and_its_column_belong_together() -> None:
    app = BarApp(view(0.5, 0.0))
    async with app.run_test(size=(80, 5)) as pilot:
        await pilot.pause()
        bar = app.query_one(TraitBar)
        column = bar.render().plain.index("●")
        position = bar.position_at(column)
        assert position is not None
        assert abs(position - 0.5) < 0.05
        assert bar.position_at(0) is None
