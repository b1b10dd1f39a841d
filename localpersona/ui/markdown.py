"""Markdown from a model: shown harmless, never acted on by itself."""

from __future__ import annotations

from markdown_it import MarkdownIt


def parser() -> MarkdownIt:
    """Return a parser that shows HTML as text.

    Textual's own parses HTML and then drops it, so that an answer about a `<div>` would lose it.
    """
    return MarkdownIt("gfm-like", {"html": False})


def code_blocks(text: str) -> list[str]:
    """Return the contents of the text's code blocks in order, without the final newline."""
    tokens = parser().parse(text)
    return [token.content.rstrip("\n") for token in tokens if token.type in ("fence", "code_block")]


MOST_LINES, KEPT_LINES = 300, 200
"""Of an answer with more lines than that, about so many are drawn at first: each block is a widget, and 2,000 lines of
them hold up every key for seconds."""


def folded(text: str) -> tuple[int, str]:
    """Return how many lines to leave out at the beginning at first, and the rest; cut between two blocks."""
    lines = text.split("\n")
    if len(lines) <= MOST_LINES:
        return 0, text
    blocks = [token.map[0] for token in parser().parse(text) if token.level == 0 and token.map]
    first = max((line for line in blocks if line <= len(lines) - KEPT_LINES), default=0)
    return first, "\n".join(lines[first:])
