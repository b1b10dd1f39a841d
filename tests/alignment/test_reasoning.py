"""Reasoning is told from the answer however the text arrives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localpersona.alignment.reasoning import ThinkSplitter, split_reasoning, with_reasoning


def fed(pieces: list[str], *, inside: bool = False) -> tuple[str, str]:
    """Return (answer, reasoning) of a splitter fed with pieces."""
    splitter = ThinkSplitter(inside=inside)
    found = [part for piece in pieces for part in splitter.feed(piece)] + splitter.flush()
    assert all(text for text, _ in found)
    return (
        "".join(text for text, reasoning in found if not reasoning),
        "".join(text for text, reasoning in found if reasoning),
    )


@pytest.mark.parametrize(
    ("text", "answer", "reasoning"),
    [
        ("Plain answer.", "Plain answer.", ""),
        ("<think>a\nb</think>\n\nYes.", "Yes.", "a\nb"),
        ("\n <think>hm</think>Yes.", "Yes.", "hm"),
        ("<think>\n\n</think>\n\nYes.", "Yes.", ""),
        ("<think>never closed", "", "never closed"),
        ("Use <think> tags: <think>x</think>", "Use <think> tags: <think>x</think>", ""),
        ("<think>a</think>b<think>c</think>", "b<think>c</think>", "a"),
        ("<thin", "<thin", ""),
        ("<table>", "<table>", ""),
        ("<think>1 < 2 </thin</think>ok", "ok", "1 < 2 </thin"),
        ("", "", ""),
        ("  indented", "  indented", ""),
    ],
)
def test_a_block_at_the_beginning_is_reasoning_and_nothing_else_is(
    text: str, answer: str, reasoning: str
) -> None:
    assert fed([text]) == (answer, reasoning)
    assert fed(list(text)) == (answer, reasoning)


@given(
    st.lists(st.sampled_from(["<think>", "</think>", "<", "/", "think", ">", " ", "\n", "word", "ä"])),
    st.data(),
)
def test_how_the_text_is_cut_changes_nothing(parts: list[str], data: st.DataObject) -> None:
    text = "".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert fed(pieces) == fed([text])


def test_text_is_passed_on_as_soon_as_no_tag_can_follow() -> None:
    splitter = ThinkSplitter()
    assert splitter.feed("<thi") == []
    assert splitter.feed("nk>one ") == [("one ", True)]
    assert splitter.feed("two</") == [("two", True)]
    assert splitter.feed("b>") == [("</b>", True)]
    assert splitter.feed("</think> Yes") == [("Yes", False)]
    assert splitter.feed(" <") == [(" <", False)]


def test_a_prompt_that_ends_with_the_tag_begins_inside() -> None:
    assert fed(["hm", "</think>Yes"], inside=True) == ("Yes", "hm")


@pytest.mark.parametrize(
    ("answer", "reasoning"), [("Yes.", ""), ("Yes.", "because"), ("", "so far"), ("", "")]
)
def test_putting_reasoning_back_is_the_inverse_of_splitting(answer: str, reasoning: str) -> None:
    assert split_reasoning(with_reasoning(answer, reasoning)) == (answer, reasoning)


def test_a_splitter_fed_with_what_was_said_goes_on_from_there() -> None:
    splitter = ThinkSplitter()
    splitter.feed(with_reasoning("", "half a thou"))
    assert splitter.feed("ght</think>Yes") == [("ght", True), ("Yes", False)]
