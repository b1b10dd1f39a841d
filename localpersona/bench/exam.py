"""One held-out person's exam: some questions, an answer to each, and predictions in between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from localpersona.bench.data import Features, Ints
from localpersona.bench.protocol import NoCriterion, Person
from localpersona.preferences.arrays import Array

EQUAL = 1e-9
"""Gains that differ by less than this fraction are equal, and the order decides: the same question on every
machine."""


@dataclass(frozen=True, eq=False)
class Exam:
    """What one person can be asked, and what is predicted of them."""

    pool: Features
    """Of the m comparisons that this person has answered, in the order in which they are drawn."""
    answers: Array
    """(m,)."""
    test: Features
    """Of the comparisons to predict."""


def sit(
    person: Person, exam: Exam, counts: Sequence[int], chosen: Sequence[int] | None = None
) -> list[Array]:
    """Return the predictions for `exam.test` after each number of answers in `counts`, which ascend.

    chosen: the questions to ask, as numbers in the pool; None to ask them in the pool's order.
    """
    questions = range(len(exam.answers)) if chosen is None else chosen
    predictions, known = [], 0
    for count in counts:
        for question in questions[known:count]:
            person = person.learn(_one(exam.pool, question), float(exam.answers[question]))
        known = count
        predictions.append(person.predict(exam.test))
    return predictions


def sit_actively(person: Person, exam: Exam, counts: Sequence[int]) -> tuple[list[Array], list[int]]:
    """Return the predictions likewise and the questions, each chosen by the method as the most instructive.

    Without a criterion of the method's own they come in the pool's order.
    """
    left = np.arange(len(exam.answers))
    predictions: list[Array] = []
    asked: list[int] = []
    for count in counts:
        while len(asked) < count:
            best = left[next_best(person, exam.pool.take(left))]
            left = left[left != best]
            person = person.learn(_one(exam.pool, int(best)), float(exam.answers[best]))
            asked.append(int(best))
        predictions.append(person.predict(exam.test))
    return predictions, asked


def next_best(person: Person, candidates: Features) -> int:
    try:
        gains = person.gains(candidates)
    except NoCriterion:
        return 0
    return int(np.flatnonzero(gains >= gains.max() * (1.0 - EQUAL))[0])


def _one(pool: Features, question: int) -> Features:
    return pool.take(np.array([question]))


def drawn(rows: Ints, seed: int, user: int) -> Ints:
    """Return a person's rows in the order in which questions are drawn: the same for every method."""
    return np.asarray(np.random.default_rng([seed, user]).permutation(rows))
