"""LoRe recovers planted low-rank rewards, and is held to what its simplex allows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from planted_people import auc_after, everything, planted, question

pytest.importorskip("torch")

import torch

from localpersona.bench.methods import lore
from localpersona.bench.methods.lore import LoRe, LoRePerson, LoRePopulation, LoReWith
from localpersona.bench.protocol import NoCriterion

HEADS = 3.0 * np.array([[1.0, 0.0, 0.0, 0.2, 0.0], [0.0, 1.0, 0.0, 0.2, 0.0], [0.0, 0.0, -1.0, 0.2, 0.0]])
MIXTURES = np.random.default_rng(3).dirichlet([0.3, 0.3, 0.3], size=24)
LOW_RANK = planted(MIXTURES @ HEADS)
METHOD = LoReWith(rank=3, alpha=1e-3)


@pytest.fixture(scope="module")
def population() -> LoRePopulation:
    return METHOD.train(everything(LOW_RANK.data), seed=0)


def answering(population: LoRePopulation, weights: np.ndarray, answers: int) -> LoRePerson:
    """Return a newcomer with the given weights who has answered questions without error."""
    data = everything(planted(weights[None], each=answers, seed=5).data)
    person = population.newcomer()
    for row, outcome in enumerate(data.features.difference @ weights > 0.0):
        person = person.learn(question(data.features, row), float(outcome))
    return person


def test_newcomers_to_planted_low_rank_rewards_are_predicted_nearly_as_by_the_truth() -> None:
    auc, ceiling = auc_after(METHOD, LOW_RANK, (0, 10, 40), parts=2)
    assert auc[0] < auc[1] < auc[2]
    # The Gaussian posterior, which knows how uncertain it is, comes within 0.046 and 0.016 here.
    assert auc[1] > ceiling - 0.06
    assert auc[2] > ceiling - 0.025


def test_one_head_is_one_reward_for_everyone() -> None:
    auc, _ = auc_after(replace(METHOD, rank=1), LOW_RANK, (0, 40), parts=2)
    assert auc[0] == pytest.approx(auc[1], abs=1e-9)


def test_heads_tied_to_the_reference_leave_nothing_to_personalise() -> None:
    free, _ = auc_after(METHOD, LOW_RANK, (0, 40), parts=2)
    tied, _ = auc_after(replace(METHOD, alpha=100.0), LOW_RANK, (0, 40), parts=2)
    assert free[1] - free[0] > 0.1
    assert abs(tied[1] - tied[0]) < 0.03


def test_a_newcomer_with_one_heads_tastes_is_recognised(population: LoRePopulation) -> None:
    learned = population.heads.numpy()
    for head in HEADS:
        person = answering(population, head, 40)
        found = learned @ person.mixture().numpy()
        assert found @ head / np.linalg.norm(found) / np.linalg.norm(head) > 0.95


def test_nobody_can_want_the_opposite_of_all_heads(population: LoRePopulation) -> None:
    person = answering(population, np.array([0.0, 0.0, 0.0, -3.0, 0.0]), 40)
    features = everything(LOW_RANK.data).features
    liked = features.difference[:, 3]
    assert np.corrcoef(person.predict(features), liked)[0, 1] > -0.1


def test_mixtures_are_on_the_simplex_and_start_at_the_typical_one(population: LoRePopulation) -> None:
    newcomer = population.newcomer()
    assert torch.allclose(newcomer.mixture(), torch.softmax(population.logits, dim=0))
    mixture = answering(population, HEADS[0], 15).mixture()
    assert float(mixture.sum()) == pytest.approx(1.0, abs=1e-5)
    assert float(mixture.min()) >= 0.0


def test_a_larger_penalty_keeps_a_newcomer_nearer_to_the_typical_mixture(population: LoRePopulation) -> None:
    typical = population.newcomer().mixture()
    away = []
    for penalty in (0.0, 0.3, 3.0):
        settings = replace(population.settings, penalty=penalty)
        person = answering(LoRePopulation(settings, population.heads, population.logits), HEADS[1], 10)
        away.append(float((person.mixture() - typical).norm()))
    assert away[0] > away[1] > away[2] > 0.0


def test_predictions_are_probabilities_that_mirror_when_the_responses_change_places(
    population: LoRePopulation,
) -> None:
    person = answering(population, HEADS[0], 10)
    features = everything(LOW_RANK.data).features
    swapped = replace(
        features, traits_first=features.traits_second, traits_second=features.traits_first,
        embedding_first=features.embedding_second, embedding_second=features.embedding_first,
    )  # fmt: skip
    assert person.predict(features) + person.predict(swapped) == pytest.approx(1.0, abs=1e-5)


def test_learning_leaves_the_person_before_it_as_it_was(population: LoRePopulation) -> None:
    features = everything(LOW_RANK.data).features
    before = population.newcomer()
    expected = before.predict(features)
    before.learn(question(features, 0), 1.0)
    assert np.array_equal(before.predict(features), expected)


def test_there_is_no_criterion_for_questions(population: LoRePopulation) -> None:
    with pytest.raises(NoCriterion):
        population.newcomer().gains(everything(LOW_RANK.data).features)


def test_a_seed_gives_the_same_heads_and_leaves_torchs_generator_alone() -> None:
    data = everything(LOW_RANK.data)
    state = torch.random.get_rng_state()
    first, again, other = (METHOD.train(data, seed).heads for seed in (4, 4, 5))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(torch.random.get_rng_state(), state)


def test_tuning_takes_the_embedding_where_tastes_are_about_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lore, "STEPS", 40)
    monkeypatch.setattr(lore, "PENALTIES", (0.1,))
    monkeypatch.setattr(lore, "RANKS", (2,))
    monkeypatch.setattr(lore, "ALPHAS", (1e-3,))
    opposite = np.repeat([[4.0, 0.0], [-4.0, 0.0]], 8, axis=0)
    data = everything(planted(np.zeros((16, 2)), embedding=opposite, each=60).data)
    assert LoRe().train(data, seed=0).settings.embedding > 0.0
