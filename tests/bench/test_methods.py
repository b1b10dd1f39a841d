"""Each method finds what was planted, and cannot find what is not there."""

from __future__ import annotations

import numpy as np
import pytest
from planted_people import auc_after, everything, planted, question

from localpersona.bench import methods
from localpersona.bench.methods.factors import HybridWith, LearnedWith
from localpersona.bench.methods.linear import Columns
from localpersona.bench.methods.neighbours import Neighbours, NeighboursWith
from localpersona.bench.methods.per_user import PerUserWith
from localpersona.bench.methods.pooled import Pooled
from localpersona.bench.methods.pref import Pref, PrefWith
from localpersona.bench.methods.shuffled import Shuffled
from localpersona.bench.protocol import BenchError

TASTES = np.random.default_rng(7).normal([1.5, 0.0, 0.0, -0.5], [0.3, 1.5, 1.0, 0.3], size=(20, 4))
MIXED = planted(TASTES)
OPPOSITE = planted(np.repeat([[2.0, 0.0, 0.0], [-2.0, 0.0, 0.0]], 10, axis=0))
"""Ten people each who want more and less of the first trait."""


def test_pref_comes_near_the_truth_and_active_questions_are_faster() -> None:
    random, ceiling = auc_after(PrefWith(), MIXED, (0, 5, 30))
    active, _ = auc_after(PrefWith(), MIXED, (0, 5, 30), actively=True)
    assert active[2] > ceiling - 0.02
    assert random[2] > ceiling - 0.03
    assert random[0] < random[1] < random[2]
    assert active[1] > random[1]


def test_a_pooled_reward_finds_what_people_share_and_learns_nothing_of_a_person() -> None:
    auc, ceiling = auc_after(Pooled(), MIXED, (0, 20))
    assert auc[0] == auc[1]
    assert 0.65 < auc[0] < ceiling - 0.05


def test_people_who_want_opposites_are_not_predicted_without_knowing_them() -> None:
    """Rather worse than by chance: the more of one kind are held out, the fewer of them are learned from."""
    pooled, ceiling = auc_after(Pooled(), OPPOSITE, (10,))
    control, _ = auc_after(Shuffled(), OPPOSITE, (10,))
    known, _ = auc_after(PrefWith(), OPPOSITE, (10,))
    assert pooled[0] < 0.55
    assert control[0] < 0.6
    assert known[0] > ceiling - 0.03


def test_neighbours_find_the_cluster() -> None:
    data = everything(OPPOSITE.data)
    crowd = NeighboursWith(count=10, columns=Columns(), variance=1.0).train(data, 0)
    person = crowd.newcomer()
    for row in range(8):  # the first person's, who wants more of the first trait
        person = person.learn(question(data.features, row), float(data.outcomes[row]))
    assert set(np.argsort(person.similarity)[-10:]) == set(range(10))


def test_neighbours_know_nothing_of_a_newcomer_but_what_all_want() -> None:
    data = everything(MIXED.data)
    crowd = NeighboursWith(count=3, columns=Columns(), variance=1.0).train(data, 0)
    everybody = crowd.probabilities(data.features).mean(axis=0)
    assert crowd.newcomer().predict(data.features) == pytest.approx(everybody)


def test_people_who_hardly_differ_are_expected_not_to() -> None:
    alike = everything(planted(np.tile([1.0, -0.7, 0.4], (12, 1)), each=40).data)
    whole, tuned = (method.train(alike, 0).prior for method in (PrefWith(), Pref()))
    assert np.trace(tuned.covariance) < 0.5 * np.trace(whole.covariance)


def test_people_who_differ_are_given_as_much_room_as_helps() -> None:
    data = everything(planted(np.random.default_rng(2).normal(size=(16, 4)), each=80).data)
    whole, tuned = (method.train(data, 0).prior for method in (PrefWith(), Pref()))
    assert np.trace(tuned.covariance) > 0.15 * np.trace(whole.covariance)


