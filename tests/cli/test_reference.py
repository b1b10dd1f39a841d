"""The written reference says what the commands say."""

from __future__ import annotations

from make_reference import REFERENCE, reference


def test_the_reference_is_what_help_prints() -> None:
    assert REFERENCE.read_text(encoding="utf-8") == reference(), "run scripts/make_reference.py"
