"""The linear reading of logits: a planted one is found, and nothing that was held out is learned from."""

from __future__ import annotations

import numpy as np
import pytest
from training.probe import PENALTIES, choose_penalty, fit, grams, held_out

RANDOM = np.random.default_rng(0)
GROUPS = np.repeat(np.arange(10), 30)
HIDDEN = RANDOM.normal(size=(2, 300, 8))
BLOCKS = [(hidden @ RANDOM.normal(size=(8, 400)) + 3).astype(np.float32) for hidden in HIDDEN]
GOAL = HIDDEN[0] @ RANDOM.normal(size=8) + HIDDEN[1, :, 0] + 5
KNOWN = grams(BLOCKS, BLOCKS)


def test_a_planted_reading_is_found_on_groups_never_seen() -> None:
    readings = held_out(KNOWN, KNOWN, GOAL, GROUPS, 0.001)
    assert np.corrcoef(readings, GOAL)[0, 1] > 0.99
    assert readings == pytest.approx(GOAL, abs=0.4)


def test_what_groups_have_of_their_own_is_not_learned() -> None:
    noise = np.random.default_rng(1).normal(size=300)
    assert abs(np.corrcoef(held_out(KNOWN, KNOWN, noise, GROUPS), noise)[0, 1]) < 0.2
    assert np.corrcoef(fit(BLOCKS, noise, 0.001)(BLOCKS), noise)[0, 1] > 0.15  # seen, it is


def test_the_weights_read_as_the_held_out_readings_were_made() -> None:
    mine = GROUPS == 3
    found = fit([block[~mine] for block in BLOCKS], GOAL[~mine], 0.1)
    readings = held_out(KNOWN, KNOWN, GOAL, GROUPS, 0.1)
    assert found([block[mine] for block in BLOCKS]) == pytest.approx(readings[mine], abs=1e-3)


def test_the_penalty_grows_with_the_noise() -> None:
    assert choose_penalty(KNOWN, GOAL, GROUPS) == PENALTIES[0]
    noise = 30 * np.random.default_rng(2).normal(size=300)
    assert choose_penalty(KNOWN, GOAL + noise, GROUPS) == PENALTIES[-1]
