"""The benchmark of alignment as text: aligned columns for a terminal, or Markdown tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from localpersona.bench.alignment_figures import Figure, Results, Row
from localpersona.bench.report import aligned, as_markdown

BUDGETS: tuple[tuple[str, float], ...] = (("fast", 2.0), ("balanced", 3.3), ("best", 7.0))
"""Patience, and how many times the plain answer's time it allows: those of `assistant.patience.LEVELS`."""

RAVING = -0.5
"""Movement of sense below which no tool becomes a default. A convention between what instructions with guiding do to
the embedded model (−0.25) and what its steering at 0.02 does (−0.52); a better value is no proof of sense."""

Rows = list[list[str]]


def report(results: Results, *, markdown: bool = False) -> str:
    """Return everything worth reading, as one text that ends without a newline."""
    table = as_markdown if markdown else aligned
    heading = "### " if markdown else ""
    blocks = [
        f"{heading}Which tool wins: {results.setting.model}",
        _about(results),
        table(_main(results.rows)),
        _WORTH,
        table(_details(results.rows)),
        _DETAILS,
        f"{heading}Wins by user",
        table(_by_user(results)),
        _who(results),
        f"{heading}Movement by trait",
        table(_by_trait(results.rows)),
        _TRAITS,
        f"{heading}What follows",
        _follows(results),
    ]
    return "\n\n".join(block for block in blocks if block)


def best_within(rows: Iterable[Row], times: float) -> Row | None:
    """Return the row with the largest gain that takes at most `times` the plain answer's time.

    Only those whose quality is not below the plain model's beyond the interval, and that make sense.
    """
    fit = [row for row in rows if row.times <= times and row.quality.high >= 0.0 and row.sense.value > RAVING]
    return max(fit, key=lambda row: row.gain.value, default=None)


def _about(results: Results) -> str:
    setting = results.setting
    lines = [
        f"{results.prompts} prompts × {_users(results)}; answers of at most {setting.max_tokens} tokens, seed"
        f" {setting.seed}.",
        f"Selected by reward model {setting.selector}, judged by {results.judge}; everything is relative to two plain"
        " answers of other seeds.",
        "In brackets the 95 % interval over prompts.",
    ]
    if results.agreement is not None:
        lines.append(f"Rank correlation of the two models' gains: {results.agreement:.2f}.")
    if results.judged:
        judged = results.judged
        lines.append(
            f"The judge, on prompts that it never saw: {judged['written']:.1%} of the pairs of written answers in the"
            f" order of their ratings (mean\nof the traits), {judged['small model']:.1%} of a small model's; of quality"
            f" {judged['quality']:.1%} and {judged['quality, small model']:.1%}. Simulated people's choices:"
            f" ROC-AUC {judged['choices']:.2f}."
        )
    return "\n".join(lines)


def _users(results: Results) -> str:
    count = f"{len(results.users)} users"
    return count if results.each == len(results.users) else f"{results.each} of {count} in turn"


def _main(rows: Sequence[Row]) -> Rows:
    table = [["", "wins", "gain", "quality", "sense", "seconds", "first text", "× plain"]]
    for row in rows:
        worth = [_percent(row.wins), *map(_with_interval, (row.gain, row.quality, row.sense))]
        cost = [f"{row.seconds:.2f}", f"{row.first_seconds:.2f}", f"{row.times:.1f}"]
        table.append([row.title, *worth, *cost])
    return table


def _details(rows: Sequence[Row]) -> Rows:
    table = [["", "gain by the selector", "gain in taste", "apart", "different", "words", "tokens"]]
    for row in rows:
        gains = [_signed(row.selected_gain.value), _with_interval(row.tastes_gain)]
        apart = "–" if row.apart is None else _signed(row.apart)
        table.append(
            [row.title, *gains, apart, f"{row.different:.0%}", f"{row.words:.0f}", f"{row.drawn:.0f}"]
        )
    return table


_WORTH = """\
wins: how often the judge puts the answer above a plain one for that user; a tie is half. gain: of the user's reward,
in log-odds of being preferred. quality: of the judge's score, in standard deviations. sense: how much more probable
the plain model finds a token, natural logarithm; nonsense is far below 0. first text: seconds until something can be
read."""
_DETAILS = """\
gain by the selector: what the model that chose believes; what is beyond the judge's gain did not carry over
(over-optimisation). gain in taste: the judge's gain without quality. apart: by the judge, how far users of opposite
tastes are apart in that trait, in standard deviations. different: pairs of users who got different texts. tokens:
drawn over all candidates."""
_CAUTION = """\
Read some of the answers (they are in the file of --answers) before a default follows from this: the judge knows style
well, but tells a small model's sense from its nonsense hardly better than a coin does."""
_TRAITS = """\
By the judge, in standard deviations, in the direction wanted; over the users who clearly want either pole."""


def _by_user(results: Results) -> Rows:
    return [
        ["", *results.users],
        *([row.title, *(f"{row.wins_by_user[user]:.0%}" for user in results.users)] for row in results.rows),
    ]


def _who(results: Results) -> str:
    return "\n".join(
        f"{name}: {description}" for name, description in results.users.items() if name[1:].isdigit()
    )


def _by_trait(rows: Sequence[Row]) -> Rows:
    names = list(rows[0].traits)
    return [["", *names], *([row.title, *(_signed(row.traits[name]) for name in names)] for row in rows)]


def _follows(results: Results) -> str:
    lines = []
    for patience, times in BUDGETS:
        best = best_within(results.rows, times)
        if best is not None:
            lines.append(
                f"{patience} (at most {times:g} × the plain answer's time): {best.title}, {best.wins.value:.0%} wins,"
                f" gain {_signed(best.gain.value)}, {best.times:.1f} ×."
            )
    return "\n".join([*lines, _CAUTION])


def _percent(figure: Figure) -> str:
    return f"{figure.value:.0%} ({figure.low:.0%}–{figure.high:.0%})"


def _with_interval(figure: Figure) -> str:
    return f"{_signed(figure.value)} ({_signed(figure.low)} to {_signed(figure.high)})"


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")
