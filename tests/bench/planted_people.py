"""People whose weights are known, and their comparisons: what a method should find is known too."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from localpersona.bench.data import Comparisons, Dataset, Features
from localpersona.bench.exam import Exam, drawn, sit, sit_actively
from localpersona.bench.measures import roc_auc
from localpersona.bench.protocol import Method, Person, Population
from localpersona.bench.splits import split

Array = NDArray[np.float64]
RESPONSES = 6
"""To each prompt."""


@dataclass(frozen=True, eq=False)
class Planted:
    data: Dataset
    probabilities: Array
    """(m,) with which each outcome was drawn."""


def planted(
    weights: Array, *, prompts: int = 30, each: int = 80, seed: int = 0, embedding: Array | None = None
) -> Planted:
    """Return `each` comparisons by U people with weights (U, J).

    The first traits of a response are standard normal, as many as there are weights; `embedding` (U, E) are weights
    of the embedding's columns, which are standard normal too (by default 4 that nobody cares for).
    """
    generator = np.random.default_rng(seed)
    people, size = weights.shape
    hidden = np.zeros((people, 4)) if embedding is None else embedding
    traits = generator.normal(size=(prompts * RESPONSES, size))
    vectors = generator.normal(size=(prompts * RESPONSES, hidden.shape[1]))
    users = np.repeat(np.arange(people), each)
    asked = generator.integers(prompts, size=len(users))
    first = generator.integers(RESPONSES, size=len(users))
    second = (first + generator.integers(1, RESPONSES, size=len(users))) % RESPONSES
    first, second = asked * RESPONSES + first, asked * RESPONSES + second
    rewards = weights @ traits.T + hidden @ vectors.T
    log_odds = rewards[users, first] - rewards[users, second]
    probabilities = 1.0 / (1.0 + np.exp(-log_odds))
    outcomes = (generator.random(len(users)) < probabilities).astype(float)
    names = tuple(f"trait {number}" for number in range(size))
    data = Dataset(users, asked, first, second, outcomes, traits, vectors, names)
    return Planted(data, probabilities)


def everything(data: Dataset) -> Comparisons:
    return data.comparisons(np.arange(len(data)))


def question(features: Features, row: int) -> Features:
    return features.take(np.array([row]))


def answering(population: Population, weights: Array, answers: int, seed: int = 5) -> Person:
    """Return a newcomer with the given weights who has answered questions without error."""
    data = everything(planted(weights[None], each=answers, seed=seed).data)
    person = population.newcomer()
    for row, outcome in enumerate(data.features.difference @ weights > 0.0):
        person = person.learn(question(data.features, row), float(outcome))
    return person


def more_of(trait: int, traits: int, by: float = 1.0) -> Features:
    """Return one comparison whose first response has more of a trait, and is otherwise the same."""
    more = by * np.eye(traits)[[trait]]
    return Features(more, -more, np.zeros((1, 4)), np.zeros((1, 4)))


def auc_after(
    method: Method, planted: Planted, answers: tuple[int, ...], *, actively: bool = False, parts: int = 2
) -> tuple[list[float], float]:
    """Return a method's ROC-AUC on held-out people after each number of answers, and that of the truth."""
    data, predictions, rows = planted.data, [], []
    for part in split(data, parts, 0, max(answers)):
        population = method.train(data.comparisons(part.train), 0)
        for person in part.examinees:
            pool = drawn(person.pool, 0, person.user)
            exam = Exam(data.features(pool), data.outcomes[pool], data.features(person.test))
            newcomer = population.newcomer()
            by_count = sit_actively(newcomer, exam, answers)[0] if actively else sit(newcomer, exam, answers)
            predictions.append(by_count)
            rows.append(person.test)
    tested = np.concatenate(rows)
    found = [
        roc_auc(np.concatenate(column), data.outcomes[tested]) for column in zip(*predictions, strict=True)
    ]
    return found, roc_auc(planted.probabilities[tested], data.outcomes[tested])
