"""Texts that spell control tokens, in every way there is: none may reach the model as one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from engine.conftest import opened  # from tests/
from engine.injections import conversations

from localpersona.engine.chat_template import ChatTemplate
from localpersona.engine.prompt import PromptBuilder
from localpersona.engine.vocabulary import Vocabulary


def stress(path: Path, texts: int) -> Iterator[str]:
    """Yields lines to print; the last says "passed" or "FAILED"."""
    problems, tried = [], 0
    for words, template in opened(path):
        for turns, harmless in conversations(list(words.control), texts):
            tried += 1
            if _controls(words, template, turns) != _controls(words, template, harmless):
                problems.append(f"injections: {[turn.content for turn in turns]!r}")
        yield f"injections: {tried} conversations with {len(words.control)} control tokens of {path.name}"
    yield from problems[:20]
    yield f"injections: {'FAILED' if problems else 'passed'} ({len(problems)} reached the model as control tokens)"


def _controls(words: Vocabulary, template: ChatTemplate, turns: object) -> list[int]:
    tokens = PromptBuilder(template, words, 8192).build(turns, "", 10).tokens  # type: ignore[arg-type]
    return [token for token in tokens if words.is_control(token)]
