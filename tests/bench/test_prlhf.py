"""P-RLHF's user model finds planted clusters of people, and treats strangers as the generic person."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from planted_people import answering, everything, more_of, planted

pytest.importorskip("torch")

import torch

from localpersona.bench.exam import Exam, sit
from localpersona.bench.measures import roc_auc
from localpersona.bench.methods import prlhf
from localpersona.bench.methods.prlhf import Clusters, Individual, PRlhfPopulation, PRlhfWith
from localpersona.bench.protocol import NoCriterion

KINDS = np.array([[3.0, 0.0, 0.0, 1.0], [0.0, 3.0, 0.0, 1.0], [0.0, -3.0, 0.0, 1.0]])
"""Three clusters of people, who agree about the fourth trait alone."""
PEOPLE = 8
"""In each."""
CLUSTERED = planted(np.repeat(KINDS, PEOPLE, axis=0), prompts=80, each=200)
INDIVIDUAL, CLUSTERS = PRlhfWith(), PRlhfWith(clusters=6)
about = partial(more_of, traits=4)


@pytest.fixture(scope="module")
def individual() -> PRlhfPopulation:
    return INDIVIDUAL.train(everything(CLUSTERED.data), seed=0)


@pytest.fixture(scope="module")
def clusters() -> PRlhfPopulation:
    return CLUSTERS.train(everything(CLUSTERED.data), seed=0)


def auc_of_newcomers(population: PRlhfPopulation, answers: tuple[int, ...]) -> tuple[list[float], float]:
    """Return the ROC-AUC for new people of the same kinds after each number of answers, and the truth's."""
    fresh = planted(np.repeat(KINDS, 4, axis=0), seed=9)
    predicted, tested = [], []
    for user in range(4 * len(KINDS)):
        pool, test = np.split(np.flatnonzero(fresh.data.users == user), [max(answers)])
        exam = Exam(fresh.data.features(pool), fresh.data.outcomes[pool], fresh.data.features(test))
        predicted.append(sit(population.newcomer(), exam, answers))
        tested.append(test)
    rows = np.concatenate(tested)
    found = [np.concatenate(column) for column in zip(*predicted, strict=True)]
    truth = fresh.data.outcomes[rows]
    return [roc_auc(one, truth) for one in found], roc_auc(fresh.probabilities[rows], truth)


@pytest.mark.parametrize("kind", ["individual", "clusters"])
def test_newcomers_to_planted_clusters_are_predicted_nearly_as_by_the_truth(
    kind: str, request: pytest.FixtureRequest
) -> None:
    auc, ceiling = auc_of_newcomers(request.getfixturevalue(kind), (0, 10, 40))
    assert auc[0] < ceiling - 0.1
    assert auc[1] > ceiling - 0.04
    assert auc[2] > ceiling - 0.025


def test_newcomers_have_the_soft_clusters_of_the_people_like_them(clusters: PRlhfPopulation) -> None:
    users = clusters.users
    mixtures = torch.softmax(users.generic + users.offsets, dim=1).numpy()
    typical = mixtures.reshape(len(KINDS), PEOPLE, -1).mean(axis=1)
    for kind, weights in enumerate(KINDS):
        for seed in range(3):
            offset = answering(clusters, weights, 20, seed).offset()
            mixture = torch.softmax(users.generic + offset, dim=0).numpy()
            assert np.abs(typical - mixture).sum(axis=1).argmin() == kind


def test_training_people_of_one_cluster_get_similar_vectors(individual: PRlhfPopulation) -> None:
    offsets = individual.users.offsets.numpy().reshape(len(KINDS), PEOPLE, -1)
    centres = offsets.mean(axis=1)
    within = np.linalg.norm(offsets - centres[:, None], axis=2).mean()
    between = np.linalg.norm(centres[:, None] - centres[None], axis=2)[np.triu_indices(len(KINDS), 1)]
    assert between.min() > 2.0 * within


def test_a_stranger_is_the_generic_person(individual: PRlhfPopulation, clusters: PRlhfPopulation) -> None:
    for population in (individual, clusters):
        stranger = population.newcomer()
        assert not stranger.offset().any()
        shared, contested = (float(stranger.predict(about(trait))[0]) for trait in (3, 1))
        # One linear reward for everybody says 0.69 and 0.50: of opposite tastes only what is shared remains.
        assert shared > 0.6
        assert 0.4 < contested < 0.6


def test_answers_move_a_newcomer_away_from_the_generic_person(individual: PRlhfPopulation) -> None:
    lover, hater = answering(individual, KINDS[1], 15), answering(individual, KINDS[2], 15)
    assert lover.predict(about(1))[0] > 0.9
    assert hater.predict(about(1))[0] < 0.1


def test_a_smaller_spread_holds_newcomers_nearer_to_the_generic_person(individual: PRlhfPopulation) -> None:
    away = []
    for spread in (30.0, 1.0, 0.01):
        held = replace(individual, settings=replace(individual.settings, spread=spread))
        away.append(float(answering(held, KINDS[0], 10).offset().norm()))
    assert away[0] > away[1] > away[2] > 0.0


def test_predictions_mirror_when_the_responses_change_places(clusters: PRlhfPopulation) -> None:
    person, pair = answering(clusters, KINDS[0], 5), about(0)
    swapped = replace(pair, traits_first=pair.traits_second, traits_second=pair.traits_first)
    assert person.predict(pair) + person.predict(swapped) == pytest.approx(1.0, abs=1e-5)


def test_there_is_no_criterion_for_questions(individual: PRlhfPopulation) -> None:
    with pytest.raises(NoCriterion):
        individual.newcomer().gains(about(0))


def test_a_seed_gives_the_same_model_and_leaves_torchs_generator_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(prlhf, "STEPS", 5)
    data = everything(CLUSTERED.data)
    state = torch.random.get_rng_state()
    for method in (INDIVIDUAL, CLUSTERS):
        first, again, other = (
            method.train(data, seed).newcomer().predict(data.features) for seed in (4, 4, 5)
        )
        assert np.array_equal(first, again)
        assert not np.array_equal(first, other)
    assert torch.equal(torch.random.get_rng_state(), state)


@pytest.mark.parametrize("method", [Individual(), Clusters()], ids=["individual", "clusters"])
def test_tuning_keeps_the_kind_and_takes_the_embedding_where_tastes_are_about_it(
    method: Individual, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prlhf, "STEPS", 60)
    monkeypatch.setattr(prlhf, "BATCH", 128)
    monkeypatch.setattr(prlhf, "SPREADS", (5.0,))
    kinds = np.repeat([[4.0, 0.0], [-4.0, 0.0]], 8, axis=0)
    data = everything(planted(np.zeros((16, 2)), embedding=3.0 * kinds).data)
    population = method.train(data, seed=0)
    assert population.settings.clusters == method.clusters
    assert population.settings.embedding > 0.0
