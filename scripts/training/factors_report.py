"""The figures of a trial as lines to print."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Figures = Mapping[str, Mapping[int, Mapping[str, float]]]
"""By row and number of answers: what `factors_trial.spread` returns."""


def table(title: str, figures: Figures) -> str:
    """Return ROC-AUC by row and number of answers: the mean, and the deviation over splits."""
    counts = sorted({count for row in figures.values() for count in row})
    width = max(map(len, figures))
    lines = [title, f"  {'answers':{width}}" + "".join(f"{count:>15}" for count in counts)]
    for name, row in figures.items():
        cells = (f"{row[count]['mean']:.3f} ± {row[count]['splits']:.3f}" for count in counts)
        lines.append(f"  {name:{width}}" + "".join(f"{cell:>15}" for cell in cells))
    return "\n".join(lines)


def spread_table(title: str, figures: Figures, count: int) -> str:
    """Return the spread after one number of answers: over splits, over starts, and the extremes."""
    width = max(map(len, figures))
    lines = [title, f"  {'':{width}}    mean  splits  starts   lowest–highest"]
    for name, row in figures.items():
        at = row[count]
        lines.append(
            f"  {name:{width}}   {at['mean']:.3f}   {at['splits']:.3f}   {at['starts']:.3f}"
            f"   {at['lowest']:.3f}–{at['highest']:.3f}"
        )
    return "\n".join(lines)


def as_json(figures: Figures) -> dict[str, Any]:
    """Return the figures with names as keys only."""
    return {name: {str(count): dict(at) for count, at in row.items()} for name, row in figures.items()}
