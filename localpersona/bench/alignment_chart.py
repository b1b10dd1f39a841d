"""Gain against time as a picture: which tools are worth waiting for. Needs matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from localpersona.bench.alignment_figures import Results, Row
from localpersona.bench.chart import CONTROL, FAINT, INK, OURS, picture, spread

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TICKS = (0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300)
GAP = 0.05
"""Between two names, as a fraction of the axis' height."""
_COLOURS = "blue: nothing else gains as much in as little time; orange: quality below a plain answer's, beyond chance"
COSTS_QUALITY = "#D55E00"


def draw(results: Results, path: Path) -> None:
    """Write a PNG. Raises BenchError when matplotlib is not installed or the file cannot be written."""
    with picture(path, dpi=160) as (figure, axes):
        _axes(axes, results)
        _front(axes, pareto(results.rows))
        _points(axes, results.rows)
        _names(axes, results.rows)
        axes.text(0.0, -0.14, _COLOURS, transform=axes.transAxes, color="#555555", fontsize=9)
        figure.subplots_adjust(left=0.075, right=0.62, top=0.87, bottom=0.13)


def pareto(rows: Sequence[Row]) -> list[Row]:
    """Return the rows that no other beats in both gain and time, quickest first."""
    front: list[Row] = []
    for row in sorted(rows, key=lambda row: (row.seconds, -row.gain.value)):
        if not front or row.gain.value > front[-1].gain.value:
            front.append(row)
    return front


def _axes(axes: Axes, results: Results) -> None:
    axes.set_xscale("log")
    low, high = (edge(row.seconds for row in results.rows) for edge in (min, max))
    axes.set_xlim(low / 1.3, high * 1.3)
    ticks = [tick for tick in _TICKS if low / 1.3 <= tick <= high * 1.3]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set_xlabel("seconds for an answer")
    axes.grid(color=FAINT, linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.tick_params(length=0, colors=INK)
    axes.set_title("What each way of aligning gains, and how long it takes", loc="left", fontsize=13, pad=26)
    axes.text(
        0.0,
        1.025,
        "gain of the user's reward over a plain answer (log-odds), by a judge that selected nothing; bars: 95 %"
        f" over {results.prompts} prompts",
        transform=axes.transAxes,
        fontsize=9.5,
        color="#555555",
    )


def _front(axes: Axes, front: Sequence[Row]) -> None:
    x, y = [row.seconds for row in front], [row.gain.value for row in front]
    axes.step(x, y, where="post", color=OURS[0], linewidth=1.2, alpha=0.5, zorder=2)


def _points(axes: Axes, rows: Sequence[Row]) -> None:
    for number, row in enumerate(rows, start=1):
        colour = _colour(row, rows)
        below, above = row.gain.value - row.gain.low, row.gain.high - row.gain.value
        axes.errorbar(
            row.seconds,
            row.gain.value,
            yerr=[[below], [above]],
            color=colour,
            linewidth=1.0,
            alpha=0.6,
            zorder=3,
        )
        axes.plot(row.seconds, row.gain.value, "o", color=colour, markersize=15, zorder=4)
        axes.annotate(
            str(number), (row.seconds, row.gain.value), color="white", fontsize=8.5, fontweight="bold",
            ha="center", va="center", zorder=5,
        )  # fmt: skip


def _names(axes: Axes, rows: Sequence[Row]) -> None:
    """List the numbers' names beside the picture, in the order of the points from above."""
    low, high = axes.get_ylim()
    places = spread([(row.gain.value - low) / (high - low) for row in rows], GAP)
    for number, (row, place) in enumerate(zip(rows, places, strict=True), start=1):
        axes.text(
            1.03, place, f"{number}  {row.title}: {row.wins.value:.0%} wins, {row.times:.1f} ×",
            transform=axes.transAxes, color=_colour(row, rows), fontsize=9.5, va="center",
            fontweight="bold" if row in pareto(rows) else "normal",
        )  # fmt: skip


def _colour(row: Row, rows: Sequence[Row]) -> str:
    """The front in blue; what costs quality beyond the interval in orange; the rest in grey."""
    if row.quality.high < 0.0:
        return COSTS_QUALITY
    return OURS[0] if row in pareto(rows) else CONTROL
