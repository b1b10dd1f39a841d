"""Counts and times as people say them."""

from __future__ import annotations


def size(count: int, unit: str = "B") -> str:
    """Return a count as people say it: 98 MB, 1.2 GB; with unit "" 135M, 7.6B (a billion, of parameters)."""
    steps = ("", "k", "M", "G" if unit else "B", "T")
    value, step = float(count), 0
    while value >= 999.5 and step < len(steps) - 1:
        value, step = value / 1000, step + 1
    digits = f"{value:.1f}" if value < 9.95 and step > 2 else f"{value:.0f}"
    return f"{digits} {steps[step]}{unit}" if unit else f"{digits}{steps[step]}"


def time_left(seconds: float) -> str:
    """Return a rough time: 40 s, 12 min, 1 h 20 min."""
    if seconds < 90:
        return f"{max(seconds, 0):.0f} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, rest = divmod(round(minutes, -1), 60)
    return f"{hours} h {rest} min" if rest and hours < 10 else f"{hours} h"
