"""The tokens of a conversation, fitted into the context: the oldest turns go first, never the question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from localpersona.engine.chat_template import CHATML_END, ChatTemplate, Part, TemplateError
from localpersona.engine.protocol import EngineError, PromptTooLong
from localpersona.engine.vocabulary import Vocabulary
from localpersona.values import Turn

_LEAST_ANSWER = 64
"""Tokens. A prompt that leaves less than this for an answer (or less than its limit) is too long."""


@dataclass(frozen=True, slots=True)
class Prompt:
    tokens: list[int]
    room: int
    """Tokens left for the answer."""
    dropped_turns: int
    inside_reasoning: bool
    """The prompt ends within `<think>`."""


class PromptBuilder:
    def __init__(self, template: ChatTemplate, vocabulary: Vocabulary, context_length: int) -> None:
        self._template = template
        self._vocabulary = vocabulary
        self._context_length = context_length

    @property
    def stop(self) -> str:
        """Text that ends an answer: ChatML's end where the vocabulary has no token for it."""
        fallback = self._template.origin.startswith("ChatML")
        return CHATML_END if fallback and CHATML_END not in self._vocabulary.control else ""

    def build(self, turns: Sequence[Turn], continuation: str, max_tokens: int) -> Prompt:
        """Return the prompt for the next answer, or for the rest of the one begun. Raises PromptTooLong."""
        least = min(_LEAST_ANSWER, max_tokens, self._context_length // 4)
        wanted = max(least, min(max_tokens, self._context_length // 2))
        start, history, question = _sections(turns)
        self._refuse_the_absurd([*start, *question])
        prompt = self._tokens([*start, *history, *question], continuation)
        dropped = 0
        if len(prompt[0]) + wanted > self._context_length:
            dropped = self._droppable(history, len(prompt[0]) + wanted - self._context_length)
            prompt = self._tokens([*start, *history[dropped:], *question], continuation)
        # The estimate above cannot know what the template does; it errs by a few tokens at most.
        while len(prompt[0]) + least > self._context_length and dropped < len(history):
            dropped = min(dropped + 2, len(history))
            prompt = self._tokens([*start, *history[dropped:], *question], continuation)
        tokens, inside = prompt
        if len(tokens) + least > self._context_length:
            raise self._too_long(str(len(tokens)))
        return Prompt(tokens, self._context_length - len(tokens), dropped, inside)

    def _refuse_the_absurd(self, turns: Sequence[Turn]) -> None:
        """Refuse megabytes without tokenising them, which takes a second each and cannot be stopped."""
        size = sum(len(turn.content) for turn in turns)
        if size > 100_000 and size // self._vocabulary.longest > self._context_length:
            raise self._too_long(f"at least {size // self._vocabulary.longest}")

    def _too_long(self, tokens: str) -> PromptTooLong:
        return PromptTooLong(
            f"The question is too long: with the system prompt it takes {tokens} of the "
            f"{self._context_length} tokens of context.\nShorten it, or set a longer context."
        )

    def _droppable(self, history: Sequence[Turn], excess: int) -> int:
        """Return how many of the oldest turns to drop, in pairs, so that at least `excess` tokens go.

        A quarter of the context goes at once. Otherwise every turn of a long conversation would begin
        differently from the one before, and the cache could never be used again.
        """
        step = max(self._context_length // 4, 1)
        excess = -(-excess // step) * step
        gone = dropped = 0
        frame = self._frame_of_pair()
        while gone < excess and dropped < len(history):
            pair = history[dropped : dropped + 2]
            gone += frame + sum(len(self._vocabulary.tokenise_content(turn.content)) for turn in pair)
            dropped += len(pair)
        return dropped

    def _frame_of_pair(self) -> int:
        """Return how many tokens the template itself writes for a question and its answer."""
        question, reply = Turn("user", "a"), Turn("assistant", "a")
        return (
            len(self._tokens([question, reply, question], "")[0]) - len(self._tokens([question], "")[0]) - 2
        )

    def _tokens(self, turns: Sequence[Turn], continuation: str) -> tuple[list[int], bool]:
        """Return the tokens, and whether they end within reasoning."""
        try:
            parts = self._template.parts(turns)
        except TemplateError as error:
            raise EngineError(f"The model's chat template refused this conversation: {error}") from error
        tokens = self._bos(parts)
        for part in _with_spaces_moved(parts):
            continues = bool(tokens) and not self._vocabulary.is_control(tokens[-1])
            if part.content:
                tokens += self._vocabulary.tokenise_content(part.text, continues=continues)
            else:
                tokens += self._vocabulary.tokenise_template(part.text, continues=continues)
        inside = bool(parts) and not parts[-1].content and parts[-1].text.rstrip().endswith("<think>")
        return tokens + self._vocabulary.tokenise_content(continuation, guard=False), inside

    def _bos(self, parts: Sequence[Part]) -> list[int]:
        """Return the token that begins every text where the model wants one and its template writes none."""
        bos = self._vocabulary.text(self._vocabulary.bos)
        written = bool(bos) and bool(parts) and not parts[0].content and parts[0].text.startswith(bos)
        return [self._vocabulary.bos] if self._vocabulary.adds_bos and bos and not written else []


def _with_spaces_moved(parts: Sequence[Part]) -> list[Part]:
    """Move spaces from the template to the content after them: most vocabularies have tokens like " word"."""
    moved: list[Part] = []
    for part in parts:
        if part.content and moved and not moved[-1].content:
            before = moved.pop().text
            kept = before.rstrip(" ")
            moved.append(Part(kept, False))
            part = Part(before[len(kept) :] + part.text, True)
        moved.append(part)
    return moved


def _sections(turns: Sequence[Turn]) -> tuple[list[Turn], list[Turn], list[Turn]]:
    """Split into what stays (the system turn), what may go, and what stays (the last question)."""
    start = [turn for turn in turns[:1] if turn.role == "system"]
    rest = list(turns[len(start) :])
    last = next((index for index in reversed(range(len(rest))) if rest[index].role == "user"), len(rest))
    return start, rest[:last], rest[last:]
