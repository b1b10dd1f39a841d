"""How much the answer to a question would teach: the criteria by which questions are chosen.

All take weights, differences d (m, J) of the questions, differences of the comparisons whose predictions
matter (t, J) and a generator for those that need chance; and return (m,) gains of at least 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from localpersona.preferences.arrays import Array
from localpersona.preferences.gaussians import sigmoid
from localpersona.preferences.weights import Weights

Criterion = Callable[[Weights, Array, Array, np.random.Generator], Array]

CHECKED = 9
"""Comparisons after which the next question is a check. On held-out people it costs 0.003 of ROC-AUC after ten
answers and nothing later, and who flips coins is then predicted no worse than by one reward for everybody."""
_NODES, _SHARES = np.polynomial.hermite_e.hermegauss(21)
_SHARES = _SHARES / _SHARES.sum()


def lookahead(weights: Weights, differences: Array, targets: Array, generator: np.random.Generator) -> Array:
    """Return how far an answer lowers the expected squared error of the probabilities predicted for the targets.

    It may teach what the user likes, or whether they read what they answer. The first is worth most until about
    the tenth answer; that one only checks the second (CHECKED), by a question whose answer is foreseeable.
    """
    asked = log_odds(weights, differences)
    aims = asked if targets is differences else log_odds(weights, targets)
    if weights.careless == 0.0:
        return taste(weights, asked, aims)
    checked = attention(weights, asked, aims)
    if weights.comparisons == CHECKED:
        return checked
    return (1.0 - weights.careless) * taste(weights, asked, aims) + checked


@dataclass(frozen=True, eq=False, slots=True)
class LogOdds:
    """What is believed of m comparisons."""

    differences: Array
    """(m, J)."""
    mean: Array
    """(m,) of the log-odds that the first response is preferred."""
    variance: Array


def log_odds(weights: Weights, differences: Array) -> LogOdds:
    """Return what the weights say of comparisons with differences (m, J)."""
    return LogOdds(differences, differences @ weights.mean, _spread(weights, differences))


def taste(weights: Weights, asked: LogOdds, aims: LogOdds) -> Array:
    """Return how far an honest answer lowers the variance of the probabilities predicted for the targets.

        gain = c · dᵀ Σ M Σ d / (1 + c · dᵀ Σ d)        c = σ'(w·d),  M = mean of σ'(w·t)² t tᵀ over targets

    To first order, averaged over the targets, one answer ahead: V-optimal design (Atkinson & Donev, "Optimum
    Experimental Designs", 1992) for the logistic model. A question teaches little when its answer is
    foreseeable, when what it measures is known, and when what it measures hardly bears on anything else.
    """
    slope = _slope(asked.mean)
    bearing = aims.differences * (slope if aims is asked else _slope(aims.mean))[:, None]
    moved = weights.covariance @ (bearing.T @ bearing / max(len(bearing), 1)) @ weights.covariance
    gained = _dot(asked.differences @ moved, asked.differences)
    return np.asarray(slope * gained / (1.0 + slope * asked.variance))


def attention(weights: Weights, asked: LogOdds, aims: LogOdds) -> Array:
    """Return how far an answer lowers the squared error due to not knowing whether this user flips coins.

        gain = A · (κ (1 − κ) − E[κ' (1 − κ')])          κ = careless, κ' after the answer, A = mean of (q − ½)²

    q is what an honest user's answer is predicted to be: a coin flipper's is ½. A question teaches more of this,
    the more foreseeable an honest answer to it is.
    """
    honest = _expected(asked, weights.lapse)
    predicted = honest if aims is asked else _expected(aims, weights.lapse)
    careless, aim = weights.careless, float(np.mean((predicted - 0.5) ** 2)) if len(predicted) else 0.0
    likely = (1.0 - careless) * honest + careless / 2.0
    kept = 0.5 * (honest / likely + (1.0 - honest) / (1.0 - likely))
    return np.asarray(aim * careless * (1.0 - careless) * np.maximum(1.0 - kept, 0.0))


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


def _expected(known: LogOdds, lapse: float) -> Array:
    """Return (m,) the probabilities that an honest user prefers the first, by the probit approximation.

    It errs by 0.016 at most, and takes a hundredth of the time of `Weights.predict` for a large pool.
    """
    scaled = known.mean / np.sqrt(1.0 + np.pi / 8.0 * known.variance)
    return lapse + (1.0 - 2.0 * lapse) * sigmoid(scaled)


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
