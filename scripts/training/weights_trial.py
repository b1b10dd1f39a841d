"""What each part of the weights is worth: one split of held-out people and prompts, every table of it.

A table is {row: {column: figure}}. scripts/measure_weights.py averages them over splits and prints them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from localpersona.preferences import CRITERIA, Weights, knows_enough, next_question, recency
from training.bank import sharpened, standardised_ratings
from training.calibration import calibration_error
from training.data import NAMES, Answers, Choices, Floats
from training.people import Collected, Part, Stranger, learn, log_loss, parts, roc_auc, without_kinds

COUNTS = (0, 1, 2, 3, 5, 8, 10, 15, 20, 40)
FEW = (0, 5, 10, 20)
CALIBRATED = (0, 5, 10, 20, 40)
CARELESS = (10, 40)
HALF_LIVES = (np.inf, 40.0, 20.0, 10.0)
BEFORE, AFTER = 40, (0, 5, 10, 20, 40)
ENOUGH = (5, 40)
"""Fewest and most answers in the trial of the stopping rule."""
QUALITY = NAMES.index("quality")
SHIPPED = "questions with ratings and scores"
"""What the question bank carries."""

Table = dict[str, dict[str, float]]
Learner = Callable[[Part, Stranger, int], list[Weights]]


@dataclass(frozen=True, eq=False)
class Data:
    answers: Answers
    choices: Choices
    scores: Floats
    """(n, J) trait scores by heads that saw neither an answer nor its prompt."""


def measure_split(data: Data, seed: int) -> dict[str, Table]:
    """Return all tables of one split."""
    split = list(parts(data.scores, data.choices, seed))
    chosen = _collect(split, {name: _by(name, COUNTS) for name in CRITERIA}, COUNTS, seed)
    variants = _collect(split, _variants(data), FEW, seed)
    return {
        "auc by criterion": _table(chosen, roc_auc),
        "log-loss by criterion": _table(chosen, log_loss),
        "auc by variant": _table(variants, roc_auc),
        "log-loss by variant": _table(variants, log_loss),
        "calibration error": _calibration(chosen)
        | {"as shipped": _table(variants, calibration_error)[SHIPPED]},
        "questions about quality": _about_quality(split, seed),
        "coin flips": _coin_flips(split, seed),
        "taste that changes": _changing(split, seed),
        "enough": _stopping(split, seed),
    }


def reliable_cases(data: Data, seed: int, count: int) -> tuple[Floats, Floats]:
    """Return predicted probabilities and truth of one split, after `count` answers."""
    split = list(parts(data.scores, data.choices, seed))
    return _collect(split, {"shipped": _by("lookahead", (count,))}, (count,), seed).joined("shipped", count)


def _by(criterion: str, counts: Sequence[int]) -> Learner:
    return lambda part, person, seed: learn(part.prior, person, criterion, counts, seed)


def _variants(data: Data) -> dict[str, Learner]:
    """Name what a person may be learned with, other than what ships."""
    first, second = data.choices.first, data.choices.second
    ratings, mixed = (
        traits[first] - traits[second]
        for traits in (standardised_ratings(data.answers), sharpened(data.answers, data.scores))
    )

    def with_prior(change: Callable[[Weights], Weights]) -> Learner:
        return lambda part, person, seed: learn(change(part.prior), person, "lookahead", FEW, seed)

    def asked_with(shown: Floats, criterion: str = "lookahead") -> Learner:
        return lambda part, person, seed: learn(
            part.prior, replace(person, pool=shown[person.rows]), criterion, FEW, seed
        )

    return {
        "shipped": _by("lookahead", FEW),
        "one Gaussian": with_prior(without_kinds),
        "one Gaussian without correlations": with_prior(_independent),
        "no suspicion of coin flips": with_prior(lambda prior: replace(prior, careless=0.0)),
        "no lapses": with_prior(lambda prior: replace(prior, lapse=0.0)),
        "PReF's: one Gaussian, its criterion": lambda part, person, seed: learn(
            without_kinds(part.prior), person, "variance", FEW, seed
        ),
        "questions with their ratings": asked_with(ratings),
        SHIPPED: asked_with(mixed),
        "questions with ratings and scores, PReF's criterion": asked_with(mixed, "variance"),
        "questions with ratings and scores, random": asked_with(mixed, "random"),
    }


def _independent(prior: Weights) -> Weights:
    variances = np.diag(np.diag(prior.covariance))
    return Weights.gaussian(prior.mean, variances, prior.names, prior.version, prior.lapse, prior.careless)


def _people(split: list[Part], seed: int) -> Iterator[tuple[Part, int, Stranger, int]]:
    """Yield part, number in the part, person and a seed of their own."""
    for number, part in enumerate(split):
        for index, person in enumerate(part.strangers):
            yield part, index, person, 1000 * seed + 100 * number + index


def _collect(split: list[Part], learners: dict[str, Learner], counts: Sequence[int], seed: int) -> Collected:
    collected = Collected()
    for part, _, person, own in _people(split, seed):
        for name, learner in learners.items():
            for count, weights in zip(counts, learner(part, person, own), strict=True):
                collected.add(name, count, weights, person)
    return collected


def _table(collected: Collected, measure: Callable[[Floats, Floats], float]) -> Table:
    return {
        name: {str(count): measure(*collected.joined(name, count)) for count in counts}
        for name, counts in collected.cases.items()
    }


def _calibration(chosen: Collected) -> Table:
    return {
        name: {str(count): calibration_error(*chosen.joined(name, count)) for count in CALIBRATED}
        for name in ("lookahead", "random")
    }


def _about_quality(split: list[Part], seed: int) -> Table:
    """Of the first ten questions, the share whose answers differ more in quality than in any taste."""
    shares: dict[str, list[float]] = {name: [] for name in ("all questions", *CRITERIA)}
    for part, _, person, own in _people(split, seed):
        mainly = np.abs(person.pool).argmax(axis=1) == QUALITY
        shares["all questions"].append(float(mainly.mean()))
        for name in CRITERIA:
            final = learn(part.prior, person, name, (10,), own)[0]
            asked = np.abs(final.differences).argmax(axis=1) == QUALITY
            shares[name].append(float(asked.mean()))
    return {name: {"share": float(np.mean(values))} for name, values in shares.items()}


def _coin_flips(split: list[Part], seed: int) -> Table:
    """Log-loss of predictions for people who flip coins, over their coin flips on the test choices."""
    collected = Collected()
    for part, _, person, own in _people(split, seed):
        generator = np.random.default_rng(own)
        flips = generator.integers(0, 2, len(person.answers)).astype(float)
        truth = generator.integers(0, 2, len(person.test)).astype(float)
        flipper, honest = replace(person, answers=flips, truth=truth), replace(person, truth=truth)
        collected.add("one reward for everybody", 0, part.pooled, honest)
        for criterion in ("random", "lookahead"):
            for suspicion in (part.prior.careless, 0.0):
                prior = replace(part.prior, careless=suspicion)
                name = f"{criterion} questions, {'' if suspicion else 'no '}suspicion"
                for count, weights in zip(
                    CARELESS, learn(prior, flipper, criterion, CARELESS, own), strict=True
                ):
                    collected.add(name, count, weights, flipper)
    return _table(collected, log_loss)


def _changing(split: list[Part], seed: int) -> Table:
    """AUC for a person who answered BEFORE questions as somebody else would, and then some as themselves."""
    collected, constant = Collected(), Collected()
    for part, index, person, own in _people(split, seed):
        former = part.strangers[(index + 1) % len(part.strangers)]
        generator = np.random.default_rng(own)
        old = generator.permutation(len(former.pool))[:BEFORE]
        new = generator.permutation(len(person.pool))[: BEFORE + max(AFTER)]
        for half_life in HALF_LIVES:
            name = "nothing forgotten" if half_life == np.inf else f"half-life of {half_life:.0f} answers"
            for count in AFTER:
                mine = new[:count]
                differences = np.concatenate([former.pool[old], person.pool[mine]])
                outcomes = np.concatenate([former.answers[old], person.answers[mine]])
                importance = recency(len(outcomes), half_life)
                weights = Weights.fit(differences, outcomes, importance=importance, prior=part.prior)
                collected.add(name, count, weights, person)
            importance = recency(len(new), half_life)
            weights = Weights.fit(
                person.pool[new], person.answers[new], importance=importance, prior=part.prior
            )
            constant.add(name, len(new), weights, person)
    unchanged = _table(constant, roc_auc)
    return {
        name: row | {f"{count}, no change": value for count, value in unchanged[name].items()}
        for name, row in _table(collected, roc_auc).items()
    }


def _stopping(split: list[Part], seed: int) -> Table:
    """When the stopping rule would have ended the questions, and AUC then."""
    fewest, most = ENOUGH
    collected, ended = Collected(), list[int]()
    for part, _, person, _ in _people(split, seed):
        weights, asked = part.prior, list[int]()
        while len(asked) < most:
            if len(asked) >= fewest and knows_enough(weights, person.pool, asked):
                break
            best = next_question(weights, person.pool, asked)
            assert best is not None
            asked.append(best)
            weights = weights.update(person.pool[best], float(person.answers[best]))
        ended.append(len(asked))
        collected.add("at the stop", 0, weights, person)
    quantiles = np.quantile(ended, [0.1, 0.5, 0.9])
    answers = dict(zip(("10 %", "median", "90 %"), map(float, quantiles), strict=True))
    return {
        "answers asked for": {"mean": float(np.mean(ended)), **answers},
        "AUC at the stop": {"mean": roc_auc(*collected.joined("at the stop", 0))},
    }
