"""What the answers are worth: gain, wins, movement, quality, time, by tool, with intervals over the prompts.

Everything said of a tool is relative to plain answers to the same prompt from seeds of their own (the mean over
`alignment_tools.REFERENCES`), by the weights of the user that the answer was made for. Two models say it: the one
that selected, which flatters whoever chooses by it, and the judge, which chose nothing.

The intervals cover which prompts were asked. They do not cover other users, other language models, or mistakes
that judge and selector share.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from localpersona.bench.alignment_answers import EVERYBODY, Answer, Key, Run, Setting
from localpersona.bench.alignment_scores import Scores
from localpersona.bench.alignment_tools import REFERENCES, Tool
from localpersona.bench.alignment_users import notable, opposites
from localpersona.bench.measures import interval, resamples
from localpersona.bench.protocol import BenchError
from localpersona.preferences.arrays import Array

RESAMPLES = 2000
TIE = 1e-9
"""Difference in reward below which nobody wins."""


@dataclass(frozen=True)
class Figure:
    """A mean over prompts and users, with its 95 % bootstrap interval over the prompts."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Row:
    """What one tool did. Gains are in units of reward: log-odds of being preferred."""

    key: str
    title: str
    wins: Figure
    """Share of the answers that the judge puts above the plain one for this user; a tie is half."""
    gain: Figure
    """Of the user's reward, by the judge."""
    selected_gain: Figure
    """The same by the model that selected."""
    tastes_gain: Figure
    """The part of `gain` that is not quality."""
    quality: Figure
    """Movement of the judge's quality score, in standard deviations."""
    traits: Mapping[str, float]
    """By the judge: movement in the direction wanted, in standard deviations, over the users who care."""
    words: float
    drawn: float
    """Tokens drawn for an answer, over all candidates and branches."""
    seconds: float
    first_seconds: float
    times: float
    """Seconds, as a multiple of the plain answer's."""
    apart: float
    """By the judge: how far answers to users with opposite tastes differ in that trait, in standard deviations."""
    different: float
    """Share of pairs of users who got different texts."""
    wins_by_user: Mapping[str, float]


@dataclass(frozen=True)
class Results:
    """Everything that was measured."""

    setting: Setting
    judge: str
    """Version of the model that judged."""
    prompts: int
    users: Mapping[str, str]
    """Name to description."""
    agreement: float
    """Rank correlation of the two models' gains, over all answers but plain ones."""
    rows: tuple[Row, ...]
    judged: Mapping[str, float] = field(default_factory=dict)
    """How good the judge is on prompts that it never saw: see `alignment.judge_figures`."""


@dataclass(frozen=True, eq=False)
class _Measured:
    """One tool's answers: arrays over P prompts and U users."""

    selected: Array
    """(P, U, J) trait scores by the selecting model."""
    judged: Array
    """(P, U, J) by the judge."""
    answers: list[list[Answer]]

    def each(self, name: str) -> Array:
        """Return (P, U) of a number that answers have."""
        return np.array([[float(getattr(answer, name)) for answer in row] for row in self.answers])


def summarise(
    run: Run,
    answers: Mapping[Key, Answer],
    selected: Scores,
    judged: Scores,
    setting: Setting,
    judge_figures: Mapping[str, float],
) -> Results:
    """Return the figures for the prompts that every tool has answered. Raises BenchError when there is none."""
    complete = [
        at for at in range(len(run.prompts))
        if all(_key(tool, at, user.name) in answers for tool in run.tools for user in run.users)
    ]  # fmt: skip
    if not complete:
        raise BenchError("No prompt has been answered by every tool yet. Run the command again.")
    measured = {tool.key: _measure(run, tool, complete, answers, selected, judged) for tool in run.tools}
    comparison = _Comparison.of(run, [measured[key] for key in REFERENCES], len(complete))
    rows = [
        comparison.row(tool, measured[tool.key], measured["plain"])
        for tool in run.tools
        if tool.key not in REFERENCES
    ]
    return Results(
        setting=setting,
        judge=judged.version,
        prompts=len(complete),
        users={user.name: user.description for user in run.users},
        agreement=comparison.agreement([measured[row.key] for row in rows if row.key != "plain"]),
        rows=tuple(rows),
        judged=judge_figures,
    )


def _key(tool: Tool, at: int, user: str) -> Key:
    return tool.key, at, EVERYBODY if tool.plain else user


def _measure(
    run: Run,
    tool: Tool,
    complete: Sequence[int],
    answers: Mapping[Key, Answer],
    selected: Scores,
    judged: Scores,
) -> _Measured:
    table = [[answers[_key(tool, at, user.name)] for user in run.users] for at in complete]
    scores = [
        np.array([[model.of(run.prompts[one.prompt], one.text) for one in row] for row in table])
        for model in (selected, judged)
    ]
    return _Measured(scores[0], scores[1], table)