def test_what_everybody_wants_beside_the_traits_is_not_forgone() -> None:
    shared = np.tile([1.5, -1.0, 0.0, 0.5], (14, 1))
    world = planted(np.random.default_rng(4).normal(0.0, 0.5, size=(14, 3)), embedding=shared)
    without, ceiling = auc_after(PrefWith(), world, (10,))
    tuned, _ = auc_after(Pref(), world, (10,))
    pooled, _ = auc_after(Pooled(), world, (10,))
    assert without[0] < pooled[0] - 0.05
    assert pooled[0] - 0.01 < tuned[0] < ceiling


def test_neighbours_come_near_the_truth_where_people_are_of_two_kinds() -> None:
    auc, ceiling = auc_after(Neighbours(), OPPOSITE, (0, 10))
    assert auc[0] < 0.65
    assert auc[1] > ceiling - 0.03


def test_a_model_per_user_begins_at_nothing_and_gets_there_late() -> None:
    auc, ceiling = auc_after(PerUserWith(Columns(), 1.0), MIXED, (0, 5, 30))
    pref, _ = auc_after(PrefWith(), MIXED, (5,))
    assert auc[0] == 0.5
    assert auc[1] < pref[0] - 0.03
    assert ceiling - 0.1 < auc[2] < ceiling


def test_a_model_per_user_knows_only_the_user() -> None:
    one, other = (
        PerUserWith(Columns(), 1.0).train(everything(world.data), 0) for world in (MIXED, planted(-TASTES))
    )
    features = MIXED.data.features(np.arange(50))
    said = [
        population.newcomer().learn(question(features, 0), 1.0).predict(features)
        for population in (one, other)
    ]
    assert said[0].tolist() == said[1].tolist()


def test_learned_factors_find_tastes_that_the_traits_do_not_name() -> None:
    hidden = np.outer(np.random.default_rng(1).normal(size=20), [2.0, -1.0, 0.0, 1.0])
    world = planted(0.0 * TASTES, embedding=hidden, each=160)
    auc, ceiling = auc_after(LearnedWith(rank=2, embedding=1.0), world, (0, 10), actively=True)
    named, _ = auc_after(PrefWith(), world, (10,))
    assert auc[1] > ceiling - 0.04
    assert named[0] < 0.6


def test_a_hybrid_adds_to_the_traits_what_they_lack() -> None:
    hidden = np.outer(np.random.default_rng(1).normal(size=20), [2.0, -1.0, 0.0, 1.0])
    world = planted(TASTES, embedding=hidden)
    both, ceiling = auc_after(HybridWith(rank=1, strength=1.0), world, (20,), actively=True)
    named, _ = auc_after(PrefWith(), world, (20,), actively=True)
    assert both[0] > named[0] + 0.05
    assert both[0] > ceiling - 0.05


def test_the_control_is_another_training_person_each_time() -> None:
    data = everything(OPPOSITE.data)
    population = Shuffled().train(data, 0)
    first, second = population.newcomer(), population.newcomer()
    assert first.other is not second.other
    mine = question(data.features, 0)
    assert first.learn(mine, 1.0).predict(mine) == first.learn(mine, 0.0).predict(mine)


def test_people_are_immutable() -> None:
    data = everything(MIXED.data)
    for entry in methods.ENTRIES:
        if entry.module not in ("pref", "pooled", "shuffled"):
            continue
        newcomer = entry.load().train(data, 0).newcomer()
        before = newcomer.predict(data.features)
        newcomer.learn(question(data.features, 0), 1.0)
        assert newcomer.predict(data.features).tolist() == before.tolist()


def test_every_method_can_be_loaded_and_the_first_is_ours() -> None:
    assert all(entry.load().name for entry in methods.ENTRIES)
    assert methods.ENTRIES[0].kind == "ours"
    assert len({entry.key for entry in methods.ENTRIES}) == len(methods.ENTRIES)


def test_a_method_that_does_not_exist_is_named_with_those_that_do() -> None:
    with pytest.raises(BenchError, match=r"no method prefs\. Those there are: pref, "):
        methods.chosen(["prefs"])


def test_what_is_not_installed_is_said_with_what_to_do() -> None:
    entry = methods.Entry("x", "A method", "rival", "not_there", "X")
    with pytest.raises(BenchError, match=r"A method needs .*not_there, .*pip install .*leave x out"):
        entry.load()
