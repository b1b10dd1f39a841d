"""The benchmark of preferences: every method on the same splits, the same people, the same random questions.

A split divides people and prompts into parts. Each part's people answer questions on the other parts' prompts and
are tested on choices between responses to their own part's prompts, by methods that were trained on the other
people's choices on the other prompts. So every person is tested once in every split.

What the intervals cover: which people were tested. How much the splits differ is reported beside them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from localpersona.bench.data import Dataset
from localpersona.bench.exam import Exam, drawn, sit, sit_actively
from localpersona.bench.methods import Entry
from localpersona.bench.parallel import mapped
from localpersona.bench.protocol import BenchError, Population
from localpersona.bench.results import Results
from localpersona.bench.scoring import Progress
from localpersona.bench.splits import Examinee, Part, part_of
from localpersona.bench.summary import Collected, curves
from localpersona.preferences.arrays import Array

ANSWERS = (0, 1, 2, 3, 5, 8, 10, 15, 20, 30, 40)
SPLITS = 5
PARTS = 5


@dataclass(frozen=True)
class Plan:
    """What to run."""

    entries: tuple[Entry, ...]
    answers: tuple[int, ...] = ANSWERS
    """Ascending."""
    splits: int = SPLITS
    parts: int = PARTS
    seed: int = 0
    jobs: int = 1
    """Processes; changes nothing but the time."""


def run(name: str, data: Dataset, plan: Plan, progress: Progress) -> Results:
    """Return how well each method predicts held-out people's choices on held-out prompts. Raises BenchError."""
    tasks = [(plan.seed + number, part) for number in range(plan.splits) for part in range(plan.parts)]
    found: list[Collected] = []
    progress("parts of the splits", 0, len(tasks))
    for collected in mapped(_task, (data, plan), tasks, plan.jobs):
        found.append(collected)
        progress("parts of the splits", len(found), len(tasks))
    splits = [Collected.joined(found[at : at + plan.parts]) for at in range(0, len(found), plan.parts)]
    _require_both_outcomes(splits, plan)
    tested = np.unique(np.concatenate([people for collected in splits for people in collected.people]))
    return Results(
        data=name,
        answers=plan.answers,
        people=len(tested),
        left_out=len(np.unique(data.users)) - len(tested),
        comparisons=len(data),
        choices=round(float(np.mean([sum(map(len, collected.outcomes)) for collected in splits]))),
        shared=round(float(np.mean([collected.shared for collected in splits]))),
        splits=plan.splits,
        parts=plan.parts,
        seed=plan.seed,
        curves=curves(splits, plan.entries, plan.answers, tested, plan.seed),
    )


def _task(given: tuple[Dataset, Plan], task: tuple[int, int]) -> Collected:
    """Return the predictions for one part of the people in the split of one seed."""
    (data, plan), (seed, number) = given, task
    part = part_of(data, plan.parts, number, seed, plan.answers[-1])
    collected = Collected(shared=part.shared)
    exams = [_exam(data, examinee, seed) for examinee in part.examinees]
    for examinee in part.examinees:
        collected.people.append(np.full(len(examinee.test), examinee.user))
        collected.outcomes.append(data.outcomes[examinee.test])
    for entry, population in _trained(data, part, plan.entries, seed):
        for exam in exams:
            for count, predicted in zip(plan.answers, _sit(entry, population, exam, plan), strict=True):
                collected.predictions.setdefault((entry.key, count), []).append(predicted)
    return collected


def _exam(data: Dataset, examinee: Examinee, seed: int) -> Exam:
    pool = drawn(examinee.pool, seed, examinee.user)
    return Exam(data.features(pool), data.outcomes[pool], data.features(examinee.test))


def _trained(
    data: Dataset, part: Part, entries: Sequence[Entry], seed: int
) -> Iterator[tuple[Entry, Population]]:
    """Yield every entry with its population; entries that differ only in the questions share one."""
    if not len(part.train) or not part.examinees:
        return
    training = data.comparisons(part.train)
    populations: dict[str, Population] = {}
    for entry in entries:
        if entry.source not in populations:
            populations[entry.source] = entry.load().train(training, seed)
        yield entry, populations[entry.source]


def _sit(entry: Entry, population: Population, exam: Exam, plan: Plan) -> list[Array]:
    if entry.actively:
        return sit_actively(population.newcomer(), exam, plan.answers)[0]
    return sit(population.newcomer(), exam, plan.answers)


def _require_both_outcomes(splits: Sequence[Collected], plan: Plan) -> None:
    for collected in splits:
        if len(np.unique(np.concatenate([*collected.outcomes, np.empty(0)]))) < 2:
            raise BenchError(
                f"Nobody has {plan.answers[-1]} comparisons to be asked and others to be tested on. Ask less, for"
                " instance --answers 0,5,10, or take people with more comparisons on more prompts."
            )
