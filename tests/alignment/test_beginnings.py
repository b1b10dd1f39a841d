"""Beginnings tell less of some traits than of others, and nothing is said of traits never measured."""

from __future__ import annotations

import numpy as np
import pytest

from localpersona.alignment.beginnings import expected, slopes
from localpersona.rewards import TRAITS

NAMES = [trait.name for trait in TRAITS]


def test_differences_are_scaled_around_the_common_mean() -> None:
    traits = np.random.default_rng(0).normal(size=(4, len(NAMES)))
    found = expected(traits, NAMES, [25] * 4)
    assert found.mean(axis=0) == pytest.approx(traits.mean(axis=0))
    assert found[1] - found[0] == pytest.approx(slopes(NAMES, 25) * (traits[1] - traits[0]))


def test_quality_shows_later_than_tone_and_more_words_tell_more() -> None:
    quality, humour = NAMES.index("quality"), NAMES.index("humour")
    for words in (5, 12, 30, 60):
        assert slopes(NAMES, words)[quality] < slopes(NAMES, words)[humour] / 2
    assert slopes(NAMES, 12)[humour] < slopes(NAMES, 50)[humour] < slopes(NAMES, 500)[humour] == 1


def test_an_unknown_trait_is_left_alone() -> None:
    traits = np.array([[1.0], [3.0]])
    assert np.array_equal(expected(traits, ["novelty"], [3, 40]), traits)
