"""Scripts without spaces: pairs of neighbouring characters stand in for words.

SQLite's tokeniser takes a Chinese sentence for one word. Here 改善睡眠 becomes 改善 善睡 睡眠 眠, so that two or more
characters of it are a phrase of whole words, and a single one is the beginning of a word: both are found quickly.
"""

from __future__ import annotations

import re
import unicodedata

# Thai and Lao, Burmese, Khmer, the marks 々〆〇, kana, Han, their compatibility and half-width forms. Databases hold
# a copy in their triggers (m004): what is changed here needs a migration that makes the index anew.
CHARACTERS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u9fff\uf900-\ufaff\uff66-\uff9f"
    "\U00020000-\U000323af"
)
_ONE = re.compile(f"[{CHARACTERS}]")
_RUN = re.compile(f"[{CHARACTERS}]+|[^{CHARACTERS}]+")


def has_unspaced(text: str) -> bool:
    """Whether text holds a character of such a script."""
    return _ONE.search(text) is not None


def usual(text: str) -> str:
    """Return text with half-width and full-width characters as the usual ones."""
    return unicodedata.normalize("NFKC", text)


def has_a_word(text: str) -> bool:
    """Whether text holds a letter or a digit."""
    return any(unicodedata.category(character)[0] in "LN" for character in text)


def in_pairs(text: str) -> str:
    """Return text as it is indexed: runs of such characters cut into pairs, all else as usual."""
    runs = _RUN.findall(usual(text))
    return " ".join(" ".join(_pairs(run)) if has_unspaced(run) else run for run in runs)


def pieces(terms: list[str]) -> list[str]:
    """Return terms cut where such a script begins or ends, because the index knows no word across that."""
    return [run for term in terms for run in _RUN.findall(term) if has_a_word(run)]


def match_expression(pieces: list[str], unfinished: bool) -> str:
    """Return the FTS5 expression that finds what `pieces` returned: all of them, the last perhaps unfinished."""
    last = len(pieces) - 1
    return " ".join(_expression(piece, unfinished and place == last) for place, piece in enumerate(pieces))


def _expression(piece: str, unfinished: bool) -> str:
    if not has_unspaced(piece):
        return f'"{piece}"' + " *" * unfinished
    return f'"{piece}" *' if len(piece) == 1 else f'"{" ".join(_pairs(piece)[:-1])}"'


def _pairs(run: str) -> list[str]:
    return [run[place : place + 2] for place in range(len(run))]
