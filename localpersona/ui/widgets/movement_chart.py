"""How one trait moved while comparisons came in, and how sure it became: a small chart of characters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.content import Content
from textual.widget import Widget

Interval = tuple[float, float, float]
"""Low, mean, high: positions on the trait's bar, −1 … 1."""

_STEPS = "▁▂▃▄▅▆▇█"


def sparkline(states: Sequence[Interval]) -> str:
    """Return the means as one character each: low is the trait's left pole, high its right one."""
    return "".join(
        _STEPS[round((min(max(mean, -1.0), 1.0) + 1) / 2 * (len(_STEPS) - 1))] for _, mean, _ in states
    )


class MovementChart(Widget):
    """Time goes to the right, the trait's right pole is at the top: ● the mean, │ one standard deviation."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"chart--mean", "chart--interval", "chart--quiet"}

    ALLOW_SELECT = False

    DEFAULT_CSS = """
    MovementChart {
        height: 7; width: 1fr;
        .chart--mean { color: $foreground; text-style: bold; }
        .chart--interval { color: $primary; }
        .chart--quiet { color: $foreground 60%; }
    }
    """

    LABELS: ClassVar[int] = 22
    """Columns for the poles at the left."""

    def __init__(self, low: str, high: str) -> None:
        super().__init__()
        self._poles = low, high
        self._counts: tuple[int, ...] = ()
        self._states: tuple[Interval, ...] = ()

    def show(self, counts: Sequence[int], states: Sequence[Interval]) -> None:
        """Show states of a trait after so many comparisons each."""
        self._counts, self._states = tuple(counts), tuple(states)
        self.refresh()

    def render(self) -> Content:
        if not self._states:
            return Content("")
        rows = max(self.size.height - 1, 3)
        step = max(1, min(4, (self.size.width - self.LABELS - 3) // len(self._states)))
        lines = [self._line(row, rows, step) for row in range(rows)]
        ends = f"{self._counts[0]}".ljust(step * (len(self._counts) - 1)) + f"{self._counts[-1]} comparisons"
        return Content("\n").join([*lines, Content.styled(" " * (self.LABELS + 2) + ends, ".chart--quiet")])

    def _line(self, row: int, rows: int, step: int) -> Content:
        low, high = self._poles
        label = {0: high, rows // 2: "no preference", rows - 1: low}.get(row, "")
        parts = [(label.rjust(self.LABELS)[: self.LABELS], ".chart--quiet"), (" │", ".chart--quiet")]
        for bottom, mean, top in self._states:
            at, first, last = (_row(value, rows) for value in (mean, top, bottom))
            if row == at:
                mark = ("●", ".chart--mean")
            elif first <= row <= last:
                mark = ("│", ".chart--interval")
            else:
                mark = ("┄" if row == rows // 2 else " ", ".chart--quiet")
            parts += [mark, (("┄" if row == rows // 2 else " ") * (step - 1), ".chart--quiet")]
        return Content.assemble(*parts)


def _row(value: float, rows: int) -> int:
    """Return the row, from the top, that a position belongs to."""
    return round((1.0 - min(max(value, -1.0), 1.0)) / 2.0 * (rows - 1))
