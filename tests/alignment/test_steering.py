"""Directions from contrasting states, and their sum by weights."""

from __future__ import annotations

import numpy as np
import pytest

from localpersona.alignment.steering import FIRST, LAST, MOST, directions, steering_weights

J, N, LAYERS, WIDTH = 2, 5, 11, 16


def states() -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.float64]], ...]:
    """Return states at both poles that differ along axis j of trait j, beside noise and a common part."""
    random = np.random.default_rng(0)
    common = random.normal(size=(1, N, LAYERS, WIDTH)) * 3
    low, high = (common + 0.05 * random.normal(size=(J, N, LAYERS, WIDTH)) for _ in range(2))
    for trait in range(J):
        high[trait, ..., trait] += 1.0
    return low, high


def test_the_planted_direction_is_found_and_as_long_as_the_residual() -> None:
    low, high = states()
    found = directions(("length", "humour"), low, high)
    assert found.vectors.shape == (J, LAYERS, WIDTH)
    depth = LAYERS + 1
    for row in range(LAYERS):  # row 0 is what is added after layer 1
        lengths = np.linalg.norm(found.vectors[:, row], axis=1)
        steered = FIRST * depth <= row + 1 <= LAST * depth
        assert (lengths > 0).all() == steered
        if steered:
            usual = np.linalg.norm(np.concatenate([low, high], axis=1)[:, :, row + 1], axis=2).mean()
            assert lengths == pytest.approx(usual, rel=1e-4)
            assert (
                found.vectors[0, row, 0] / lengths[0] > 0.95 and found.vectors[1, row, 1] / lengths[1] > 0.95
            )


def test_weights_merge_the_directions_after_the_fact() -> None:
    found = directions(("length", "humour"), *states())
    one, other, both = (found.combined(weights) for weights in ([0.02, 0], [0, -0.02], [0.02, -0.02]))
    assert np.allclose(one + other, both, atol=1e-6)
    assert not found.combined([0.0, 0.0]).any()
    with pytest.raises(ValueError, match="weights"):
        found.combined([1.0])


def test_the_sum_never_drowns_the_model() -> None:
    found = directions(("length", "humour"), *states())
    usual = np.linalg.norm(found.vectors, axis=2).max(axis=0)
    length = np.linalg.norm(found.combined([50.0, -50.0]), axis=1)
    assert length == pytest.approx(MOST * usual, rel=1e-4)


def test_traits_without_a_direction_add_nothing() -> None:
    found = directions(("length", "humour"), *states())
    ordered = found.in_order(("humour", "quality", "length"))
    assert ordered.names == ("humour", "quality", "length")
    assert np.array_equal(ordered.vectors[2], found.vectors[0]) and not ordered.vectors[1].any()


def test_only_tastes_steer_and_never_by_more_than_a_strong_weight() -> None:
    weights = steering_weights([0.5, -9.0, 3.0], [True, True, False], 0.1)
    assert weights == pytest.approx((0.05, -0.2, 0.0))
