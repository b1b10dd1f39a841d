"""How well a stranger's choices are predicted after a few answers: held-out people on held-out prompts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
class _Stranger:
    pool: Floats
    """(m, J) differences of the questions that can be asked."""
    answers: Floats
    test: Floats
    truth: Floats


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


def predict_strangers(scores: Floats, choices: Choices, seed: int, lapse: float = LAPSE) -> Predictions:
    """Cross-validate over PARTS of people and of prompts at once.

    Each part's prior is fitted to the other people's choices on the other prompts. Its people are asked about
    the other prompts, and tested on choices between answers to this part's prompts. "pooled" is one set of
    weights for everybody; "shuffled" tests each person with the weights that another one's answers gave.
    """
    generator = np.random.default_rng(seed)
    person_part = generator.permutation(np.arange(choices.people.max() + 1) % PARTS)
    prompt_part = generator.permutation(np.arange(choices.prompts.max() + 1) % PARTS)
    differences = scores[choices.first] - scores[choices.second]
    collected: dict[tuple[str, int], list[tuple[Floats, Floats]]] = {}
    for part in range(PARTS):
        print(f"\r  people and prompts, part {part + 1} of {PARTS} ", end="", flush=True)
        mine, tested = person_part[choices.people] == part, prompt_part[choices.prompts] == part
        prior = population(scores, choices, np.flatnonzero(~mine & ~tested), "trial", lapse)
        strangers = [
            _stranger(differences, choices, np.flatnonzero(choices.people == person), tested)
            for person in np.flatnonzero(person_part == part)
        ]
        pooled = _pooled(differences[~mine & ~tested], choices.outcomes[~mine & ~tested], lapse)
        for person in strangers:
            collected.setdefault(("pooled", 0), []).append((pooled.predict(person.test), person.truth))
        for method in ("active", "random"):
            learned = [_learn(prior, person, method, generator) for person in strangers]
            for step, count in enumerate(ANSWERS):
                weights = [posteriors[step] for posteriors in learned]
                for index, person in enumerate(strangers):
                    other = weights[(index + 1) % len(weights)]
                    own = weights[index].predict(person.test), person.truth
                    collected.setdefault((method, count), []).append(own)
                    wrong = other.predict(person.test), person.truth
                    collected.setdefault((f"{method}, shuffled", count), []).append(wrong)
    print()
    return _summary(collected)


def _stranger(differences: Floats, choices: Choices, rows: Ints, tested: np.ndarray) -> _Stranger:
    asked, test = rows[~tested[rows]], rows[tested[rows] & (choices.outcomes[rows] != 0.5)]
    return _Stranger(differences[asked], choices.outcomes[asked], differences[test], choices.outcomes[test])


def _pooled(differences: Floats, outcomes: Floats, lapse: float) -> Weights:
    size = len(NAMES)
    prior = Weights.gaussian(np.zeros(size), WIDE * np.eye(size), NAMES, "trial", lapse)
    return Weights.fit(differences, outcomes, prior=prior)


def _learn(
    prior: Weights, person: _Stranger, method: str, generator: np.random.Generator
) -> Sequence[Weights]:
    """Return the weights after each of ANSWERS answers."""
    weights, asked, learned = prior, [], {0: prior}
    shuffled = generator.permutation(len(person.pool))
    for count in range(1, max(ANSWERS) + 1):
        best = next_question(weights, person.pool, asked) if method == "active" else int(shuffled[count - 1])
        assert best is not None
        asked.append(best)
        weights = weights.update(person.pool[best], float(person.answers[best]))
        learned[count] = weights
    return [learned[count] for count in ANSWERS]


def _summary(collected: dict[tuple[str, int], list[tuple[Floats, Floats]]]) -> Predictions:
    auc: dict[str, dict[int, float]] = {}
    log_loss: dict[str, dict[int, float]] = {}
    for (method, count), parts in collected.items():
        predicted, truth = (np.concatenate(column) for column in zip(*parts, strict=True))
        auc.setdefault(method, {})[count] = roc_auc(predicted, truth)
        likelihood = np.where(truth == 1.0, predicted, 1.0 - predicted)
        log_loss.setdefault(method, {})[count] = float(-np.log(np.maximum(likelihood, 1e-9)).mean())
    return Predictions(auc, log_loss)


def roc_auc(predicted: Floats, truth: Floats) -> float:
    """Return the chance that a case with truth 1 is predicted above one with truth 0; ties count half."""
    high, low = np.sort(predicted[truth == 1.0]), np.sort(predicted[truth == 0.0])
    above = np.searchsorted(low, high, "left").sum() + np.searchsorted(low, high, "right").sum()
    return float(above / (2.0 * len(high) * len(low)))
