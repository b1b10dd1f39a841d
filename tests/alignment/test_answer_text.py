"""From the bytes of tokens to what the user reads."""

from __future__ import annotations

import pytest

from localpersona.alignment.answer_text import AnswerText


def read(answer: AnswerText, data: bytes, size: int = 1) -> list[tuple[str, bool]]:
    pieces = [
        piece for start in range(0, len(data), size) for piece in answer.feed(data[start : start + size])
    ]
    return pieces + answer.flush()


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_characters_come_whole_however_the_tokens_cut_them(size: int) -> None:
    text = "naïve 日本語 😀!"
    answer = AnswerText()
    pieces = read(answer, text.encode(), size)
    assert "".join(piece for piece, _ in pieces) == answer.text == text


def test_invalid_bytes_become_replacement_characters() -> None:
    answer = AnswerText()
    read(answer, b"a\xff\xfeb\xe2\x82")
    assert answer.text == "a��b�"


@pytest.mark.parametrize("size", [1, 4, 100])
def test_reasoning_is_told_apart(size: int) -> None:
    answer = AnswerText()
    pieces = read(answer, b"<think>\nHm, 2+2.\n</think>\n\nFour. <think> is a tag.", size)
    assert answer.reasoning.strip() == "Hm, 2+2." and answer.text == "Four. <think> is a tag."
    assert "".join(text for text, inside in pieces if inside) == answer.reasoning


def test_reasoning_that_the_prompt_has_begun_or_that_never_ends() -> None:
    answer = AnswerText(inside=True)
    read(answer, b"Hm.</think>Yes.")
    assert (answer.reasoning, answer.text) == ("Hm.", "Yes.")
    answer = AnswerText()
    read(answer, b"<think>for ever")
    assert (answer.reasoning, answer.text) == ("for ever", "")


def test_space_before_an_answer_goes_but_not_before_the_rest_of_one() -> None:
    answer = AnswerText()
    read(answer, b" \n Hello \n")
    assert answer.text == "Hello \n"
    answer = AnswerText(begun="The capital is")
    read(answer, b" Paris")
    assert answer.text == " Paris"


@pytest.mark.parametrize("size", [1, 5, 100])
def test_the_stop_text_ends_the_answer_and_is_never_shown(size: int) -> None:
    answer = AnswerText(stop="<|im_end|>")
    pieces = read(answer, b"a <|im b<|im_end|>\n<|im_start|>user", size)
    assert answer.stopped and answer.text == "a <|im b" == "".join(text for text, _ in pieces)


def test_half_of_a_stop_text_is_shown_when_the_answer_ends_with_it() -> None:
    answer = AnswerText(stop="<|im_end|>")
    read(answer, b"a <|im_e")
    assert answer.text == "a <|im_e" and not answer.stopped
