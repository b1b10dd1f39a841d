"""From measurements to figures, ratios to the yardstick and differences of scores, and from these to text."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from runtimes.runtime import Array, Runtime


@dataclass
class Measurement:
    """What was measured of one run time."""

    runtime: Runtime
    installed: float
    """MB of packages beyond the app's own."""
    model: float
    """MB of files that would ship."""
    starts: list[float] = field(default_factory=list)
    """Seconds, one a fresh process."""
    seconds: dict[str, list[float]] = field(default_factory=dict)
    """By task, one a round; round i is about the same texts for every run time."""
    memory: float = float("nan")
    """MB resident beyond Python with NumPy."""
    scores: Array | None = None
    """(n, J) of the texts that all score."""


def absolute(found: Measurement) -> dict[str, float]:
    """Return seconds and MB, named as the columns are."""
    figures = {
        "start": statistics.median(found.starts),
        "memory": found.memory,
        "packages": found.installed,
        "model": found.model,
    }
    for task, seconds in found.seconds.items():
        figures[f"{task}, fastest"] = min(seconds)
        figures[f"{task}, median"] = statistics.median(seconds)
    return figures


def ratios(found: Measurement, yardstick: Measurement) -> dict[str, float]:
    """Return absolute(found) by the yardstick's, its "embed" for every task.

    A median is that of the rounds' ratios: both had the same texts, and about the same neighbours.
    """
    ours, base = absolute(found), absolute(yardstick)
    result = {name: ours[name] / base[name] for name in ("start", "memory", "packages", "model")}
    for task, seconds in found.seconds.items():
        by_round = [a / b for a, b in zip(seconds, yardstick.seconds["embed"], strict=True)]
        result[f"{task}, fastest"] = min(seconds) / min(yardstick.seconds["embed"])
        result[f"{task}, median"] = statistics.median(by_round)
    return result


def differences(scores: Array, reference: Array) -> dict[str, float]:
    """Return how far scores are from reference, both (n, J), in the standard deviations that scores count in."""
    apart = np.abs(scores.astype(float) - reference)
    return {
        "largest": float(apart.max()),
        "95 % below": float(np.quantile(apart, 0.95)),
        "mean": float(apart.mean()),
    }


COLUMNS = {
    "encode, fastest": "embed, fastest",
    "encode, median": "embed, median",
    "score, median": "score, median",
    "start": "start",
    "memory": "memory",
    "packages": "packages",
    "model": "model",
}
"""Headings and the figures under them."""


def markdown(rows: Mapping[str, Mapping[str, float]], apart: Mapping[str, Mapping[str, float]]) -> str:
    """Return a table of rows' figures and, where a run time has scores, of the differences."""
    kinds = next(iter(apart.values()), {})
    lines = [_line(["run time", *COLUMNS, *(f"scores apart, {kind}" for kind in kinds)])]
    lines.append(_line(["---", *["--:"] * (len(COLUMNS) + len(kinds))]))
    for name, figures in rows.items():
        cells = [_number(figures.get(key), 2) for key in COLUMNS.values()]
        lines.append(_line([name, *cells, *(_number(apart.get(name, {}).get(kind), 4) for kind in kinds)]))
    return "\n".join(lines)


def figures(
    found: Sequence[Measurement], yardstick: Runtime, references: Sequence[Runtime]
) -> dict[str, Any]:
    """Return all figures by run time, as JSON. Without the yardstick's measurement there are no ratios.

    Scores are compared with those of the first of references that was measured. ValueError if none was.
    """
    by_runtime = {one.runtime: one for one in found}
    reference = next((by_runtime[one].scores for one in references if one in by_runtime), None)
    if reference is None:
        raise ValueError("none of the references was measured")
    result: dict[str, Any] = {"absolute": {one.runtime.name: absolute(one) for one in found}}
    if base := by_runtime.get(yardstick):
        result["yardstick"] = yardstick.name
        result["ratios"] = {one.runtime.name: ratios(one, base) for one in found}
    result["reference"] = next(one.name for one in references if one in by_runtime)
    result["scored"] = len(reference)
    result["differences"] = {
        one.runtime.name: differences(one.scores, reference) for one in found if one.scores is not None
    }
    result["simplicity"] = {one.runtime.name: one.runtime.simplicity for one in found}
    return result


def text(report: Mapping[str, Any]) -> str:
    """Return the table of `figures` and what it needs to be understood."""
    lines = [
        f"\n{report['answers']} answers of {report['words']} words, {report['threads']} threads, "
        f"{report['rounds']} rounds and {report['starts']} starts in turn; {report['machine']}\n",
        markdown(report.get("ratios", report["absolute"]), report["differences"]),
        "",
    ]
    if yardstick := report.get("yardstick"):
        base = report["absolute"][yardstick]
        with_prompt = report["ratios"][yardstick]["embed_with_prompt, median"]
        lines += [
            f"1.00 is {base['embed, fastest']:.3f} s (fastest), {base['embed, median']:.3f} s (median) to encode the "
            f"answers alone, {base['start']:.1f} s to start, {base['memory']:.0f} MB resident, "
            f"{base['packages']:.0f} MB of packages beyond the app's, {base['model']:.0f} MB of model. The others "
            f"read the prompt too, which as one text with each answer would take the yardstick {with_prompt:.2f}."
        ]
    else:
        lines += ["Without sentence-transformers there are no ratios: these are seconds and MB."]
    lines += [
        f"Scores apart: from {report['reference']}, weights {report['weights']}, in standard deviations of a trait, "
        f"over {report['scored']} answers and all traits.",
        "",
        *(f"* {name}: {words}." for name, words in report["simplicity"].items()),
    ]
    return "\n".join(lines)


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None or value != value else f"{value:.{digits}f}"


def _line(cells: Sequence[Any]) -> str:
    return f"| {' | '.join(map(str, cells))} |"
