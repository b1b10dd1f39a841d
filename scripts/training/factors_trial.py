"""How well learned base rewards predict strangers: cross-validated, against rank, start and regularisation.

People are held out, and with features their prompts as well. The others' comparisons train the factors and the
prior; a stranger answers actively chosen questions and is predicted in between.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from localpersona.bench.data import Ints
from localpersona.bench.measures import roc_auc
from localpersona.bench.splits import assign
from localpersona.preferences import Weights, fit_population, next_question
from localpersona.preferences.factorization import STEPS, STRENGTH, Start, fit_factors, fit_free

Floats = NDArray[np.float64]
ANSWERS = (5, 10, 20, 40)
PARTS = 5


@dataclass(frozen=True, eq=False)
class Trial:
    """m comparisons by people who can be held out."""

    users: Ints
    """(m,)"""
    prompts: Ints
    first: Ints
    """(m,) rows of the responses."""
    second: Ints
    items: Ints
    """(m,) number of the pair."""
    outcomes: Floats
    features: Floats | None
    """(n, D) of the responses: the named traits, then the embedding; None: free base rewards of known pairs."""
    traits: int = 0
    """How many of the D are named traits."""
    embedding: float = 1.0
    """How large the embedding's contribution is expected to be, relative to that of the traits."""


@dataclass(frozen=True)
class Recipe:
    """One way to get base rewards."""

    rank: int
    """J; with `named` the number of factors beside the traits; 0 the traits alone."""
    strength: float = STRENGTH
    start: Start = "svd"
    steps: int = STEPS
    named: bool = False
    """Whether the named traits are base rewards, and the factors are of what they leave unexplained."""


@dataclass(frozen=True, eq=False)
class Fold:
    """Rows of a trial."""

    train: Ints
    strangers: tuple[tuple[Ints, Ints], ...] = field(repr=False)
    """For each held-out person what can be asked, and what is predicted."""


def auc_of(trial: Trial, recipe: Recipe, split: int, start: int) -> dict[int, float]:
    """Return ROC-AUC after each of ANSWERS answers, pooled over all people; split and start are seeds."""
    predictions: dict[int, list[Floats]] = {count: [] for count in ANSWERS}
    truth = []
    for fold in folds(trial, split):
        rewards = base_rewards(trial, recipe, fold.train, start)
        prior = population(trial, rewards, fold.train)
        for pool, test in fold.strangers:
            truth.append(trial.outcomes[test])
            for count, weights in _learn(prior, rewards[pool], trial.outcomes[pool]):
                predictions[count].append(weights.predict(rewards[test]))
    outcomes = np.concatenate(truth)
    return {count: roc_auc(np.concatenate(parts), outcomes) for count, parts in predictions.items()}


def folds(trial: Trial, seed: int) -> Iterator[Fold]:
    """Yield PARTS folds. Every person is held out once, and with features every prompt.

    Without features nothing is known of a pair that nobody answered: there a stranger is asked about a half of
    the known pairs, and tested on the other.
    """
    person, prompt = assign(trial.users, PARTS, seed), assign(trial.prompts, PARTS, seed + 1)
    half = assign(trial.items, 2, seed + 1) if trial.features is None else None
    for part in range(PARTS):
        held_out = prompt == part if half is None else half == 0
        train = np.flatnonzero((person != part) & ~held_out if half is None else person != part)
        usable = np.isin(trial.items, trial.items[train]) if half is not None else np.ones(len(person), bool)
        testable = held_out & usable & (trial.outcomes != 0.5)
        strangers = []
        for user in np.unique(trial.users[person == part]):
            mine = trial.users == user
            pool, test = np.flatnonzero(mine & ~held_out & usable), np.flatnonzero(mine & testable)
            if len(pool) >= max(ANSWERS) and len(test):
                strangers.append((pool, test))
        yield Fold(train, tuple(strangers))


def base_rewards(trial: Trial, recipe: Recipe, train: Ints, seed: int) -> Floats:
    """Return (m, J) the base rewards' differences in all comparisons, learned from the rows `train`."""
    users = np.unique(trial.users[train], return_inverse=True)[1]
    options = {"strength": recipe.strength, "start": recipe.start, "steps": recipe.steps, "seed": seed}
    if trial.features is None:
        free = fit_free(users, trial.items[train], trial.outcomes[train], recipe.rank, **options)
        known = np.pad(free.loadings, ((0, 0), (0, int(trial.items.max()) + 1 - free.loadings.shape[1])))
        return known.T[trial.items]
    differences = trial.features[trial.first] - trial.features[trial.second]
    importance = np.where(np.arange(differences.shape[1]) < trial.traits, 1.0, trial.embedding)
    named = differences[:, : trial.traits]
    if recipe.named:
        if recipe.rank == 0:
            return named
        unexplained = differences[:, trial.traits :]
        unexplained = unexplained - named @ np.linalg.lstsq(named[train], unexplained[train], rcond=None)[0]
        options["offsets"] = _explained(trial, named, train)
        differences, importance = unexplained, importance[trial.traits :]
    nothing = np.zeros((len(train), differences.shape[1]))
    found = fit_factors(
        differences[train],
        nothing,
        users,
        trial.outcomes[train],
        recipe.rank,
        importance=importance,
        **options,
    )
    learned = found.scores(differences)
    return np.hstack([named, learned]) if recipe.named else learned


def population(trial: Trial, rewards: Floats, rows: Ints) -> Weights:
    """Return the prior from the comparisons `rows`."""
    people = _by_person(trial, rows)
    names = [f"base reward {number}" for number in range(rewards.shape[1])]
    return fit_population(
        [rewards[mine] for mine in people], [trial.outcomes[mine] for mine in people], names, "trial"
    )


def _by_person(trial: Trial, rows: Ints) -> list[Ints]:
    return [rows[trial.users[rows] == user] for user in np.unique(trial.users[rows])]


def _explained(trial: Trial, named: Floats, train: Ints) -> Floats:
    """Return the log-odds of the rows `train` under each person's weights of the named traits."""
    prior = population(trial, named, train)
    log_odds = np.zeros(len(trial.users))
    for mine in _by_person(trial, train):
        log_odds[mine] = named[mine] @ Weights.fit(named[mine], trial.outcomes[mine], prior=prior).mean
    return log_odds[train]


def _learn(prior: Weights, pool: Floats, answers: Floats) -> Iterator[tuple[int, Weights]]:
    """Yield the weights after each of ANSWERS actively chosen questions."""
    weights, asked = prior, []
    while len(asked) < max(ANSWERS):
        best = next_question(weights, pool, asked)
        assert best is not None
        asked.append(best)
        weights = weights.update(pool[best], float(answers[best]))
        if len(asked) in ANSWERS:
            yield len(asked), weights
