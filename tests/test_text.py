"""Untrusted text, made harmless."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from localpersona.text import harmless, one_line


def test_escape_sequences_are_shown_and_not_obeyed() -> None:
    assert harmless("\x1b[2J\x1b]0;title\x07") == "␛[2J␛]0;title␇"


def test_one_byte_controls_and_reordering_characters_are_replaced() -> None:
    assert harmless("a\x9b31mb\u202ec\x7f") == "a\ufffd31mb\ufffdc␡"


def test_newlines_tabs_and_other_languages_stay() -> None:
    text = "Zeile\n\tзначение 値 🙂 é"
    assert harmless(text) == text


def test_windows_line_ends_become_plain_ones() -> None:
    assert harmless("a\r\nb\rc") == "a\nb␍c"


@given(st.text())
def test_harmless_text_has_no_control_characters_and_stays_as_it_is(text: str) -> None:
    safe = harmless(text)
    assert not any((ord(c) < 32 and c not in "\n\t") or 127 <= ord(c) < 160 for c in safe)
    assert harmless(safe) == safe
    safe.encode("utf-8")


def test_one_line_is_cut_with_an_ellipsis() -> None:
    assert one_line("first\nsecond   third", 12) == "first secon…"
    assert one_line("short") == "short"
