from __future__ import annotations

import pytest

from localpersona.library.pace import Pace


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_nothing_is_said_before_there_is_something_to_go_by() -> None:
    pace = Pace(Clock())
    pace.arrived(5_000)
    assert pace.bytes_per_second == 0
    assert pace.seconds_left(10) is None


def test_speed_and_time_left_follow_the_last_seconds() -> None:
    clock = Clock()
    pace = Pace(clock)
    for second in range(60):
        clock.now = second + 1.0
        pace.arrived(1_000 if second < 40 else 3_000)
        if second == 30:
            assert pace.bytes_per_second == pytest.approx(1_000)
            assert pace.seconds_left(5_000) == pytest.approx(5)
    assert pace.bytes_per_second == pytest.approx(3_000)
    assert pace.seconds_left(None) is None


def test_a_pause_lowers_the_speed_without_a_jump() -> None:
    clock = Clock()
    pace = Pace(clock)
    for second in range(20):
        clock.now = second + 1.0
        pace.arrived(1_000)
    clock.now += 2
    assert 500 < pace.bytes_per_second < 1_000
