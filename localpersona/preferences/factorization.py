"""PReF's training: base rewards learned from nothing but who preferred which response to which.

    P(user u prefers the first) = σ(w_u · z)                     arXiv 2503.06358, Eqs. 3–5
    z = B (x₁ − x₂)     fit_factors: x are D features of a response, so that new responses have base rewards too
    z = a free vector   fit_free: for each of P comparisons that many users answered

A new user is `Weights` over the factors: `fit_population` on the training users' z gives the prior, and questions
are chosen as for named traits. Does not know what a factor means; its sign and order are convention.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypedDict, Unpack

import numpy as np
from numpy.typing import ArrayLike

from localpersona.preferences.arrays import Array, finite, frozen
from localpersona.preferences.factorization_chunks import (
    Chunk,
    Chunks,
    Design,
    FeatureDesign,
    FreeDesign,
    Ints,
    second_moment,
)
from localpersona.preferences.factorization_descent import minimise, objective
from localpersona.preferences.factorization_start import random_start, svd_start

Start = Literal["svd", "random"]

STRENGTH = 1.0
"""Of the regularisation. 1: a weight and a base reward are each expected to be about N(0, 1)."""
STEPS = 300
TOLERANCE = 1e-7
NOTHING = 1e-6
"""A factor whose log-odds are smaller than this fraction of the largest factor's has vanished."""


class Fitting(TypedDict, total=False):
    """How to fit, whatever the base rewards are of."""

    strength: float
    """Of the regularisation: `STRENGTH`."""
    start: Start
    seed: int
    """Of a random start, and of what is drawn for the singular value decomposition."""
    steps: int
    """Of L-BFGS at most: `STEPS`."""


@dataclass(frozen=True, eq=False)
class Factors:
    """Learned base rewards in read-only arrays, largest first, uncorrelated and of mean square 1 in training."""

    loadings: Array
    """(J, D); J is smaller than the rank asked for where regularisation left nothing of a factor."""
    weights: Array
    """(U, J) of the users in training."""

    @property
    def names(self) -> tuple[str, ...]:
        """(J,) names for `Weights`."""
        return tuple(f"factor {number}" for number in range(1, len(self.loadings) + 1))

    def scores(self, features: ArrayLike) -> Array:
        """Return base rewards (n, J) of responses with features (n, D), up to a constant. Raises ValueError."""
        checked = finite(features, "the features")
        if checked.ndim != 2 or checked.shape[1] != self.loadings.shape[1]:
            raise ValueError(f"features must have shape (n, {self.loadings.shape[1]}), not {checked.shape}")
        return np.asarray(checked @ self.loadings.T)


def fit_factors(
    first: ArrayLike,
    second: ArrayLike,
    users: ArrayLike,
    outcomes: ArrayLike,
    rank: int,
    *,
    importance: ArrayLike | None = None,
    offsets: ArrayLike | None = None,
    **fitting: Unpack[Fitting],
) -> Factors:
    """Return `rank` base rewards that are linear in D features of a response.

    first, second: (m, D) features of the responses compared; their units do not matter.
    users: (m,) integers 0 … U − 1. outcomes: (m,) 1 first preferred, 0 second, 0.5 a tie.
    importance: (D,) how large the features' contributions are expected to be, relative to each other.
    offsets: (m,) log-odds that are explained already, so that the factors are about what is left.
    Raises ValueError for wrong shapes or values.
    """
    differences = finite(first, "the features") - finite(second, "the features")
    if differences.ndim != 2 or 0 in differences.shape:
        raise ValueError(f"features must have shape (m, D), at least (1, 1), not {differences.shape}")
    people, answers, known = _checked(users, outcomes, offsets, len(differences))
    scale = feature_scale(np.mean(differences**2, axis=0), importance)
    # Many people compare the same two responses; their base rewards are computed once.
    pairs, rows = np.unique(differences / scale, axis=0, return_inverse=True)
    chunk = Chunk(people, answers, rows.ravel(), offsets=known)
    found = fit_chunks(FeatureDesign(pairs), [chunk], int(people.max()) + 1, rank, **fitting)
    return Factors(frozen(found.loadings / scale), found.weights)


