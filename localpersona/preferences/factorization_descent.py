"""Maximum likelihood of the factorisation: its objective, and L-BFGS to minimise that.

    Σ −log P(outcome | w_u · z) + strength/2 · (Σ ‖w_u‖² + ‖B‖²)                PReF's Eq. 5 with L2 on both

Only the products w_u · z are seen, so one strength serves both: unequal ones would rescale w against B. The sum of
the two squares is at least twice the nuclear norm of M = W B (Srebro et al. 2004), which is why superfluous factors
vanish instead of fitting noise.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np

from localpersona.preferences.arrays import Array
from localpersona.preferences.factorization_chunks import Chunks, Design, sums_by
from localpersona.preferences.laplace import terms

MEMORY = 10
"""Pairs of steps and gradient changes that L-BFGS keeps."""
SUFFICIENT = 1e-4
HALVINGS = 30


def objective(
    design: Design, chunks: Chunks, weights: Array, loadings: Array, strength: float
) -> tuple[float, Array, Array]:
    """Return the loss, its gradient by weights (U, J) and by loadings (J, D)."""
    loss = 0.5 * strength * float((weights**2).sum() + (loadings**2).sum())
    rewards, by_weights = design.rewards(loadings), strength * weights
    by_rewards = np.zeros(rewards.shape)
    for chunk in chunks:
        z = chunk.differences(rewards)
        at = terms(chunk.log_odds(weights, z), chunk.outcomes, 0.0)
        loss += float(at.loss.sum())
        by_weights += sums_by(chunk.users, at.slope[:, None] * z, len(weights))
        chunk.add_to(by_rewards, at.slope[:, None] * weights[chunk.users])
    return loss, by_weights, strength * loadings + design.collect(by_rewards)


def minimise(
    evaluate: Callable[[Array], tuple[float, Array]], start: Array, steps: int, tolerance: float
) -> Array:
    """Return the end of at most `steps` steps of L-BFGS from `start` (n,), or where a step gains too little.

    evaluate: of the loss and its gradient (n,). tolerance: of the relative gain of a step (Nocedal & Wright 2006,
    algorithm 7.5, with halving in place of a Wolfe search: pairs without positive curvature are left out).
    """
    point, (loss, gradient) = start, evaluate(start)
    history: deque[tuple[Array, Array]] = deque(maxlen=MEMORY)
    for _ in range(steps):
        direction = -_newton_like(gradient, history)
        slope = float(gradient @ direction)
        if slope >= 0.0:
            break
        size = 1.0 if history else min(1.0, 1.0 / float(np.abs(gradient).sum()))
        for _ in range(HALVINGS):
            trial = point + size * direction
            trial_loss, trial_gradient = evaluate(trial)
            if trial_loss <= loss + SUFFICIENT * size * slope:
                break
            size /= 2.0
        else:
            break
        moved, turned = trial - point, trial_gradient - gradient
        if moved @ turned > 1e-10 * float(np.sqrt((moved @ moved) * (turned @ turned))):
            history.append((moved, turned))
        gained = loss - trial_loss
        point, loss, gradient = trial, trial_loss, trial_gradient
        if gained <= tolerance * abs(loss):
            break
    return point


def _newton_like(gradient: Array, history: deque[tuple[Array, Array]]) -> Array:
    """Return the inverse Hessian, as far as history knows it, times the gradient: the two-loop recursion."""
    result, coefficients = gradient.copy(), []
    for moved, turned in reversed(history):
        coefficient = (moved @ result) / (moved @ turned)
        coefficients.append(coefficient)
        result -= coefficient * turned
    if history:
        moved, turned = history[-1]
        result *= (moved @ turned) / (turned @ turned)
    for (moved, turned), coefficient in zip(history, reversed(coefficients), strict=True):
        result += (coefficient - (turned @ result) / (moved @ turned)) * moved
    return result
