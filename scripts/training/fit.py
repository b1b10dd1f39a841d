"""Fit the counting part of the heads: ridge regression of the ratings on surface features and words.

The blocks' weights and the penalty were chosen once, by hand, on five held-out folds; nothing is tuned per
trait. What this does not know: interactions between features; the mixer knows those between traits.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg
import scipy.sparse

from localpersona.rewards.features import Features
from localpersona.rewards.heads import Counting, Scaling
from localpersona.rewards.lexicon import Lexicon
from training.data import Floats, Ints

HEADS = 6
SURFACE, TERMS, PENALTY = 0.5, 2.0, 1.0


def fit_counting(features: Features, ratings: Floats, prompts: Ints, seed: int) -> Counting:
    """Return HEADS heads for n rated answers, in the ratings' own units.

    The dual form: with n far below the number of terms it is quicker, and exact. A head sees each prompt as
    often as its resample drew it (a bootstrap over prompts, since answers to one prompt are not independent).
    """
    lexicon = Lexicon.of(features.texts)
    surface = Scaling.of(features.surface)
    dense = np.sqrt(SURFACE / len(surface.mean)) * surface(features.surface).astype(float)
    sparse = np.sqrt(TERMS) * _matrix(lexicon, features.texts)
    gram = dense @ dense.T + (sparse @ sparse.T).toarray()
    generator = np.random.default_rng(seed)
    dense_weights, term_weights, bias = [], [], []
    for _ in range(HEADS):
        dual, mean = _ridge(gram, ratings, _resample(prompts, generator))
        dense_weights.append(np.sqrt(SURFACE / len(surface.mean)) * (dense.T @ dual))
        term_weights.append(np.sqrt(TERMS) * (sparse.T @ dual))
        bias.append(mean)
    return Counting(
        lexicon=lexicon,
        surface=surface,
        surface_weights=np.stack(dense_weights, axis=1).astype(np.float32),
        term_weights=np.stack(term_weights, axis=1).astype(np.float16),
        counted_bias=np.stack(bias).astype(np.float32),
    )


def _ridge(gram: Floats, ratings: Floats, counts: Ints) -> tuple[Floats, Floats]:
    """Return the dual weights (n, J) and the mean rating (J,), answer i counting counts[i] times."""
    rows = np.flatnonzero(counts)
    weights = counts[rows]
    mean = np.average(ratings[rows], axis=0, weights=weights)
    system = gram[np.ix_(rows, rows)] + PENALTY * np.diag(1.0 / weights)
    dual = np.zeros_like(ratings)
    dual[rows] = scipy.linalg.solve(system, ratings[rows] - mean, assume_a="pos")
    return dual, mean


def _resample(prompts: Ints, generator: np.random.Generator) -> Ints:
    distinct = np.unique(prompts)
    return np.bincount(generator.choice(distinct, len(distinct)), minlength=prompts.max() + 1)[prompts]


def _matrix(lexicon: Lexicon, texts: tuple[str, ...]) -> scipy.sparse.csr_matrix:
    rows = [lexicon.row(text) for text in texts]
    pointers = np.cumsum([0, *(len(columns) for columns, _ in rows)])
    columns = np.concatenate([columns for columns, _ in rows])
    values = np.concatenate([values for _, values in rows]).astype(float)
    return scipy.sparse.csr_matrix((values, columns, pointers), shape=(len(texts), len(lexicon.terms)))
