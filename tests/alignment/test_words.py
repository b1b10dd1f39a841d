"""Strength, claims, instructions and explanations: weights in words that never say more than is known."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from localpersona.alignment.explanation import explain
from localpersona.alignment.instructions import instruction_line
from localpersona.alignment.knowledge import what_is_known
from localpersona.alignment.strength import STRENGTHS, effective
from localpersona.alignment.wording import listed, pole
from localpersona.preferences import Weights
from localpersona.rewards import TRAITS
from localpersona.rewards.traits import TASTES
from localpersona.values import Candidate

NAMES = tuple(trait.name for trait in TRAITS)
J = len(NAMES)
PRIOR = Weights.gaussian(np.r_[np.zeros(J - 1), 1.0], 0.6 * np.eye(J), NAMES, "test")


def learned(**tastes: float) -> Weights:
    """Return the weights of somebody who answered 30 comparisons by these tastes."""
    truth = np.array([tastes.get(name, 0.0) for name in NAMES])
    differences = np.random.default_rng(0).normal(size=(30, J))
    return Weights.fit(differences, (differences @ truth > 0).astype(float), prior=PRIOR)


def test_strength_goes_from_the_population_to_the_person() -> None:
    user = learned(length=-3)
    assert effective(user, PRIOR, STRENGTHS["off"])[0] == pytest.approx(PRIOR.mean)
    mean, covariance = effective(user, PRIOR, STRENGTHS["full"])
    assert mean == pytest.approx(user.mean)
    assert covariance == pytest.approx(user.covariance)
    half, _ = effective(user, PRIOR, 0.5)
    assert half == pytest.approx((PRIOR.mean + user.mean) / 2)
    with pytest.raises(ValueError, match="strength"):
        effective(user, PRIOR, 1.5)


def test_nothing_is_claimed_of_somebody_who_said_nothing() -> None:
    certain_population = Weights.gaussian(np.ones(J), 0.01 * np.eye(J), NAMES, "test")
    assert {known.certainty for known in what_is_known(certain_population)} == {"unknown"}
    assert instruction_line(certain_population, 1.0, TASTES) == ""


def test_consistent_choices_are_claimed_and_the_rest_is_not() -> None:
    known = {entry.trait: entry for entry in what_is_known(learned(length=-3, formality=-3))}
    assert known["length"].certainty == known["formality"].certainty == "clearly"
    assert known["length"].mean < 0
    assert sum(entry.claimed for entry in known.values()) <= 5


def test_a_lock_is_known_and_leaves_the_others_unknown() -> None:
    known = {entry.trait: entry for entry in what_is_known(PRIOR.locked({"length": -1.0}))}
    assert known["length"].certainty == "set"
    assert known["formality"].certainty == "unknown"


def test_the_instruction_names_the_strongest_tastes_first_in_words() -> None:
    line = instruction_line(learned(length=-4, structure=2, quality=3), 1.0, TASTES)
    assert "short and concise" in line
    assert "lists" in line
    assert line.index("short") < line.index("lists")
    assert not re.search(r"\d", line)
    assert "helpful" not in line  # quality is no taste


def test_a_light_touch_mentions_less() -> None:
    user = learned(length=-4, structure=1, warmth=1)
    assert len(instruction_line(user, 1 / 3, TASTES)) < len(instruction_line(user, 1.0, TASTES))
    assert instruction_line(user, 0.0, TASTES) == ""


def test_every_trait_has_words_for_both_poles() -> None:
    for trait in TRAITS:
        low, high = pole(trait.name, -1.0), pole(trait.name, 1.0)
        assert low != high
        assert not any(trait.name in (low.than, high.than) for trait in TRAITS)
    assert pole("sparkle", 1.0).than == "with more sparkle"


def test_words_are_listed_as_people_do() -> None:
    assert [listed(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]


def candidate(**scores: float) -> Candidate:
    return Candidate("text", traits=tuple(scores.get(name, 0.0) for name in NAMES))


MEAN = np.array([{"length": -2.0, "formality": -1.0}.get(name, 0.0) for name in NAMES])


def test_an_explanation_says_how_the_answer_differs_from_runner_up_and_plain_answer() -> None:
    candidates = [candidate(length=1.0), candidate(length=-1.0, formality=-1.0), candidate()]
    why = explain(candidates, 1, MEAN, NAMES, [-2.0, 3.0, 0.0], "Be short.", claimed={"length"})
    assert why.summary.startswith("Chosen of 3: shorter and more casual than the runner-up, as you prefer.")
    assert "Without choosing you would have read another answer; this one is shorter" in why.summary
    assert why.instruction == "Be short."
    assert [effect.trait for effect in why.effects[:2]] == ["length", "formality"]
    length = why.effects[0]
    assert (length.weight, length.score) == (-2.0, -1.0)
    assert length.against_runner_up == pytest.approx(2.0)
    assert length.against_plain == pytest.approx(4.0)


def test_an_explanation_says_when_choosing_changed_nothing() -> None:
    why = explain([candidate(length=-1.0), candidate()], 0, MEAN, NAMES, [2.0, 0.0], claimed=None)
    assert "as most people prefer" in why.summary
    assert "what the model would have said without choosing" in why.summary
    alike = explain([candidate(), candidate(length=0.01)], 0, MEAN, NAMES, [0.0, -0.02], claimed=None)
    assert "narrow margin" in alike.summary and "most people like" in alike.summary


def test_an_explanation_speaks_of_your_taste_only_when_it_is_known() -> None:
    pair = [candidate(length=-1.0), candidate()]
    unsure = explain(pair, 0, MEAN, NAMES, [2.0, 0.0], claimed={"humour"})
    assert "shorter than the runner-up, as far as your choices tell yet." in unsure.summary
    sure = explain(pair, 0, MEAN, NAMES, [2.0, 0.0], claimed={"length"})
    assert "shorter than the runner-up, as you prefer." in sure.summary


def test_the_only_usable_candidate_is_called_that() -> None:
    empty = replace(candidate(), text="")
    why = explain([empty, candidate()], 1, MEAN, NAMES, [-np.inf, 0.0], claimed=None)
    assert why.summary.startswith("The only usable one of 2 answers.")


def test_unscored_answers_are_explained_without_effects() -> None:
    for candidates in ([Candidate("a")], [Candidate("a"), Candidate("b")], []):
        why = explain(candidates, 0, MEAN, NAMES, [0.0] * len(candidates), claimed=None)
        assert why.effects == ()
        assert why.summary
