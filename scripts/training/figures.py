"""The figures of the card that are about scores: do they order answers, and is their spread worth something?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from training.concordance import Concordance, bad_below_good, concordance
from training.data import NAMES, Answers, Choices, Floats

Array = NDArray[np.float32]

QUALITY = NAMES.index("quality")
PENALTY = 0.5  # of the spread in the engine's choice: `uncertainty_penalty` of alignment.best_of_n
RESAMPLES = 1000


def order_figures(scores: Floats, answers: Answers, seed: int) -> dict[str, Any]:
    """Return concordance with the ratings, written answers and the small model's apart."""
    figures: dict[str, Any] = {}
    for name, rows in (("written", answers.written), ("small model", ~answers.written)):
        found = concordance(
            scores[rows], answers.ratings[rows], answers.prompts[rows], answers.folds[rows], seed
        )
        figures[name] = _as_json(found)
    rows = answers.written
    figures["bad below good"] = bad_below_good(
        scores[rows, QUALITY], answers.ratings[rows, QUALITY], answers.prompts[rows]
    )
    return figures


def spread_figures(by_head: Array, answers: Answers) -> dict[str, float]:
    """Return the rank correlation of the heads' spread with the absolute error, by trait.

    by_head: (n, K, J) unseen scores. The error is taken in standard deviations, after each trait's ratings
    were standardised like the scores.
    """
    scores, spread = by_head.mean(axis=1), by_head.std(axis=1)
    goal = (answers.ratings - answers.ratings.mean(axis=0)) / answers.ratings.std(axis=0)
    scores = (scores - scores.mean(axis=0)) / scores.std(axis=0)
    error = np.abs(scores - goal)
    return {name: float(spearmanr(spread[:, j], error[:, j])[0]) for j, name in enumerate(NAMES)}


def choice_figures(by_head: Array, weights: Floats, answers: Answers, seed: int) -> dict[str, list[float]]:
    """Return the mean rated quality of the small model's answers that people's weights would choose.

    by_head: (n, K, J) unseen scores; weights: (U, J). One choice a person and prompt, among all answers that the
    small model gave to it; with the spread's penalty, without it, and by chance. Intervals over prompts.
    """
    scores, spread = by_head.mean(axis=1).astype(float), by_head.std(axis=1).astype(float)
    rated = answers.ratings[:, QUALITY]
    rows = [np.flatnonzero(~answers.written & (answers.prompts == p)) for p in np.unique(answers.prompts)]
    table = []
    for some in [one for one in rows if len(one) > 1]:
        plain = scores[some] @ weights.T
        careful = plain - PENALTY * np.sqrt(spread[some] ** 2 @ weights.T**2)
        chosen = [rated[some[values.argmax(axis=0)]].mean() for values in (careful, plain)]
        table.append([*chosen, rated[some].mean()])
    means = np.array(table)
    generator = np.random.default_rng(seed)
    drawn = means[generator.integers(0, len(means), (RESAMPLES, len(means)))].mean(axis=1)
    low, high = np.percentile(drawn, [2.5, 97.5], axis=0)
    gain = np.percentile(drawn[:, 0] - drawn[:, 1], [2.5, 97.5])
    figures = {
        name: [float(means[:, at].mean()), float(low[at]), float(high[at])]
        for at, name in enumerate(("careful", "plain", "chance"))
    }
    figures["difference"] = [float((means[:, 0] - means[:, 1]).mean()), float(gain[0]), float(gain[1])]
    return figures


def people_weights(scores: Floats, choices: Choices, prior: Any) -> Floats:
    """Return (U, J) the weights of each simulated person, from all of its choices."""
    differences = scores[choices.first] - scores[choices.second]
    mine = [choices.people == person for person in np.unique(choices.people)]
    return np.stack([type(prior).fit(differences[m], choices.outcomes[m], prior=prior).mean for m in mine])


def _as_json(found: Concordance) -> dict[str, Any]:
    triples = np.stack([found.traits, found.low, found.high], axis=1).tolist()
    traits = dict(zip(NAMES, triples, strict=True))
    return {"mean": [found.mean, found.mean_low, found.mean_high], "traits": traits}
