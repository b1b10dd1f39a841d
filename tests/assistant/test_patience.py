"""From patience and speed to a search: the time that a level promises is kept on every kind of machine."""

from __future__ import annotations

import pytest

from localpersona.assistant.patience import (
    FIRST_SECONDS,
    LEVELS,
    UNMEASURED,
    guided_seconds,
    pruned_seconds,
    search_for,
)
from localpersona.engine.protocol import SearchSpec, Speed

from .helpers import Opener, engine_of

TWO_CORES = Speed(2.8e-3, 2.6e-3, 3.7e-3)
"""The embedded model: every row costs."""
GRAPHICS = Speed(0.2e-3, 8e-3, 0.1e-3)
"""Rows are nearly free."""
SLOW = Speed(0.1, 0.4, 0.02)
"""Two tokens a second."""


@pytest.mark.parametrize("speed", [TWO_CORES, GRAPHICS, SLOW])
@pytest.mark.parametrize("patience", ["balanced", "best"])
def test_the_time_of_a_level_is_kept_block_by_block(speed: Speed, patience: str) -> None:
    count, search = search_for(patience, speed, 512)
    level, plain = LEVELS[patience], 200 * speed.step_of(1)
    assert search.method == "guided" and search.beside
    if search.width:
        assert guided_seconds(search.width, speed, 200) <= level.times * plain
        assert search.width < count  # the first block is worth more candidates than the others
    else:  # nobody should wait longer for the first block of a slow model
        assert 12 * speed.step_of(2 * count) > FIRST_SECONDS
    assert search.block == 12 or search.block * speed.step_of(count) <= FIRST_SECONDS


@pytest.mark.parametrize("speed", [TWO_CORES, GRAPHICS])
def test_fast_chooses_among_beginnings_and_shows_text_early(speed: Speed) -> None:
    count, search = search_for("fast", speed, 512)
    whole, first = pruned_seconds(count, speed, 200)
    assert count >= 4 and search.pruned and search.finalists == 1
    assert whole <= LEVELS["fast"].times * 200 * speed.step_of(1) and first <= FIRST_SECONDS


def test_fast_with_a_slow_model_is_its_plain_answer_which_can_be_read_at_once() -> None:
    assert search_for("fast", SLOW, 512)[0] == 1


def test_more_patience_and_cheaper_rows_mean_more_candidates() -> None:
    assert search_for("balanced", TWO_CORES, 512)[0] < search_for("best", TWO_CORES, 512)[0]
    for patience in LEVELS:
        assert search_for(patience, GRAPHICS, 512)[0] > search_for(patience, TWO_CORES, 512)[0]


def test_a_model_that_was_never_measured_gets_a_few() -> None:
    assert search_for("balanced", None, 512)[0] == UNMEASURED


@pytest.mark.parametrize(
    ("settings", "options", "expected"),
    [
        ({}, {}, (4, "guided")),
        ({}, {"candidates": 3}, (3, "best-of-n")),
        ({"candidates": 6}, {}, (6, "best-of-n")),
        ({"candidates": 6}, {"patience": "best"}, (4, "guided")),
        ({"patience": "fast"}, {}, (4, "best-of-n")),
        ({"temperature": 0.0}, {}, (1, "best-of-n")),
        ({"candidates": 6}, {"patience": "fast", "candidates": 2}, (2, "best-of-n")),
        ({}, {"plain": True, "patience": "best"}, (1, "best-of-n")),
    ],
)
def test_a_number_that_was_asked_for_means_whole_answers(
    open_assistant: Opener, settings: dict[str, object], options: dict[str, object], expected: tuple[int, str]
) -> None:
    assistant = open_assistant(**settings)
    assistant.reply("Hi", **options)  # type: ignore[arg-type]
    request = engine_of(assistant).requests[-1]
    assert (request.candidates, request.search.method) == expected
    asked_for = "candidates" in options or ("candidates" in settings and "patience" not in options)
    assert request.taste is None or (request.search == SearchSpec()) is asked_for
