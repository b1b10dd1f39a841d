from __future__ import annotations

import pytest

from localpersona.library.amounts import size, time_left


@pytest.mark.parametrize(
    ("count", "unit", "written"),
    [
        (98_000_000, "B", "98 MB"),
        (4_700_000_000, "B", "4.7 GB"),
        (42_000_000_000, "B", "42 GB"),
        (0, "B", "0 B"),
        (135_000_000, "", "135M"),
        (7_600_000_000, "", "7.6B"),
        (999_900_000, "", "1.0B"),
    ],
)
def test_sizes_are_written_as_people_say_them(count: int, unit: str, written: str) -> None:
    assert size(count, unit) == written


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(-1, "0 s"), (40.2, "40 s"), (100, "2 min"), (725, "12 min"), (4_810, "80 min"), (7_260, "2 h"),
     (8_400, "2 h 20 min"), (50_000, "13 h")],
)  # fmt: skip
def test_times_are_rough(seconds: float, written: str) -> None:
    assert time_left(seconds) == written