@dataclass(frozen=True, eq=False)
class _Comparison:
    """What tools are compared with."""

    run: Run
    references: list[_Measured]
    mine: Array
    """(U, J) the users' weights for the selecting model."""
    theirs: Array
    """(U, J) for the judge."""
    samples: Array
    """(R, P) how often each prompt is in each bootstrap sample."""

    @classmethod
    def of(cls, run: Run, references: list[_Measured], prompts: int) -> _Comparison:
        mine = np.stack([user.weights.mean for user in run.users])
        theirs = np.stack([user.judged for user in run.users])
        return cls(run, references, mine, theirs, resamples(prompts, RESAMPLES, run.sampling.seed))

    def row(self, tool: Tool, measured: _Measured, plain: _Measured) -> Row:
        moved = measured.judged - self._reference("judged")
        names = self.run.prior.names
        quality = names.index("quality")
        gain = self._gain(moved)
        of_quality = moved[:, :, quality] * self.theirs[:, quality]
        wins = self._wins(measured)
        seconds = measured.each("seconds")
        return Row(
            key=tool.key,
            title=tool.title,
            wins=self._figure(wins),
            gain=self._figure(gain),
            selected_gain=self._figure(self._selected_gain(measured)),
            tastes_gain=self._figure(gain - of_quality),
            quality=self._figure(moved[:, :, quality]),
            traits=self._movement(moved),
            words=float(np.mean([[len(one.text.split()) for one in row] for row in measured.answers])),
            drawn=float(measured.each("drawn").mean()),
            seconds=float(seconds.mean()),
            first_seconds=float(measured.each("first_seconds").mean()),
            times=float(seconds.mean() / plain.each("seconds").mean()),
            apart=self._apart(measured.judged),
            different=_different(measured.answers),
            wins_by_user=dict(
                zip([user.name for user in self.run.users], wins.mean(axis=0).tolist(), strict=True)
            ),
        )

    def agreement(self, tools: Sequence[_Measured]) -> float:
        """Return Spearman's rank correlation of the gains by the two models."""
        if not tools:
            return float("nan")
        pairs = [
            (self._selected_gain(one), self._gain(one.judged - self._reference("judged"))) for one in tools
        ]
        mine, theirs = (np.concatenate([pair[side].ravel() for pair in pairs]) for side in (0, 1))
        return float(np.corrcoef(_ranks(mine), _ranks(theirs))[0, 1])

    def _reference(self, model: str) -> Array:
        return np.asarray(np.mean([getattr(one, model) for one in self.references], axis=0))

    def _gain(self, moved: Array) -> Array:
        return np.asarray((moved * self.theirs).sum(axis=2))

    def _selected_gain(self, measured: _Measured) -> Array:
        moved = measured.selected - self._reference("selected")
        return np.asarray((moved * self.mine).sum(axis=2))

    def _wins(self, measured: _Measured) -> Array:
        """Return (P, U): 1 won, 0 lost, ½ a tie; the mean over the references."""
        away = [self._gain(measured.judged - one.judged) for one in self.references]
        return np.asarray(np.mean([np.where(np.abs(d) < TIE, 0.5, d > 0) for d in away], axis=0))

    def _figure(self, values: Array) -> Figure:
        """Return the mean of (P, U), and its interval over the prompts."""
        by_prompt = values.mean(axis=1)
        low, high = interval(self.samples @ by_prompt / len(by_prompt))
        return Figure(float(by_prompt.mean()), low, high)

    def _movement(self, moved: Array) -> dict[str, float]:
        wanted: dict[str, list[float]] = {}
        for number, user in enumerate(self.run.users):
            for trait, sign in notable(user.judged, self.run.prior.names).items():
                column = moved[:, number, self.run.prior.names.index(trait)]
                wanted.setdefault(trait, []).append(sign * float(column.mean()))
        return {name: float(np.mean(wanted[name])) for name in self.run.prior.names if name in wanted}

    def _apart(self, judged: Array) -> float:
        pairs = opposites([user.name for user in self.run.users])
        gaps = [
            judged[:, high, self.run.prior.names.index(trait)]
            - judged[:, low, self.run.prior.names.index(trait)]
            for trait, low, high in pairs
        ]
        return float(np.mean(gaps)) if gaps else float("nan")


def _different(answers: Sequence[Sequence[Answer]]) -> float:
    """Return the share of pairs of users whose texts differ."""
    pairs = [a.text != b.text for row in answers for a, b in combinations(row, 2)]
    return float(np.mean(pairs)) if pairs else 0.0


def _ranks(values: Array) -> Array:
    """Return ranks; ties share the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last: NDArray[np.int64] = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2.0)[inverse], dtype=float)
