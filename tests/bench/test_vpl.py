"""VPL finds a planted latent: which of two kinds of people with opposite tastes somebody is."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from planted_people import answering, auc_after, everything, more_of, planted

pytest.importorskip("torch")

import torch

from localpersona.bench.data import Features
from localpersona.bench.methods import vpl
from localpersona.bench.methods.vpl import Vpl, VplPopulation, VplWith

ONE, OTHER = np.array([3.0, 1.0, 0.0]), np.array([-3.0, 1.0, 0.0])
"""The kinds: opposite in the first trait, alike in the second; nobody cares for the third."""
BIMODAL = planted(np.repeat([ONE, OTHER], 10, axis=0))
METHOD = VplWith(kl=1e-4, steps=200)
about = partial(more_of, traits=3, by=1.5)


@pytest.fixture(scope="module")
def population() -> VplPopulation:
    return METHOD.train(everything(BIMODAL.data), seed=0)


def test_newcomers_of_two_kinds_are_predicted_nearly_as_by_the_truth() -> None:
    auc, ceiling = auc_after(METHOD, BIMODAL, (0, 5, 20), parts=2)
    assert auc[0] < ceiling - 0.15
    assert auc[1] > ceiling - 0.05
    assert auc[2] > ceiling - 0.025


def test_a_few_answers_tell_the_kind(population: VplPopulation) -> None:
    for seed in range(5):
        assert answering(population, ONE, 6, seed).predict(about(0))[0] > 0.85
        assert answering(population, OTHER, 6, seed).predict(about(0))[0] < 0.15


def test_the_latent_separates_the_kinds(population: VplPopulation) -> None:
    means = [
        np.stack([answering(population, kind, 10, seed).posterior()[0].numpy() for seed in range(8)])
        for kind in (ONE, OTHER)
    ]
    between = np.linalg.norm(means[0].mean(axis=0) - means[1].mean(axis=0))
    within = max(np.linalg.norm(kind - kind.mean(axis=0), axis=1).max() for kind in means)
    assert between > 2.0 * within


def test_without_answers_the_latent_is_the_priors(population: VplPopulation) -> None:
    mu, log_variance = population.newcomer().posterior()
    assert not mu.any()
    assert not log_variance.any()
    kind, shared = (float(population.newcomer().predict(about(trait))[0]) for trait in (0, 1))
    assert 0.2 < kind < 0.8 < shared


def test_the_most_instructive_question_is_where_the_kinds_differ(population: VplPopulation) -> None:
    newcomer = population.newcomer()
    gains = [float(newcomer.gains(about(trait))[0]) for trait in range(3)]
    assert gains[0] > 5.0 * max(gains[1], gains[2])
    assert 0.0 < gains[0] < np.log(2.0)


def test_once_the_kind_is_known_its_question_teaches_little(population: VplPopulation) -> None:
    before = population.newcomer().gains(about(0))
    assert answering(population, ONE, 10).gains(about(0)) < 0.2 * before


def test_a_question_with_equal_responses_teaches_nothing(population: VplPopulation) -> None:
    same = np.ones((1, 3))
    nothing = Features(same, same, np.zeros((1, 4)), np.zeros((1, 4)))
    assert population.newcomer().gains(nothing) == pytest.approx(0.0, abs=1e-12)


def test_a_tie_teaches_nothing(population: VplPopulation) -> None:
    newcomer = population.newcomer()
    assert newcomer.learn(about(0), 0.5).predict(about(0)) == newcomer.predict(about(0))


def test_the_order_of_responses_and_of_answers_does_not_matter(population: VplPopulation) -> None:
    more, less = (
        about(0),
        replace(
            about(0),
            traits_first=-about(0).traits_first,
            traits_second=about(0).traits_first,
        ),
    )
    newcomer = population.newcomer()
    one = newcomer.learn(more, 1.0).learn(about(1), 0.0)
    other = newcomer.learn(about(1), 0.0).learn(less, 0.0)
    assert one.predict(about(0)) == pytest.approx(other.predict(about(0)), abs=1e-5)
    assert one.predict(more) + one.predict(less) == pytest.approx(1.0, abs=1e-5)


def test_people_with_few_comparisons_can_be_learned_from() -> None:
    sparse = everything(planted(np.repeat([ONE, OTHER], 10, axis=0), each=4).data)
    population = replace(METHOD, steps=5).train(sparse, seed=0)
    assert np.isfinite(answering(population, ONE, 3).predict(sparse.features)).all()


def test_a_seed_gives_the_same_networks_and_leaves_torchs_generator_alone() -> None:
    data, short = everything(BIMODAL.data), replace(METHOD, steps=5)
    state = torch.random.get_rng_state()
    first, again, other = (short.train(data, seed).newcomer().predict(data.features) for seed in (4, 4, 5))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert torch.equal(torch.random.get_rng_state(), state)


def test_tuning_takes_the_embedding_where_tastes_are_about_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vpl, "KL_WEIGHTS", (1e-4,))
    monkeypatch.setattr(vpl, "STEPS", (60,))
    kinds = np.repeat([[4.0, 0.0], [-4.0, 0.0]], 8, axis=0)
    data = everything(planted(np.zeros((16, 2)), embedding=3.0 * kinds).data)
    assert Vpl().train(data, seed=0).settings.embedding > 0.0
