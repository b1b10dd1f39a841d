"""Fit the heads: ridge regression of the ratings on three blocks of features, each head on its own resample.

The blocks' weights and the penalty were chosen once, by hand, on five held-out folds; nothing is tuned per
trait. What this does not know: interactions between features. A kernel or a small network over the same
features ordered 0.1 to 0.6 percentage points more pairs, and cost the simplicity.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg
import scipy.sparse
from numpy.typing import NDArray

from localpersona.rewards.features import Features
from localpersona.rewards.heads import Heads, Scaling
from localpersona.rewards.lexicon import Lexicon
from training.data import NAMES, Floats, Ints

HEADS = 6
EMBEDDING, SURFACE, TERMS, PENALTY = 0.5, 0.5, 2.0, 1.0


def fit_heads(features: Features, ratings: Floats, prompts: Ints, seed: int) -> Heads:
    """Return HEADS heads for n rated answers, in the ratings' own units.

    The dual form: with n far below the number of terms it is quicker, and exact. A head sees each prompt as
    often as its resample drew it (a bootstrap over prompts, since answers to one prompt are not independent).
    """
    lexicon = Lexicon.of(features.texts)
    embedding, surface = Scaling.of(features.embeddings), Scaling.of(features.surface)
    dense = np.hstack(
        [
            np.sqrt(EMBEDDING / len(embedding.mean)) * embedding(features.embeddings),
            np.sqrt(SURFACE / len(surface.mean)) * surface(features.surface),
        ]
    ).astype(float)
    sparse = np.sqrt(TERMS) * _matrix(lexicon, features.texts)
    gram = dense @ dense.T + (sparse @ sparse.T).toarray()
    generator = np.random.default_rng(seed)
    dense_weights, term_weights, bias = [], [], []
    for _ in range(HEADS):
        dual, mean = _ridge(gram, ratings, _resample(prompts, generator))
        dense_weights.append(dense.T @ dual)
        term_weights.append(np.sqrt(TERMS) * (sparse.T @ dual))
        bias.append(mean)
    width = len(embedding.mean)
    stacked = np.stack(dense_weights, axis=1)
    return Heads(
        names=NAMES,
        lexicon=lexicon,
        embedding=embedding,
        surface=surface,
        embedding_weights=(stacked[:width] * np.sqrt(EMBEDDING / width)).astype(np.float32),
        surface_weights=(stacked[width:] * np.sqrt(SURFACE / len(surface.mean))).astype(np.float32),
        term_weights=np.stack(term_weights, axis=1).astype(np.float16),
        bias=np.stack(bias).astype(np.float32),
    )


def cross_fit(
    features: Features, ratings: Floats, prompts: Ints, folds: Ints, seed: int
) -> NDArray[np.float32]:
    """Return (n, K, J) scores of every answer by heads that never saw its fold nor its prompt."""
    scores = np.zeros((len(prompts), HEADS, ratings.shape[1]), dtype=np.float32)
    for fold in np.unique(folds):
        held_out = np.flatnonzero(folds == fold)
        rest = np.flatnonzero(~np.isin(prompts, prompts[held_out]))
        print(f"\r  fold {fold}: {len(rest)} answers teach, {len(held_out)} test ", end="", flush=True)
        heads = fit_heads(features.at(rest), ratings[rest], prompts[rest], seed)
        scores[held_out] = heads.predict(features.at(held_out))
    print()
    return scores


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
