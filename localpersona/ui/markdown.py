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
