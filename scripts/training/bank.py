"""Choose the questions of the bank: pairs of good answers that differ in taste and little in quality.

Questions whose answers differ in quality teach nothing about taste: everyone would choose alike.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from localpersona.preferences import Weights, next_question
from localpersona.rewards.bank import Carries
from localpersona.rewards.traits import TRAITS
from training.data import NAMES, Answers, Floats, Ints

SIZE = 96
MOST_WORDS = 90  # of one answer, so that two can be read side by side
CLEAR = 2.0  # points of rating that anyone would notice
CLEAR_TRAIT = 0.8  # and that what the bank carries shows as well, in standard deviations
GOOD = 4.0
SIMILAR_QUALITY = 0.5  # largest difference of the quality that the bank carries
MOST_TRAITS = 4
PLANTED = 100
TASTE = np.array([trait.taste for trait in TRAITS])
CARRIED: Carries = "ratings and scores"
SHARPENED = 0.5  # of what is carried, the share that the ratings have


@dataclass(frozen=True, eq=False)
class _Pair:
    first: int
    second: int
    differs: tuple[int, ...]
    """The traits in which the answers clearly differ."""


def choose_questions(answers: Answers, scores: Floats, version: str, seed: int) -> dict[str, Any]:
    """Return the bank as it is stored, balanced over traits and domains, no prompt twice.

    scores: (n, J) by models that never saw an answer's prompt.
    """
    generator = np.random.default_rng(seed)
    traits = sharpened(answers, scores)
    chosen = _balanced(_pairs(answers, traits), answers, generator)
    return {
        "format": 2,
        "note": "Synthetic: prompts and answers were written by a large language model. CC0. The traits are the"
        " mean of the answers' own ratings, standardised, and of scores by models that had not seen their prompts.",
        "version": version,
        "carries": CARRIED,
        "names": NAMES,
        "questions": [_as_json(pair, answers, traits, generator) for pair in chosen],
    }


def sharpened(answers: Answers, scores: Floats) -> Floats:
    """Return (n, J) the answers' traits with less noise than the scores (n, J) have: see SHARPENED."""
    return SHARPENED * standardised_ratings(answers) + (1.0 - SHARPENED) * scores


def standardised_ratings(answers: Answers) -> Floats:
    """Return (n, J) ratings on the scale of the scores."""
    return np.asarray((answers.ratings - answers.ratings.mean(axis=0)) / answers.ratings.std(axis=0))


def _pairs(answers: Answers, traits: Floats) -> list[_Pair]:
    usable = [index for index, row in enumerate(answers.rows) if _usable(row)]
    by_prompt: dict[int, list[int]] = {}
    for index in usable:
        by_prompt.setdefault(int(answers.prompts[index]), []).append(index)
    quality = NAMES.index("quality")
    pairs = []
    for one, other in (pair for group in by_prompt.values() for pair in combinations(group, 2)):
        rated, carried = (table[one] - table[other] for table in (answers.ratings, traits))
        clear = np.flatnonzero(TASTE & (np.abs(rated) >= CLEAR))
        shown = np.all(np.sign(rated[clear]) * carried[clear] >= CLEAR_TRAIT)
        if shown and 1 <= len(clear) <= MOST_TRAITS and abs(carried[quality]) <= SIMILAR_QUALITY:
            pairs.append(_Pair(one, other, tuple(clear.tolist())))
    return pairs


def _usable(row: dict[str, Any]) -> bool:
    if row["source"] != "written" or row["kind"] == "flawed" or row["ratings"]["quality"] < GOOD:
        return False
    return len(re.findall(r"\S+", row["text"])) <= MOST_WORDS


def _balanced(pairs: list[_Pair], answers: Answers, generator: np.random.Generator) -> list[_Pair]:
    """Take, again and again, a pair that shows what the bank shows least; ties are broken by chance."""
    left = [pairs[index] for index in generator.permutation(len(pairs))]
    traits: Counter[int] = Counter()
    domains: Counter[str] = Counter()
    chosen: list[_Pair] = []

    def need(pair: _Pair) -> float:
        rarity = sum(1.0 / (1 + traits[trait]) for trait in pair.differs) / len(pair.differs)
        return rarity / (1 + domains[answers.rows[pair.first]["domain"]])

    while left and len(chosen) < SIZE:
        best = max(left, key=need)
        chosen.append(best)
        traits.update(best.differs)
        domains[answers.rows[best.first]["domain"]] += 1
        left = [pair for pair in left if answers.prompts[pair.first] != answers.prompts[best.first]]
    return chosen


def _as_json(pair: _Pair, answers: Answers, traits: Floats, generator: np.random.Generator) -> dict[str, Any]:
    first, second = (pair.first, pair.second) if generator.random() < 0.5 else (pair.second, pair.first)
    rows = answers.rows[first], answers.rows[second]
    return {
        "id": f"{rows[0]['response_id']}-{rows[1]['response_id']}",
        "domain": rows[0]["domain"],
        "prompt": rows[0]["prompt"],
        "first": rows[0]["text"],
        "second": rows[1]["text"],
        "differs": [NAMES[trait] for trait in pair.differs],
        "traits": [[round(float(trait), 4) for trait in traits[row]] for row in (first, second)],
    }


def prompts_of(bank: dict[str, Any], answers: Answers) -> Ints:
    """Return the numbers of the prompts that the bank uses."""
    used = {question["prompt"] for question in bank["questions"]}
    rows = [index for index, row in enumerate(answers.rows) if row["prompt"] in used]
    return np.unique(answers.prompts[rows])


def try_questions(bank: dict[str, Any], prior: Weights, others: Floats, seed: int) -> dict[str, float]:
    """Ask planted users, drawn from the prior, ten questions each; see what was asked about and learned.

    others: (m, J) differences of answers that are not in the bank, whose preferred side is then predicted.
    """
    generator = np.random.default_rng(seed)
    traits = np.array([question["traits"] for question in bank["questions"]])
    differences = traits[:, 0] - traits[:, 1]
    asked_about, right, right_before = [], [], []
    for _ in range(PLANTED):
        truth = generator.multivariate_normal(prior.mean, prior.covariance)
        weights, asked = prior, list[int]()
        for _ in range(10):
            best = next_question(weights, differences, asked)
            assert best is not None
            asked.append(best)
            chance = 1.0 / (1.0 + np.exp(-differences[best] @ truth))
            weights = weights.update(differences[best], float(generator.random() < chance))
        asked_about.append((np.abs(differences[asked]) >= 1.0).any(axis=0)[TASTE].sum())
        right.append(np.mean(np.sign(others @ weights.mean) == np.sign(others @ truth)))
        right_before.append(np.mean(np.sign(others @ prior.mean) == np.sign(others @ truth)))
    return {
        "planted users": PLANTED,
        "taste traits asked about in ten questions, mean": float(np.mean(asked_about)),
        "taste traits asked about in ten questions, least": float(np.min(asked_about)),
        "preferences predicted before": float(np.mean(right_before)),
        "preferences predicted after ten answers": float(np.mean(right)),
    }
