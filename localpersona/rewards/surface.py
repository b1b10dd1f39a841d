"""Exact surface features of a text: what counting says better than an encoder (length, lists, "!").

English only in its word lists; the counts of characters and marks hold for any language. Deterministic, and
of the text alone. Everything is a logarithm or a rate, so that one odd text cannot leave the scale.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from localpersona.rewards import phrases

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+(?:[.,]\d+)*")
_SENTENCE = re.compile(r"[^.!?…\n]+[.!?…]*")
_LIST_ITEM = re.compile(
    r"^[ \t]*(?:[-*+•–]|\d{1,2}[.)]|[a-z][.)]|step \d+[.:])[ \t]+\S", re.IGNORECASE | re.MULTILINE
)
_HEADING = re.compile(
    r"^[ \t]*(?:#{1,6}[ \t]+\S|\*\*[^*\n]+\*\*:?[ \t]*$|[^\n.!?]{2,50}:[ \t]*$)", re.MULTILINE
)
_BOLD = re.compile(r"\*\*[^*\n]+\*\*|__[^_\n]+__")
_CODE = re.compile(r"```|`[^`\n]+`")
_EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]|[:;]-?[)(DP]")
_DONE = re.compile(r"[.!?…:;)\]}\"”’'*`>\U0001f300-\U0001faff\u2600-\u27bf]\s*$")

_CONTRACTION = re.compile(r"\w['’](?:s|t|re|ve|ll|d|m)\b", re.IGNORECASE)
_PARAGRAPH_BREAK = re.compile(r"\n\s*\n")

_PER_HUNDRED_WORDS: dict[str, re.Pattern[str]] = {
    "contractions": _CONTRACTION,
    "hedges": phrases.HEDGE,
    "certainty": phrases.CERTAIN,
    "politeness words": phrases.POLITE,
    "warm words": phrases.WARM,
    "eager words": phrases.EAGER,
    "formal words": phrases.FORMAL,
    "casual words": phrases.CASUAL,
    "similes": phrases.SIMILE,
    "story words": phrases.STORY,
    "second person": phrases.SECOND_PERSON,
    "first person": phrases.FIRST_PERSON,
    "commas": re.compile(","),
    "colons and semicolons": re.compile("[:;]"),
    "brackets": re.compile(r"\("),
    "dashes": re.compile(r"—|\s[-–]\s"),
    "quotation marks": re.compile('["“]'),
    "numbers": re.compile(r"\d+"),
    "capital words": re.compile(r"\b[A-Z]{2,}\b"),
}


def describe(text: str) -> dict[str, float]:
    """Return the features of one text by name: counts as log(1 + count), shares and flags within 0 … 1.

    Exceptions: "word length" is the mean in letters, "exclamations per sentence" goes up to 2, and from
    "contractions" on they are log(1 + occurrences per 100 words). A text without words is all zeros.
    """
    words = [word.lower() for word in _WORD.findall(text)]
    if not words:
        return dict.fromkeys(FEATURES, 0.0)
    ends = [found[0].rstrip()[-1:] for found in _SENTENCE.finditer(text) if found[0].strip()]
    sentences = max(len(ends), 1)
    triples = list(zip(words, words[1:], words[2:], strict=False))
    sample = words[:100]  # the share of different words falls with length; the first 100 are comparable
    exclamations = text.count("!")
    return {
        "words": math.log1p(len(words)),
        "sentences": math.log1p(sentences),
        "words per sentence": math.log1p(len(words) / sentences),
        "question marks": math.log1p(text.count("?")),
        "share of questions": ends.count("?") / sentences,
        "ends with a question": float(text.rstrip().endswith("?")),
        "exclamation marks": math.log1p(exclamations),
        "exclamations per sentence": min(exclamations / sentences, 2.0),
        "list items": math.log1p(len(_LIST_ITEM.findall(text))),
        "headings": math.log1p(len(_HEADING.findall(text))),
        "bold": math.log1p(len(_BOLD.findall(text))),
        "code": math.log1p(len(_CODE.findall(text))),
        "paragraphs": math.log1p(sum(bool(part.strip()) for part in _PARAGRAPH_BREAK.split(text))),
        "emoji": math.log1p(len(_EMOJI.findall(text))),
        "word length": sum(map(len, words)) / len(words),
        "share of long words": sum(len(word) >= 8 for word in words) / len(words),
        "share of very long words": sum(len(word) >= 11 for word in words) / len(words),
        "different words": len(set(sample)) / len(sample),
        "repeated phrases": 1.0 - len(set(triples)) / len(triples) if triples else 0.0,
        "breaks off": float(not _DONE.search(text)),
        "foreign letters": sum(letter.isalpha() and letter > "\x7f" for letter in text) / len(text),
        **{name: _rate(pattern, text, len(words)) for name, pattern in _PER_HUNDRED_WORDS.items()},
    }


def surface_features(texts: Sequence[str]) -> NDArray[np.float32]:
    """Return (n, F): a row for each text, a column for each of `FEATURES`."""
    rows = [list(describe(text).values()) for text in texts]
    return np.array(rows, dtype=np.float32).reshape(len(rows), len(FEATURES))


def _rate(pattern: re.Pattern[str], text: str, words: int) -> float:
    return math.log1p(100.0 * len(pattern.findall(text)) / words)


FEATURES: tuple[str, ...] = tuple(describe("x"))
"""The columns, in order."""
