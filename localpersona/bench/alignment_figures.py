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
from itertools import combinations, groupby

import numpy as np

from localpersona.bench.alignment_answers import EVERYBODY, Answer, Key, Run, Setting
from localpersona.bench.alignment_scores import Scores
from localpersona.bench.alignment_tools import REFERENCES, Tool
from localpersona.bench.alignment_users import opposites
from localpersona.bench.data import Ints
from localpersona.bench.measures import interval, resamples
from localpersona.bench.protocol import BenchError
from localpersona.preferences.arrays import Array

RESAMPLES = 2000
CLEAR = 0.5
"""A weight of somebody who cares about the trait."""
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
    sense: Figure
    """Movement of the mean log-probability per token by the plain model. Far below 0, answers are nonsense."""
    traits: Mapping[str, float]
    """By the judge: movement in the direction wanted, in standard deviations, over the users who care."""
    words: float
    drawn: float
    """Tokens drawn for an answer, over all candidates and branches."""
    seconds: float
    first_seconds: float
    times: float
    """Seconds, as a multiple of the plain answer's."""
    apart: float | None
    """By the judge: how far answers to users with opposite tastes differ in that trait, in standard deviations;
    None without such users."""
    different: float
    """Share of pairs of users of one prompt who got different texts."""
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
    each: int
    """How many of the users asked each prompt."""
    agreement: float | None
    """Rank correlation of the two models' gains, over all answers but plain ones; None where all are alike."""
    rows: tuple[Row, ...]
    judged: Mapping[str, float] = field(default_factory=dict)
    """How good the judge is on prompts that it never saw: see `alignment.judge_figures`."""


@dataclass(frozen=True, eq=False)
class _Cases:
    """n cases, a prompt asked by a user each, and everything to compare answers to them."""

    run: Run
    pairs: list[tuple[int, int]]
    """(n) numbers of the prompt and of the user, by prompt."""
    prompts: Ints
    """(n,) 0 … P − 1."""
    users: Ints
    """(n,)"""
    weights: dict[str, Array]
    """(n, J) of the case's user: "selected" for the selecting model, "judged" for the judge."""
    samples: Array
    """(R, P) how often each prompt is in each bootstrap sample."""

    @classmethod
    def of(cls, run: Run, complete: Sequence[int]) -> _Cases:
        number = {user.name: index for index, user in enumerate(run.users)}
        pairs = [(at, number[user.name]) for at in complete for user in run.users_of(at)]
        users = np.array([user for _, user in pairs])
        by_model = {
            "selected": np.stack([user.weights.mean for user in run.users])[users],
            "judged": np.stack([user.judged for user in run.users])[users],
        }
        prompts = np.unique([at for at, _ in pairs], return_inverse=True)[1]
        samples = resamples(len(complete), RESAMPLES, run.sampling.seed)
        return cls(run, pairs, prompts, users, by_model, samples)

    def figure(self, values: Array) -> Figure:
        """Return the mean of (n,), and its interval over the prompts, all of which have as many cases."""
        by_prompt = np.bincount(self.prompts, values) / np.bincount(self.prompts)
        low, high = interval(self.samples @ by_prompt / len(by_prompt))
        return Figure(float(by_prompt.mean()), low, high)

    def by_user(self, values: Array) -> dict[str, float]:
        """Return each user's mean of (n,); users who asked nothing are left out."""
        return {
            user.name: float(values[self.users == number].mean())
            for number, user in enumerate(self.run.users)
            if number in self.users
        }


@dataclass(frozen=True, eq=False)
class _Measured:
    """One tool's answers to n cases."""

    scores: dict[str, Array]
    """(n, J) trait scores by the model that "selected" and by the one that "judged"; (n, 1) the "sense"."""
    answers: list[Answer]

    def each(self, name: str) -> Array:
        """Return (n,) a number that answers have."""
        return np.array([float(getattr(answer, name)) for answer in self.answers])


def summarise(
    run: Run,
    answers: Mapping[Key, Answer],
    by: Mapping[str, Scores],
    setting: Setting,
    judge_figures: Mapping[str, float],
) -> Results:
    """Return the figures for the prompts that every tool has answered. Raises BenchError when there is none.

    by: the scores by the model that "selected", by the one that "judged", and the "sense" that the answers make.
    """
    complete = [
        at for at in range(len(run.prompts))
        if all(_key(tool, at, user.name) in answers for tool in run.tools for user in run.users_of(at))
    ]  # fmt: skip
    if not complete:
        raise BenchError("No prompt has been answered by every tool yet. Run the command again.")
    cases = _Cases.of(run, complete)
    measured = {}
    for tool in run.tools:
        mine = [answers[_key(tool, at, run.users[user].name)] for at, user in cases.pairs]
        scores = {
            name: np.array([model.of(run.prompts[answer.prompt], answer.text) for answer in mine])
            for name, model in by.items()
        }
        measured[tool.key] = _Measured(scores, mine)
    comparison = _Comparison(cases, [measured[key] for key in REFERENCES], measured["plain"])
    shown = [tool for tool in run.tools if tool.key not in REFERENCES]
    return Results(
        setting=setting,
        judge=by["judged"].version,
        prompts=len(complete),
        users={run.users[user].name: run.users[user].description for user in np.unique(cases.users)},
        each=len(cases.pairs) // len(complete),
        agreement=comparison.agreement([measured[tool.key] for tool in shown if tool.key != "plain"]),
        rows=tuple(comparison.row(tool, measured[tool.key]) for tool in shown),
        judged=judge_figures,
    )


