"""What searching costs in time, and what it gains in reward."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

import numpy as np

from engine_bench.decoding import STORY, Tell
from engine_bench.ours import FULL, PLAIN, How, Ours, Run, average_taste, somebodys_taste
from engine_bench.rivals import HighLevel
from localpersona.engine.judging import judged
from localpersona.engine.protocol import Taste
from localpersona.values import Candidate, Turn

_RESAMPLES = 2000


def times(
    ours: Ours, rival: HighLevel, ways: Mapping[str, How], tokens: int, rounds: int, tell: Tell
) -> list[str]:
    """Return a line for each way of searching: its time against a plain answer's and the high level's."""
    turns, taste = [Turn("user", STORY)], average_taste()
    ours.ask(turns, 8, ways[FULL], taste)  # the reward model loads, once
    taken: dict[str, list[Run]] = {}
    plain, other = [], []
    for number in range(rounds):
        tell(f"searches, round {number + 1} of {rounds}")
        plain.append(ours.ask(turns, tokens).seconds)
        other.append(rival.ask(turns, tokens)[2])
        for name, how in ways.items():
            taken.setdefault(name, []).append(ours.ask(turns, tokens, how, taste))
    one, call = statistics.median(plain), statistics.median(other)
    return [f"plain answer of {tokens} tokens: {one:.2f} s, {one / call:.2f} of create_chat_completion's"] + [
        _line(name, ways[name], runs, one, call) for name, runs in taken.items()
    ]


def _line(name: str, how: How, runs: Sequence[Run], one: float, call: float) -> str:
    took = statistics.median(run.seconds for run in runs)
    first = statistics.median(run.first for run in runs)
    kind = f"{how[1].method}, {how[0]} at once"
    return (
        f"{name} ({kind}): {took:.2f} s, {took / one:.2f} plain answers, {8 * call / took:.1f} times faster than "
        f"eight calls of create_chat_completion; first text after {first:.2f} s"
    )


def gains(ours: Ours, ways: Mapping[str, How], prompts: Sequence[str], tokens: int, tell: Tell) -> list[str]:
    """Return a line for each way: mean gain in reward over the plain answer, each prompt for another taste.

    The gain is in the reward that was searched with; whether a separate judge agrees is for
    `localpersona bench alignment`.
    """
    won: dict[str, list[float]] = {name: [] for name in ways}
    cost: dict[str, list[float]] = {name: [] for name in ways}
    for number, prompt in enumerate(prompts):
        tell(f"gains, prompt {number + 1} of {len(prompts)}")
        turns, taste = [Turn("user", prompt)], somebodys_taste(number)
        plain = ours.ask(turns, tokens, PLAIN, None, seed=8 * number)
        runs = {name: ours.ask(turns, tokens, how, taste, seed=8 * number) for name, how in ways.items()}
        floor = runs[FULL].done.candidates[0]  # the plain answer, with its scores
        for name, run in runs.items():
            won[name].append(gain(floor, run.done.candidates[run.done.chosen], taste))
            cost[name].append(run.seconds / plain.seconds)
    lines = [f"gain in reward over a plain answer, {len(prompts)} prompts, answers of up to {tokens} tokens:"]
    for name in ways:
        ratio, low, high = share(np.array(won[name]), np.array(won[FULL]))
        lines.append(
            f"{name}: {np.mean(won[name]):.2f}, {ratio:.2f} ({low:.2f} – {high:.2f}) of the gain of {FULL}; "
            f"{statistics.median(cost[name]):.2f} plain answers' time (median)"
        )
    return lines


def gain(plain: Candidate, chosen: Candidate, taste: Taste) -> float:
    """Return how much more the chosen answer is worth than the plain one, by what was searched with."""
    before, after = judged((plain, chosen), taste)
    return float((after - before) @ np.array(taste.mean))


def share(won: np.ndarray, full: np.ndarray) -> tuple[float, float, float]:
    """Return the ratio of mean gains with its 95 % interval, bootstrapped over prompts."""
    rows = np.random.default_rng(0).integers(0, len(won), (_RESAMPLES, len(won)))
    ratios = won[rows].mean(axis=1) / full[rows].mean(axis=1)
    low, high = np.percentile(ratios, [2.5, 97.5])
    return float(won.mean() / full.mean()), float(low), float(high)
