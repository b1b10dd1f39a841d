"""Results as text: aligned columns for a terminal, or Markdown tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain

from localpersona.bench.results import Curve, Difference, Figure, Results

FOCUS = (5, 10)
"""Numbers of answers whose intervals are shown, if they were asked for."""
COIN = "0.693 is a coin's"

Rows = list[list[str]]


def report(results: Results, *, markdown: bool = False) -> str:
    """Return everything worth reading, as one text that ends without a newline."""
    table = as_markdown if markdown else aligned
    heading = "### " if markdown else ""
    blocks = [
        f"{heading}{results.data}",
        _about(results),
        f"{heading}ROC-AUC after so many answers",
        table(_by_answers(results, lambda curve: curve.auc)),
        _marks(results),
    ]
    for count in focus(results):
        blocks += [
            f"{heading}After {count} answers, with 95 % intervals",
            table(_at(results, results.answers.index(count))),
            _verdict(results, results.answers.index(count)),
        ]
    blocks += [
        f"{heading}Log-loss after so many answers ({COIN})",
        table(_by_answers(results, lambda curve: curve.log_loss)),
    ]
    return "\n\n".join(block for block in blocks if block)


def focus(results: Results) -> tuple[int, ...]:
    """Return the numbers of answers to look at closely: those of FOCUS that were asked for, or else the last."""
    return tuple(count for count in FOCUS if count in results.answers) or results.answers[-1:]


def _about(results: Results) -> str:
    splits = "1 split" if results.splits == 1 else f"{results.splits} splits"
    lines = [
        f"{results.people} held-out people, about {results.choices:,} of their choices predicted in each split, on"
        " held-out prompts.",
        f"{splits} into {results.parts} parts of people and of prompts, from seed {results.seed};"
        f" {results.comparisons:,} comparisons in all. Intervals are over the people tested.",
    ]
    if results.left_out:
        lines.append(
            f"{results.left_out} people have too few comparisons for {results.answers[-1]} answers and a test:"
            " they are learned from, but not tested."
        )
    if results.shared:
        lines.append(
            f"{results.shared} choices a split are left out, because a text is compared under other prompts too."
        )
    return "\n".join(lines)


def _by_answers(results: Results, measure: Callable[[Curve], Sequence[Figure]]) -> Rows:
    rows = [["", *map(str, results.answers)]]
    for curve in results.curves:
        rows.append([_title(curve), *(short(figure.value) for figure in measure(curve))])
    return rows


def _at(results: Results, index: int) -> Rows:
    reference = results.curves[0]
    rows = [["", "ROC-AUC", "splits", f"minus {reference.title}", "log-loss", "minus"]]
    for curve in results.curves:
        auc, loss = curve.auc[index], curve.log_loss[index]
        away = ("", "")
        if curve is not reference:
            away = _away(curve.auc_difference[index]), _away(curve.log_loss_difference[index])
        rows.append(
            [
                _title(curve),
                _figure(auc),
                f"{short(auc.smallest)}–{short(auc.largest)}",
                away[0],
                _figure(loss),
                away[1],
            ]
        )
    return rows


def _verdict(results: Results, index: int) -> str:
    """Say which methods are below the reference, above it, or neither, beyond the interval."""
    below: list[str] = []
    within: list[str] = []
    above: list[str] = []
    for curve in results.curves[1:]:
        difference = curve.auc_difference[index]
        place = below if difference.high < 0 else above if difference.low > 0 else within
        place.append(curve.title)
    reference = results.curves[0].title
    said = {
        f"Below {reference} beyond the interval": below,
        f"Above {reference} beyond the interval": above,
        f"Not to be told from {reference}": within,
    }
    return "\n".join(f"{what}: {'; '.join(titles)}." for what, titles in said.items() if titles)


def _marks(results: Results) -> str:
    if not any(curve.actively for curve in results.curves):
        return "All methods are asked the same questions, drawn at random."
    return "* chooses its questions; all others are asked the same ones, drawn at random."


def _title(curve: Curve) -> str:
    return f"{curve.title} *" if curve.actively else curve.title


def short(value: float) -> str:
    """Return a figure with three decimals and without the zero before them."""
    text = f"{value:.3f}"
    return text[1:] if text.startswith("0.") else text


def _figure(figure: Figure) -> str:
    return f"{short(figure.value)} ({short(figure.low)}–{short(figure.high)})"


def _away(difference: Difference) -> str:
    return f"{_signed(difference.value)} ({_signed(difference.low)} to {_signed(difference.high)})"


def _signed(value: float) -> str:
    return f"{'−' if value < 0 else '+'}{short(abs(value))}"


def aligned(rows: Rows) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def as_markdown(rows: Rows) -> str:
    escaped = [[cell.replace("|", "\\|").replace("*", "\\*") for cell in row] for row in rows]
    rule = ["---", *(["---:"] * (len(rows[0]) - 1))]
    return "\n".join(f"| {' | '.join(row)} |" for row in chain(escaped[:1], [rule], escaped[1:]))
