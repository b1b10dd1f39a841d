"""How much the answer to a question would teach: the criteria by which questions are chosen.

All take weights, differences d (m, J) of the questions, differences of the comparisons whose predictions
matter (t, J) and a generator for those that need chance; and return (m,) gains of at least 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from localpersona.preferences.arrays import Array
from localpersona.preferences.gaussians import sigmoid
from localpersona.preferences.weights import Weights

Criterion = Callable[[Weights, Array, Array, np.random.Generator], Array]

_NODES, _SHARES = np.polynomial.hermite_e.hermegauss(21)
_SHARES = _SHARES / _SHARES.sum()


def lookahead(weights: Weights, differences: Array, targets: Array, generator: np.random.Generator) -> Array:
    """Return how far an answer lowers the variance of the probabilities predicted for the targets.

        gain = c · dᵀ Σ M Σ d / (1 + c · dᵀ Σ d)        c = σ'(w·d),  M = mean of σ'(w·t)² t tᵀ over targets

    To first order, averaged over the targets, one answer ahead: V-optimal design (Atkinson & Donev, "Optimum
    Experimental Designs", 1992) for the logistic model. A question teaches little when its answer is
    foreseeable, when what it measures is known, and when what it measures hardly bears on anything else.
    """
    slope = _slope(differences @ weights.mean)
    bearing = targets * (slope if targets is differences else _slope(targets @ weights.mean))[:, None]
    moved = weights.covariance @ (bearing.T @ bearing / max(len(targets), 1)) @ weights.covariance
    gained = _dot(differences @ moved, differences)
    return np.asarray(slope * gained / (1.0 + slope * _spread(weights, differences)))


def variance(weights: Weights, differences: Array, targets: Array, generator: np.random.Generator) -> Array:
    """Return σ'(w·d)² · dᵀ Σ d: the variance, to first order, of the question's own predicted probability.

    PReF's criterion as released (arXiv 2503.06358, Eqs. 7–9).
    """
    return np.asarray(_slope(differences @ weights.mean) ** 2 * _spread(weights, differences))


def information(
    weights: Weights, differences: Array, targets: Array, generator: np.random.Generator
) -> Array:
    """Return the mutual information, in nats, of answer and weights: BALD (Houlsby et al., arXiv 1112.5745).

    Their closed form, for a probit link, is ten times too high for foreseeable answers: quadrature instead.
    """
    mean, deviation = differences @ weights.mean, np.sqrt(_spread(weights, differences))
    marginal, expected = np.zeros(len(mean)), np.zeros(len(mean))
    for node, share in zip(_NODES, _SHARES, strict=True):
        p = weights.lapse + (1.0 - 2.0 * weights.lapse) * sigmoid(mean + node * deviation)
        marginal += share * p
        expected += share * _entropy(p)
    return np.asarray(np.maximum(_entropy(marginal) - expected, 0.0))


def thompson(weights: Weights, differences: Array, targets: Array, generator: np.random.Generator) -> Array:
    """Return how far two users drawn from the posterior disagree about the answer."""
    one, other = generator.multivariate_normal(weights.mean, weights.covariance, size=2)
    return np.asarray(np.abs(np.tanh(differences @ one / 2.0) - np.tanh(differences @ other / 2.0)) / 2.0)


def chance(weights: Weights, differences: Array, targets: Array, generator: np.random.Generator) -> Array:
    """Return random numbers: what every criterion has to beat."""
    return generator.random(len(differences))


CRITERIA: Mapping[str, Criterion] = {
    "lookahead": lookahead,
    "variance": variance,
    "information": information,
    "thompson": thompson,
    "random": chance,
}


def _slope(t: Array) -> Array:
    e = np.exp(-np.abs(t))  # exactly the same for a question and its mirror image
    return np.asarray(e / (1.0 + e) ** 2)


def _entropy(p: Array) -> Array:
    certain = np.clip(p, 1e-300, 1.0 - 1e-16)
    return np.asarray(-certain * np.log(certain) - (1.0 - certain) * np.log1p(-certain))


def _spread(weights: Weights, differences: Array) -> Array:
    return _dot(differences @ weights.covariance, differences)


def _dot(one: Array, other: Array) -> Array:
    return np.asarray(np.einsum("ij,ij->i", one, other))
