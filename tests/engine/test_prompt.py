"""Fitting a conversation into the context. Only the vocabulary of the embedded model is needed."""

from __future__ import annotations

from itertools import pairwise

import pytest

from localpersona.engine.chat_template import ChatTemplate
from localpersona.engine.prompt import PromptBuilder
from localpersona.engine.protocol import PromptTooLong
from localpersona.engine.vocabulary import Vocabulary
from localpersona.values import Turn

SYSTEM = Turn("system", "You are brief, and you never sleep.")
CONTEXT, ANSWER = 512, 64


@pytest.fixture
def builder(vocabulary: tuple[Vocabulary, ChatTemplate]) -> PromptBuilder:
    words, template = vocabulary
    return PromptBuilder(template, words, CONTEXT)


def conversation(pairs: int) -> list[Turn]:
    turns = [SYSTEM]
    for number in range(pairs):
        turns += [Turn("user", f"Question {number}? " * 5), Turn("assistant", f"Answer {number}. " * 5)]
    return [*turns, Turn("user", f"Question {pairs}?")]


def text(vocabulary: tuple[Vocabulary, ChatTemplate], tokens: list[int]) -> str:
    return b"".join(map(vocabulary[0].piece, tokens)).decode()


def test_a_conversation_that_fits_stays_whole(builder: PromptBuilder) -> None:
    prompt = builder.build(conversation(3), "", ANSWER)
    assert prompt.dropped_turns == 0 and prompt.room == CONTEXT - len(prompt.tokens)


def test_only_the_oldest_turns_go_and_only_in_pairs(
    builder: PromptBuilder, vocabulary: tuple[Vocabulary, ChatTemplate]
) -> None:
    for pairs in range(1, 60):
        prompt = builder.build(conversation(pairs), "", ANSWER)
        shown = text(vocabulary, prompt.tokens)
        assert prompt.dropped_turns % 2 == 0 and prompt.room >= ANSWER
        assert SYSTEM.content in shown and f"Question {pairs}?" in shown
        first = prompt.dropped_turns // 2
        assert f"Question {first}?" in shown and (first == 0 or f"Question {first - 1}?" not in shown)


def test_most_turns_begin_as_the_turn_before_did(builder: PromptBuilder) -> None:
    """Otherwise the cache would be useless just when conversations are long."""
    prompts = [builder.build(conversation(pairs), "", ANSWER) for pairs in range(40)]
    changes = sum(before.dropped_turns != after.dropped_turns for before, after in pairwise(prompts))
    assert prompts[-1].dropped_turns > 50 and changes < 18


def test_a_short_limit_needs_little_room_and_a_long_one_at_most_half_the_context(
    builder: PromptBuilder,
) -> None:
    question = [Turn("user", "word " * 460)]
    assert builder.build(question, "", 8).room >= 8
    with pytest.raises(PromptTooLong, match=r"(?s)takes \d+ of the 512 tokens of context\.\n"):
        builder.build(question, "", ANSWER)
    assert builder.build(conversation(40), "", 10_000).room >= CONTEXT // 2


def test_neither_the_system_prompt_nor_the_question_is_ever_cut(builder: PromptBuilder) -> None:
    with pytest.raises(PromptTooLong):
        builder.build([Turn("system", "word " * 500), *conversation(2)[1:]], "", ANSWER)


def test_a_continued_answer_follows_the_beginning_of_the_assistants_turn(
    builder: PromptBuilder, vocabulary: tuple[Vocabulary, ChatTemplate]
) -> None:
    plain, begun = (builder.build(conversation(1), continuation, ANSWER) for continuation in ("", "Well, it"))
    assert begun.tokens[: len(plain.tokens)] == plain.tokens
    assert text(vocabulary, begun.tokens[len(plain.tokens) :]) == "Well, it"


def test_a_model_whose_fallback_format_has_no_end_token_is_stopped_by_text(
    vocabulary: tuple[Vocabulary, ChatTemplate],
) -> None:
    words, template = vocabulary
    fallback = ChatTemplate.for_model({})
    assert PromptBuilder(template, words, CONTEXT).stop == "" == PromptBuilder(fallback, words, CONTEXT).stop
    words.control.pop("<|im_end|>")
    try:
        assert PromptBuilder(fallback, words, CONTEXT).stop == "<|im_end|>"
    finally:
        words.control["<|im_end|>"] = 2


def test_an_absurdly_long_question_is_refused_soon(builder: PromptBuilder) -> None:
    with pytest.raises(PromptTooLong):
        builder.build([Turn("user", "A long line of text, again and again. " * 100_000)], "", ANSWER)
