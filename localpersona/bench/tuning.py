"""How every method finds its settings: on validation people inside the training part, all in the same way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from localpersona.bench.data import Comparisons, Ints
from localpersona.bench.exam import Exam, drawn, sit, sit_actively
from localpersona.bench.measures import roc_auc
from localpersona.bench.protocol import Method, Population
from localpersona.bench.splits import assign
from localpersona.preferences.arrays import Array

ANSWERS = (5, 10, 20)
"""After how many (random) answers a setting is judged."""
PARTS = 3
"""Of people and prompts; each is the validation part once."""
MOST_PEOPLE = 60
"""Who validate in a part: those with the most comparisons."""

Mask = NDArray[np.bool_]
AnyMethod = TypeVar("AnyMethod", bound=Method)


def best_of(
    candidates: Sequence[AnyMethod],
    data: Comparisons,
    seed: int,
    answers: Sequence[int] = ANSWERS,
    parts: int = PARTS,
    actively: bool = False,
    margin: float = 0.0,
) -> AnyMethod:
    """Return the candidate whose predictions are best for validation people on validation prompts.

    Each candidate is trained `parts` times, without a part of the people and of the prompts. Measured by
    ROC-AUC, as in the benchmark: pooled over the validation people, averaged over `answers`. A person with
    too few comparisons for a number of answers is asked all there are: questions that are drawn, or those that
    the candidate chooses. The first wins unless another is better by more than `margin`, and where nothing can be
    validated; among others, the first of equals.
    """
    if len(candidates) == 1:
        return candidates[0]
    scores = np.zeros(len(candidates))
    mine, tested = assign(data.users, parts, seed), assign(data.prompts, parts, seed + 1)
    for part in range(parts):
        train = np.flatnonzero((mine != part) & (tested != part))
        exams = _exams(data, mine == part, tested == part, seed)
        if not len(train) or not exams:
            continue
        training = data.take(train)
        for index, candidate in enumerate(candidates):
            population = candidate.train(training, seed)
            scores[index] += _score(population, exams, answers, actively)
    best = int(np.argmax(scores))
    return candidates[best if scores[best] > scores[0] + margin * parts else 0]


def _exams(data: Comparisons, mine: Mask, tested: Mask, seed: int) -> list[tuple[Exam, Array]]:
    """Return each validation person's exam and its outcomes."""
    exams = []
    for rows in data.by_user():
        if not mine[rows[0]]:
            continue
        pool = drawn(rows[~tested[rows]], seed, int(data.users[rows[0]]))
        test: Ints = rows[tested[rows] & (data.outcomes[rows] != 0.5)]
        if len(pool) and len(test):
            exam = Exam(data.features.take(pool), data.outcomes[pool], data.features.take(test))
            exams.append((exam, data.outcomes[test]))
    exams.sort(key=lambda exam: -len(exam[0].answers))
    return exams[:MOST_PEOPLE]


def _score(
    population: Population, exams: list[tuple[Exam, Array]], answers: Sequence[int], actively: bool
) -> float:
    predictions = [_sit(population, exam, answers, actively) for exam, _ in exams]
    outcomes = np.concatenate([truth for _, truth in exams])
    if len(np.unique(outcomes)) < 2:
        return 0.0
    by_count = [np.concatenate(column) for column in zip(*predictions, strict=True)]
    return float(np.mean([roc_auc(predicted, outcomes) for predicted in by_count]))


def _sit(population: Population, exam: Exam, answers: Sequence[int], actively: bool) -> list[Array]:
    if not actively:
        return sit(population.newcomer(), exam, answers)
    all_there_are = [min(count, len(exam.answers)) for count in answers]
    return sit_actively(population.newcomer(), exam, all_there_are)[0]
