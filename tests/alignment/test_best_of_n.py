"""The choice among candidates, against its formula."""

from __future__ import annotations

import numpy as np
import pytest

from localpersona.alignment.best_of_n import choose

MEAN = np.array([1.0, -0.5])
NOTHING = np.zeros((2, 2))


def test_without_uncertainty_the_highest_reward_wins() -> None:
    choice = choose([[0.0, 0.0], [1.0, 3.0], [1.0, -1.0]], None, MEAN, NOTHING)
    assert choice.index == 2
    assert choice.values == pytest.approx([0.0, -0.5, 1.5])


def test_values_are_a_lower_confidence_bound() -> None:
    rng = np.random.default_rng(3)
    traits, spread, mean = rng.normal(size=(5, 3)), rng.uniform(0, 0.5, size=(5, 3)), rng.normal(size=3)
    root = rng.normal(size=(3, 3))
    covariance = root @ root.T
    values = choose(traits, spread, mean, covariance, uncertainty_penalty=0.7).values
    for row, noise, value in zip(traits, spread, values, strict=True):
        centred = row - traits.mean(axis=0)
        variance = centred @ covariance @ centred + sum((mean[j] * noise[j]) ** 2 for j in range(3))
        assert value == pytest.approx(row @ mean - 0.7 * np.sqrt(variance))


def test_a_freak_score_loses_against_a_sure_one() -> None:
    traits = [[1.0, 0.0], [1.2, 0.0]]
    spread = [[0.1, 0.0], [2.0, 0.0]]
    assert choose(traits, None, MEAN, NOTHING).index == 1
    assert choose(traits, spread, MEAN, NOTHING).index == 0


def test_what_all_candidates_share_costs_nothing() -> None:
    """An unknown weight on a trait that does not tell the candidates apart is no reason against any."""
    covariance = np.diag([100.0, 0.0])
    assert choose([[5.0, 0.0], [5.0, 1.0]], None, MEAN, covariance).values == pytest.approx([5.0, 4.5])


def test_unusable_candidates_are_never_chosen() -> None:
    traits = [[9.0, 0.0], [np.nan, 0.0], [0.0, 0.0], [1.0, 0.0]]
    choice = choose(traits, None, MEAN, NOTHING, usable=[False, True, True, True])
    assert choice.index == 3
    assert np.isneginf(choice.values[:2]).all()


def test_of_equals_and_when_nothing_is_usable_it_is_the_plain_answer() -> None:
    same = [[1.0, 1.0]] * 3
    assert choose(same, None, MEAN, NOTHING).index == 0
    assert choose(same, None, MEAN, NOTHING, usable=[False] * 3).index == 0


@pytest.mark.parametrize(
    ("traits", "covariance", "usable"),
    [
        ([[1.0]], NOTHING, None),
        ([], NOTHING, None),
        ([[1.0, 1.0]], np.zeros((3, 3)), None),
        ([[1.0, 1.0]], NOTHING, [True] * 2),
    ],
)
def test_shapes_that_do_not_fit_are_refused(
    traits: object, covariance: object, usable: list[bool] | None
) -> None:
    with pytest.raises(ValueError, match="do not fit together"):
        choose(traits, None, MEAN, covariance, usable=usable)  # type: ignore[arg-type]