def _key(tool: Tool, at: int, user: str) -> Key:
    return tool.key, at, EVERYBODY if tool.plain else user


@dataclass(frozen=True, eq=False)
class _Comparison:
    """What tools are compared with."""

    cases: _Cases
    references: list[_Measured]
    plain: _Measured

    def row(self, tool: Tool, measured: _Measured) -> Row:
        cases, names = self.cases, self.cases.run.prior.names
        quality = names.index("quality")
        moved = self._moved(measured, "judged")
        gain, wins = self._gain(measured, "judged"), self._wins(measured)
        seconds = measured.each("seconds")
        return Row(
            key=tool.key,
            title=tool.title,
            wins=cases.figure(wins),
            gain=cases.figure(gain),
            selected_gain=cases.figure(self._gain(measured, "selected")),
            tastes_gain=cases.figure(gain - moved[:, quality] * cases.weights["judged"][:, quality]),
            quality=cases.figure(moved[:, quality]),
            sense=cases.figure(self._moved(measured, "sense")[:, 0]),
            traits=self._movement(moved),
            words=float(np.mean([len(answer.text.split()) for answer in measured.answers])),
            drawn=float(measured.each("drawn").mean()),
            seconds=float(seconds.mean()),
            first_seconds=float(measured.each("first_seconds").mean()),
            times=float(seconds.mean() / self.plain.each("seconds").mean()),
            apart=self._apart(measured.scores["judged"]),
            different=self._different(measured.answers),
            wins_by_user=cases.by_user(wins),
        )

    def agreement(self, tools: Sequence[_Measured]) -> float | None:
        """Return Spearman's rank correlation of the gains by the two models."""
        if not tools:
            return None
        mine, theirs = (
            _ranks(np.concatenate([self._gain(tool, model) for tool in tools]))
            for model in ("selected", "judged")
        )
        if not np.ptp(mine) or not np.ptp(theirs):
            return None
        return float(np.corrcoef(mine, theirs)[0, 1])

    def _moved(self, measured: _Measured, model: str) -> Array:
        """Return (n, J) or (n, 1): how far the scores are from those of plain answers."""
        reference = np.mean([one.scores[model] for one in self.references], axis=0)
        return np.asarray(measured.scores[model] - reference)

    def _gain(self, measured: _Measured, model: str) -> Array:
        return np.asarray((self._moved(measured, model) * self.cases.weights[model]).sum(axis=1))

    def _wins(self, measured: _Measured) -> Array:
        """Return (n,): 1 won, 0 lost, ½ a tie; the mean over the references."""
        weights, mine = self.cases.weights["judged"], measured.scores["judged"]
        away = [((mine - one.scores["judged"]) * weights).sum(axis=1) for one in self.references]
        return np.asarray(np.mean([np.where(np.abs(d) < TIE, 0.5, d > 0) for d in away], axis=0))

    def _movement(self, moved: Array) -> dict[str, float]:
        """Return the mean movement in the direction wanted, over the cases whose user cares."""
        weights = self.cases.weights["judged"]
        cared = np.abs(weights) >= CLEAR
        return {
            name: float((np.sign(weights) * moved)[cared[:, at], at].mean())
            for at, name in enumerate(self.cases.run.prior.names)
            if name != "quality" and cared[:, at].any()
        }

    def _apart(self, judged: Array) -> float | None:
        names, row_of = self.cases.run.prior.names, {pair: row for row, pair in enumerate(self.cases.pairs)}
        gaps = [
            judged[row_of[at, high], names.index(trait)] - judged[row_of[at, low], names.index(trait)]
            for trait, low, high in opposites([user.name for user in self.cases.run.users])
            for at in sorted({at for at, _ in self.cases.pairs})
            if (at, high) in row_of and (at, low) in row_of
        ]
        return float(np.mean(gaps)) if gaps else None

    def _different(self, answers: Sequence[Answer]) -> float:
        """Return the share of pairs of users of one prompt whose texts differ."""
        groups = groupby(answers, key=lambda answer: answer.prompt)
        pairs = [a.text != b.text for _, group in groups for a, b in combinations(list(group), 2)]
        return float(np.mean(pairs)) if pairs else 0.0


def _ranks(values: Array) -> Array:
    """Return ranks; ties share the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last: Ints = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2.0)[inverse], dtype=float)
