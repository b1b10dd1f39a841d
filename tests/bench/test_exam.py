"""Questions are chosen by the method's own criterion, or come in the order drawn; settings win by validation."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from planted_people import everything, planted

from localpersona.bench.data import Comparisons, Features
from localpersona.bench.exam import Exam, drawn, sit, sit_actively
from localpersona.bench.methods.linear import Columns
from localpersona.bench.methods.per_user import PerUserWith
from localpersona.bench.protocol import NoCriterion
from localpersona.bench.tuning import best_of
from localpersona.preferences.arrays import Array

DATA = everything(planted(np.ones((6, 3)), each=30).data)


@dataclass(frozen=True)
class Listener:
    """Remembers what it was taught, by the first trait of the first response."""

    curious: bool = True
    heard: tuple[tuple[float, float], ...] = ()

    def learn(self, difference: Features, outcome: float) -> Listener:
        assert len(difference) == 1
        return Listener(self.curious, (*self.heard, (float(difference.traits_first[0, 0]), outcome)))

    def gains(self, candidates: Features) -> Array:
        if not self.curious:
            raise NoCriterion
        return candidates.traits_first[:, 0] - candidates.traits_first[:, 0].min()

    def predict(self, candidates: Features) -> Array:
        return np.full(len(candidates), float(len(self.heard)))


EXAM = Exam(DATA.features.take(np.arange(20)), DATA.outcomes[:20], DATA.features.take(np.arange(20, 30)))


def test_the_questions_of_the_largest_gain_are_asked_each_once() -> None:
    predictions, asked = sit_actively(Listener(), EXAM, (0, 3, 7))
    assert asked == np.argsort(-EXAM.pool.traits_first[:, 0])[:7].tolist()
    assert [float(predicted[0]) for predicted in predictions] == [0.0, 3.0, 7.0]


def test_without_a_criterion_they_come_in_the_order_drawn() -> None:
    assert sit_actively(Listener(curious=False), EXAM, (5,))[1] == [0, 1, 2, 3, 4]


def test_answers_belong_to_their_questions() -> None:
    heard = []

    class Teller(Listener):
        def learn(self, difference: Features, outcome: float) -> Listener:
            heard.append((float(difference.traits_first[0, 0]), outcome))
            return self

    sit(Teller(), EXAM, (4, 20))
    assert heard == list(zip(EXAM.pool.traits_first[:, 0].tolist(), EXAM.answers.tolist(), strict=True))


def test_chosen_questions_are_asked_in_the_order_given() -> None:
    person = sit(Listener(), EXAM, (2,), chosen=[7, 3])
    assert [float(predicted[0]) for predicted in person] == [2.0]


def test_the_order_drawn_is_a_persons_own_and_the_same_for_every_method() -> None:
    rows = np.arange(30)
    assert drawn(rows, 0, 1).tolist() == drawn(rows, 0, 1).tolist()
    assert sorted(drawn(rows, 0, 1)) == rows.tolist() != drawn(rows, 0, 1).tolist()
    assert drawn(rows, 0, 1).tolist() != drawn(rows, 0, 2).tolist() != drawn(rows, 1, 2).tolist()


def test_the_setting_that_serves_validation_people_best_wins() -> None:
    noise = np.random.default_rng(0).normal(size=(20, 12)) * 2
    data = everything(planted(noise, each=90).data)
    sane, mad = PerUserWith(Columns(), 0.3), PerUserWith(Columns(embedding=30.0), 10.0)
    assert best_of([mad, sane], data, 0) is sane
    assert best_of([sane, mad], data, 0) is sane


@dataclass(frozen=True)
class Spy:
    """A method that remembers what it was trained and tested on."""

    name: str = "spy"
    trained: list[Comparisons] = field(default_factory=list)
    tested: list[Features] = field(default_factory=list)

    def train(self, data: Comparisons, seed: int) -> Spy:
        self.trained.append(data)
        return self

    def newcomer(self) -> Spy:
        return self

    def learn(self, difference: Features, outcome: float) -> Spy:
        return self

    def gains(self, candidates: Features) -> Array:
        raise NoCriterion

    def predict(self, candidates: Features) -> Array:
        self.tested.append(candidates)
        return np.full(len(candidates), 0.5)


def test_validation_people_and_prompts_are_held_out_of_what_a_candidate_learns() -> None:
    spy = Spy()
    best_of([spy, Spy()], DATA, 0, answers=(5,), parts=2)
    assert len(spy.trained) == 2
    for number, training in enumerate(spy.trained):
        assert 0 < len(set(training.prompts)) < len(set(DATA.prompts))
        assert training.users.max() == 2  # three of six people
        seen = {*map(tuple, training.features.traits_first), *map(tuple, training.features.traits_second)}
        for tested in spy.tested[number * 3 : number * 3 + 3]:
            assert not seen & {*map(tuple, tested.traits_first), *map(tuple, tested.traits_second)}


def test_the_only_candidate_needs_no_training() -> None:
    spy = Spy()
    assert best_of([spy], DATA, 0) is spy and not spy.trained


def test_with_nothing_to_validate_on_the_first_wins() -> None:
    alone = DATA.take(DATA.prompts == DATA.prompts[0])
    spies = [Spy(), Spy()]
    assert best_of(spies, alone, 0) is spies[0]


@pytest.mark.parametrize("counts", [(0,), (0, 1, 30), (25,)])
def test_a_pool_that_is_too_small_is_asked_whole(counts: tuple[int, ...]) -> None:
    predictions = sit(Listener(), EXAM, counts)
    assert [float(predicted[0]) for predicted in predictions] == [min(count, 20) for count in counts]
