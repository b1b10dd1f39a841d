"""Where the factorisation starts: PReF's singular value decomposition, centred and on the logit scale.

What is decomposed is M (U, D), the log-odds that each user gives to each column. Nearly all of it is unobserved,
so it is found by majorisation, as in logistic PCA (de Leeuw 2006) with the unobserved imputed as in soft-impute
(Mazumder et al. 2010). Where a comparison was answered, its working response is

    m + 4 (y − σ(m))

so the first round decomposes 4 (y − ½), the linearised logit of a smoothed choice, whose centre is "no preference".
(PReF's released code decomposes y itself, with ½ where nothing was observed: its first component is the constant.)
M is never formed. A round multiplies the residuals y − σ(m) with J + SPARE vectors: two passes over the comparisons.
"""

from __future__ import annotations

import numpy as np

from localpersona.preferences.arrays import Array
from localpersona.preferences.factorization_chunks import Chunks, Design, count_answers, sums_by
from localpersona.preferences.laplace import terms

ROUNDS = 15
SPARE = 5
"""Vectors beyond J: they make the subspace iteration accurate, and show how large noise is."""


def random_start(users: int, width: int, rank: int, seed: int) -> tuple[Array, Array]:
    """Return weights (U, J) and loadings (J, D) that know nothing and give log-odds of variance 1."""
    generator = np.random.default_rng(seed)
    scale = rank**-0.25
    return scale * generator.normal(size=(users, rank)), scale * generator.normal(size=(rank, width))


def svd_start(design: Design, chunks: Chunks, users: int, rank: int, seed: int) -> tuple[Array, Array]:
    """Return weights U √S (U, J) and loadings √S Vᵀ (J, D); zeros beyond rank min(U, D).

    Singular values are shrunk by the first one left out, which is about what noise gives. A user's step is
    that of somebody with D more answers: few answers to many columns are not taken at their word.
    seed: of the subspace's first guess; it changes the result by rounding only.
    """
    width = design.width
    kept = min(rank, users, width)
    count = min(kept + SPARE, users, width)
    longest = 4.0 * width / (width + count_answers(chunks, users))
    left, right = np.zeros((users, count)), np.zeros((count, width))
    basis = np.linalg.qr(np.random.default_rng(seed).normal(size=(width, count)))[0].T
    size, lowest, safe = 1.0, np.inf, (left, right, basis)
    for _ in range(ROUNDS):
        loss, image = _project(design, chunks, left, right, basis)
        if loss > lowest:  # columns that go together make the step too long
            size, (left, right, basis) = size / 2.0, safe
            loss, image = _project(design, chunks, left, right, basis)
        lowest, safe = loss, (left, right, basis)
        step = size * longest[:, None]
        found = np.linalg.qr(left @ (right @ basis.T) + step * image)[0]
        columns = (found.T @ left) @ right + _collect(design, chunks, left, right, step * found)
        rotation, values, basis = np.linalg.svd(columns, full_matrices=False)
        noise = values[kept] if kept < count else 0.0
        root = np.sqrt(np.maximum(values - noise, 0.0))
        left, right = found @ rotation * root, root[:, None] * basis
    weights, loadings = np.zeros((users, rank)), np.zeros((rank, width))
    weights[:, :kept], loadings[:kept] = left[:, :kept], right[:kept]
    return weights, loadings


def _project(design: Design, chunks: Chunks, left: Array, right: Array, basis: Array) -> tuple[float, Array]:
    """Return the loss at M = left right, and the residuals (U, D) times the basis' vectors, (U, k)."""
    both = design.rewards(np.concatenate([right, basis]))
    loss, image = 0.0, np.zeros(left.shape)
    for chunk in chunks:
        z, along = np.split(chunk.differences(both), 2, axis=1)
        at = terms(chunk.log_odds(left, z), chunk.outcomes, 0.0)
        loss += float(at.loss.sum())
        image -= sums_by(chunk.users, at.slope[:, None] * along, len(left))
    return loss, image


def _collect(design: Design, chunks: Chunks, left: Array, right: Array, vectors: Array) -> Array:
    """Return (k, D) the vectors (U, k) times the residuals at M = left right."""
    rewards = design.rewards(right)
    sums = np.zeros(rewards.shape)
    for chunk in chunks:
        at = terms(chunk.log_odds(left, chunk.differences(rewards)), chunk.outcomes, 0.0)
        chunk.add_to(sums, -at.slope[:, None] * vectors[chunk.users])
    return design.collect(sums)
