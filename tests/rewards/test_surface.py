from __future__ import annotations

import math

import numpy as np
import pytest

from localpersona.rewards.lexicon import Lexicon, terms_of
from localpersona.rewards.surface import FEATURES, describe, surface_features

ANSWER = """\
## Rice

- **Rinse** it, please!
- Boil it in 2 cups of water.

You can't go wrong. It's like a sponge. Do you have a lid?"""


def count(name: str, text: str = ANSWER) -> int:
    """Undo the logarithm of a counting feature."""
    return round(math.expm1(describe(text)[name]))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("words", 24),
        ("question marks", 1),
        ("exclamation marks", 1),
        ("list items", 2),
        ("headings", 1),
        ("bold", 1),
        ("code", 0),
        ("paragraphs", 3),
        ("emoji", 0),
    ],
)
def test_counts_are_exact(name: str, expected: int) -> None:
    assert count(name) == expected


@pytest.mark.parametrize(
    ("name", "occurrences"),
    [("contractions", 2), ("politeness words", 1), ("similes", 1), ("second person", 2), ("numbers", 1)],
)
def test_rates_are_per_hundred_words(name: str, occurrences: int) -> None:
    assert math.expm1(describe(ANSWER)[name]) == pytest.approx(100 * occurrences / 24)


def test_sentences_and_how_they_end() -> None:
    features = describe("Is it? It is! Is it really?")
    assert math.expm1(features["sentences"]) == pytest.approx(3)
    assert math.expm1(features["words per sentence"]) == pytest.approx(7 / 3)
    assert features["share of questions"] == pytest.approx(2 / 3)
    assert features["exclamations per sentence"] == pytest.approx(1 / 3)
    assert features["ends with a question"] == 1.0


def test_shares_of_words() -> None:
    features = describe("a a a extraordinary")
    assert features["different words"] == 0.5
    assert features["share of very long words"] == 0.25
    assert features["word length"] == (3 + 13) / 4
    assert describe("to be or to be or to be")["repeated phrases"] == 0.5


def test_breaking_off_is_noticed() -> None:
    assert describe("Take the lid and then")["breaks off"] == 1.0
    assert describe("Take the lid off.")["breaks off"] == describe("Done! 😀")["breaks off"] == 0.0


def test_both_apostrophes_are_contractions() -> None:
    assert describe("it's fine")["contractions"] == describe("it’s fine")["contractions"] > 0


def test_phrases_match_whole_words_only() -> None:
    assert describe("the mayor")["hedges"] == 0.0
    assert describe("it may rain")["hedges"] > 0.0
    assert describe("thankfully")["politeness words"] > 0.0


@pytest.mark.parametrize("text", ["", "   \n", "!!!", "***"])
def test_a_text_without_words_is_all_zeros(text: str) -> None:
    assert set(describe(text).values()) == {0.0}


def test_features_are_a_finite_row_for_each_text() -> None:
    texts = ["", ANSWER, "漢字かな交じり文。", "\ud800\x00", "\n" * 9_999, "**" * 9_999 + "x", "a " * 50_000]
    rows = surface_features(texts)
    assert rows.shape == (len(texts), len(FEATURES)) and rows.dtype == np.float32
    assert np.isfinite(rows).all()
    assert surface_features([]).shape == (0, len(FEATURES))


def test_terms_are_words_pairs_and_ends() -> None:
    assert terms_of("It’s 12 cups!") == [
        "it's",
        "0",
        "cups",
        "!",
        "it's 0",
        "0 cups",
        "cups !",
        "^ it's",
        "^ it's 0",
        "$ !",
    ]
    assert terms_of(" ") == []


def test_a_lexicon_knows_frequent_terms_and_values_rare_ones_more() -> None:
    lexicon = Lexicon.of(["the cat", "the dog", "the cat", "the end"], least=2)
    assert "cat" in lexicon.terms and "dog" not in lexicon.terms
    columns, values = lexicon.row("The cat, unheard of")
    value_of = {lexicon.terms[column]: value for column, value in zip(columns, values, strict=True)}
    assert value_of["cat"] > value_of["the"] == 0.0  # "the" is in every text
    assert np.linalg.norm(values) == pytest.approx(1.0)
    assert all(len(part) == 0 for part in lexicon.row("nothing known"))
