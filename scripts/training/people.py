"""How well a stranger's choices are predicted after a few answers: held-out people on held-out prompts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from localpersona.preferences import LAPSE, Weights, fit_population, next_question
from training.data import NAMES, Choices, Floats, Ints

ANSWERS = (0, 5, 10, 20)
PARTS = 5
WIDE = 25.0  # variance of the pooled weights' prior: they are fitted to thousands of choices


@dataclass(frozen=True)
class Predictions:
    """Over the held-out people's test choices, pooled: by method, then by number of answers."""

    auc: dict[str, dict[int, float]]
    """ROC-AUC of the predicted probabilities."""
    log_loss: dict[str, dict[int, float]]


@dataclass(frozen=True, eq=False)
class Stranger:
    """A held-out person."""

    rows: Ints
    """(m,) the choices that are the questions that can be asked."""
    pool: Floats
    """(m, J) their differences."""
    answers: Floats
    """(m,)."""
    test: Floats
    """(t, J) of choices on other prompts; no ties."""
    truth: Floats
    """(t,) 1 or 0."""


@dataclass(frozen=True, eq=False)
class Part:
    """A part of the people, tested on a part of the prompts, and what the others taught about the rest."""

    prior: Weights
    pooled: Weights
    """One set of weights for everybody."""
    strangers: list[Stranger]


def population(scores: Floats, choices: Choices, rows: Ints, version: str, lapse: float = LAPSE) -> Weights:
    """Return the prior from the given rows of the choices, scores (n, J) being the answers'."""
    differences = scores[choices.first] - scores[choices.second]
    people = [rows[choices.people[rows] == person] for person in np.unique(choices.people[rows])]
    return fit_population(
        [differences[mine] for mine in people],
        [choices.outcomes[mine] for mine in people],
        NAMES,
        version,
        lapse,
    )


def parts(scores: Floats, choices: Choices, seed: int, lapse: float = LAPSE) -> Iterator[Part]:
    """Split into PARTS of people and of prompts at once.

    Each part's prior is fitted to the other people's choices on the other prompts. Its people are asked about
    the other prompts, and tested on choices between answers to this part's prompts.
    """
    generator = np.random.default_rng(seed)
    person_part = generator.permutation(np.arange(choices.people.max() + 1) % PARTS)
    prompt_part = generator.permutation(np.arange(choices.prompts.max() + 1) % PARTS)
    differences = scores[choices.first] - scores[choices.second]
    for part in range(PARTS):
        mine, tested = person_part[choices.people] == part, prompt_part[choices.prompts] == part
        others = np.flatnonzero(~mine & ~tested)
        strangers = []
        for person in np.flatnonzero(person_part == part):
            rows = np.flatnonzero(choices.people == person)
            pool, test = rows[~tested[rows]], rows[tested[rows] & (choices.outcomes[rows] != 0.5)]
            answers, truth = choices.outcomes[pool], choices.outcomes[test]
            strangers.append(Stranger(pool, differences[pool], answers, differences[test], truth))
        prior = population(scores, choices, others, "trial", lapse)
        yield Part(prior, _pooled(differences[others], choices.outcomes[others], lapse), strangers)


def learn(
    prior: Weights, person: Stranger, criterion: str, counts: Sequence[int], seed: int
) -> list[Weights]:
    """Return the weights after each of `counts` answers to questions that the criterion chose."""
    order = np.random.default_rng(seed).permutation(len(person.pool))
    pool, answers = person.pool[order], person.answers[order]
    weights, asked, learned = prior, list[int](), {0: prior}
    for count in range(1, max(counts) + 1):
        best = count - 1  # at random: the pool is shuffled
        if criterion != "random":
            found = next_question(weights, pool, asked, criterion, seed=seed + count)
            assert found is not None
            best = found
        asked.append(best)
        if criterion != "random" or count in counts:
            start = weights if weights.comparisons else None
            weights = Weights.fit(pool[asked], answers[asked], prior=prior, start=start)
        learned[count] = weights
    return [learned[count] for count in counts]


def predict_strangers(
    scores: Floats, choices: Choices, seed: int, carried: Floats | None = None, lapse: float = LAPSE
) -> Predictions:
    """Cross-validate: see `parts`.

    "pooled" is one set of weights for everybody; "shuffled" tests each person with the weights that another
    one's answers gave. carried: (n, J) traits of the answers that people are asked about, as the question bank
    carries them, for "bank"; predicted are choices between answers that have scores only.
    """
    collected = Collected()
    known = scores if carried is None else carried
    asked = known[choices.first] - known[choices.second]
    for number, part in enumerate(parts(scores, choices, seed, lapse)):
        print(f"\r  people and prompts, part {number + 1} of {PARTS} ", end="", flush=True)
        for person in part.strangers:
            collected.add("pooled", 0, part.pooled, person)
        rated = [replace(person, pool=asked[person.rows]) for person in part.strangers]
        methods = {
            "active": ("lookahead", part.strangers),
            "random": ("random", part.strangers),
            "bank": ("lookahead", rated),
        }
        for method, (criterion, strangers) in methods.items():
            learned = [
                learn(part.prior, person, criterion, ANSWERS, 1000 * seed + 100 * number + index)
                for index, person in enumerate(strangers)
            ]
            for step, count in enumerate(ANSWERS):
                for index, person in enumerate(strangers):
                    other = learned[(index + 1) % len(learned)]
                    collected.add(method, count, learned[index][step], person)
                    collected.add(f"{method}, shuffled", count, other[step], person)
    print()
    return collected.summary()


class Collected:
    """Predictions of strangers' test choices, by method and number of answers."""

    def __init__(self) -> None:
        self.cases: dict[str, dict[int, list[tuple[Floats, Floats]]]] = {}

    def add(self, method: str, count: int, weights: Weights, person: Stranger) -> None:
        case = weights.predict(person.test), person.truth
        self.cases.setdefault(method, {}).setdefault(count, []).append(case)

    def joined(self, method: str, count: int) -> tuple[Floats, Floats]:
        """Return predicted probabilities and truth, everybody's together."""
        predicted, truth = (np.concatenate(column) for column in zip(*self.cases[method][count], strict=True))
        return predicted, truth

    def summary(self) -> Predictions:
        tables: list[dict[str, dict[int, float]]] = []
        for measure in (roc_auc, log_loss):
            tables.append(
                {
                    method: {count: measure(*self.joined(method, count)) for count in counts}
                    for method, counts in self.cases.items()
                }
            )
        return Predictions(*tables)


def without_kinds(prior: Weights) -> Weights:
    """Return the single Gaussian with the prior's mean and covariance."""
    return replace(prior, kinds=None)


def _pooled(differences: Floats, outcomes: Floats, lapse: float) -> Weights:
    size = len(NAMES)
    prior = Weights.gaussian(np.zeros(size), WIDE * np.eye(size), NAMES, "trial", lapse)
    return Weights.fit(differences, outcomes, prior=prior)


def roc_auc(predicted: Floats, truth: Floats) -> float:
    """Return the chance that a case with truth 1 is predicted above one with truth 0; ties count half."""
    high, low = np.sort(predicted[truth == 1.0]), np.sort(predicted[truth == 0.0])
    above = np.searchsorted(low, high, "left").sum() + np.searchsorted(low, high, "right").sum()
    return float(above / (2.0 * len(high) * len(low)))


def log_loss(predicted: Floats, truth: Floats) -> float:
    """Return the mean negative log-likelihood, in nats."""
    likelihood = np.where(truth == 1.0, predicted, 1.0 - predicted)
    return float(-np.log(np.maximum(likelihood, 1e-9)).mean())
