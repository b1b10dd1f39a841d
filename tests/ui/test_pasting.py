"""What is pasted arrives as one text, whatever it contains and however it is cut into pieces."""

from __future__ import annotations

import pytest
from textual import events
from textual._xterm_parser import XTermParser

from localpersona.ui.pasting import PasteGuard, guard_pastes

LOG = "first \x1b[31mred\x1b[0m line\nsecond line\n" + "a longer line\n" * 20
SEEN = LOG.replace("\x1b", "␛")


def read(pieces: list[str]) -> list[events.Event]:
    guard_pastes()
    parser = XTermParser()
    return [event for piece in pieces for event in parser.feed(piece) if isinstance(event, events.Event)]


@pytest.mark.parametrize("size", [1, 2, 7, 64, 10_000])
def test_escape_characters_in_a_paste_neither_press_keys_nor_change_the_order(size: int) -> None:
    stream = f"a\x1b[200~{LOG}\x1b[201~b\x1b[A"
    found = read([stream[i : i + size] for i in range(0, len(stream), size)])
    pasted = [event.text for event in found if isinstance(event, events.Paste)]
    keys = [event.key for event in found if isinstance(event, events.Key)]
    assert pasted == [SEEN]
    assert keys == ["a", "b", "up"]


def test_outside_of_pastes_nothing_changes() -> None:
    guard = PasteGuard()
    keys = "\x1b[A\x1b\x1b[1;5C text \x1b[<0;3;4M"
    assert "".join(guard.clean(key) for key in keys) == keys


def test_a_paste_that_breaks_off_is_let_go_at_the_end_of_input() -> None:
    guard = PasteGuard()
    assert guard.clean("\x1b[200~text\x1b[20") == "\x1b[200~text"
    assert guard.clean("") == "␛[20"
