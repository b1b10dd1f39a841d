"""Two halves of the rated answers with no prompt in common, so that one model can judge what another selects."""

from __future__ import annotations

import numpy as np

from training.data import Answers, Choices, Ints


def halves(answers: Answers, seed: int) -> tuple[Ints, Ints]:
    """Return the rows of two halves, split by prompt.

    Prompts that the small model answered are few and are dealt out apart, so that each half has as many.
    """
    generator = np.random.default_rng(seed)
    prompts = np.unique(answers.prompts)
    sampled = np.isin(prompts, answers.prompts[~answers.written])
    first: list[int] = []
    for kind in (sampled, ~sampled):
        shuffled = generator.permutation(prompts[kind])
        first += shuffled[: len(shuffled) // 2].tolist()
    mine = np.isin(answers.prompts, first)
    return np.flatnonzero(mine), np.flatnonzero(~mine)


def groups_within(answers: Answers, count: int, seed: int) -> Ints:
    """Return (n,) a group 0 … count − 1 for every answer: answers to one prompt are in one group."""
    prompts, rows = np.unique(answers.prompts, return_inverse=True)
    group_of = np.random.default_rng(seed).permutation(np.arange(len(prompts)) % count)
    return np.asarray(group_of[rows], dtype=np.int64)


def some_of(answers: Answers, rows: Ints) -> Answers:
    """Return some of the answers, in the order of rows."""
    return Answers(
        rows=[answers.rows[row] for row in rows],
        ratings=answers.ratings[rows],
        prompts=answers.prompts[rows],
        folds=answers.folds[rows],
        written=answers.written[rows],
    )


def choices_among(choices: Choices, rows: Ints) -> Ints:
    """Return the numbers of the choices between two of the given answers."""
    return np.flatnonzero(np.isin(choices.first, rows) & np.isin(choices.second, rows))