def fit_free(
    users: ArrayLike, items: ArrayLike, outcomes: ArrayLike, rank: int, **fitting: Unpack[Fitting]
) -> Factors:
    """Return `rank` free base rewards for each of P comparisons: loadings (J, P), a column a comparison.

    users, items: (m,) integers, who answered 0 … U − 1, and which comparison 0 … P − 1; outcomes: (m,).
    Raises ValueError for wrong shapes or values.
    """
    columns = _integers(items, "items")
    people, answers, _ = _checked(users, outcomes, None, len(columns))
    design, chunk = FreeDesign(int(columns.max()) + 1), Chunk(people, answers, columns)
    return fit_chunks(design, [chunk], int(people.max()) + 1, rank, **fitting)


def fit_chunks(
    design: Design,
    chunks: Chunks,
    users: int,
    rank: int,
    *,
    strength: float = STRENGTH,
    start: Start = "svd",
    seed: int = 0,
    steps: int = STEPS,
    tolerance: float = TOLERANCE,
) -> Factors:
    """Return the factors of chunks that may come from a file, by U users, for a design of width D.

    The memory needed is that of the design, of a chunk and of a few dozen times (U + D) · J numbers.
    Raises ValueError when rank or strength cannot be.
    """
    if rank < 1 or not strength >= 0.0:
        raise ValueError(f"need a rank of at least 1 and a strength of at least 0, not {rank} and {strength}")
    if start == "svd":
        weights, loadings = svd_start(design, chunks, users, rank, seed)
    else:
        weights, loadings = random_start(users, design.width, rank, seed)

    def evaluate(point: Array) -> tuple[float, Array]:
        loss, by_weights, by_loadings = objective(design, chunks, *_split(point, users, rank), strength)
        return loss, np.concatenate([by_weights.ravel(), by_loadings.ravel()])

    begin = np.concatenate([weights.ravel(), loadings.ravel()])
    weights, loadings = _split(minimise(evaluate, begin, steps, tolerance), users, rank)
    return _in_order(weights, loadings, second_moment(chunks, design.rewards(loadings)))


def feature_scale(mean_squares: Array, importance: ArrayLike | None = None) -> Array:
    """Return (D,) what to divide differences by, so that ‖d‖² is 1 on average: see `factorization_chunks`.

    mean_squares: (D,) of the differences; where they are 0 the scale is infinite, and loadings become 0.
    Raises ValueError for importance that is not positive.
    """
    wanted = np.ones(len(mean_squares)) if importance is None else finite(importance, "the importance")
    if wanted.shape != mean_squares.shape or not (wanted > 0.0).all():
        raise ValueError(f"importance must be {len(mean_squares)} positive numbers")
    share = wanted / np.sqrt(np.sum(wanted**2))
    return np.asarray(np.where(mean_squares > 0.0, np.sqrt(mean_squares), np.inf) / share)


def _split(point: Array, users: int, rank: int) -> tuple[Array, Array]:
    return point[: users * rank].reshape(users, rank), point[users * rank :].reshape(rank, -1)


def _in_order(weights: Array, loadings: Array, moment: Array) -> Factors:
    """Choose among all (W A⁻¹, A B), which predict the same, the one that `Factors` promises."""
    values, vectors = np.linalg.eigh(moment)
    kept = values > values.max() * NOTHING**2
    root = np.sqrt(values[kept])
    left, sizes, rotation = np.linalg.svd(weights @ (vectors[:, kept] * root), full_matrices=False)
    large = sizes > sizes.max(initial=0.0) * NOTHING
    white = (rotation[large] / root) @ vectors[:, kept].T @ loadings
    sign = np.where(left[:, large].sum(axis=0) < 0.0, -1.0, 1.0)
    return Factors(frozen(sign[:, None] * white), frozen(left[:, large] * sizes[large] * sign))


def _checked(
    users: ArrayLike, outcomes: ArrayLike, offsets: ArrayLike | None, count: int
) -> tuple[Ints, Array, Array | float]:
    people, answers = _integers(users, "users"), finite(outcomes, "the outcomes")
    known = 0.0 if offsets is None else finite(offsets, "the offsets")
    if people.shape != (count,) or answers.shape != (count,) or np.shape(known) not in ((), (count,)):
        raise ValueError(f"{count} comparisons need as many users, outcomes and offsets")
    if answers.min() < 0.0 or answers.max() > 1.0:
        raise ValueError("outcomes must be between 0 and 1: 1 first, 0 second, 0.5 a tie")
    return people, answers, known


def _integers(values: ArrayLike, what: str) -> Ints:
    numbers = np.asarray(values)
    if numbers.ndim != 1 or not len(numbers) or numbers.dtype.kind not in "iu" or numbers.min() < 0:
        raise ValueError(f"{what} must be integers from 0, at least one")
    return numbers
