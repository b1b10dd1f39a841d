"""The learning core: from comparisons to weights, and from weights to the next question. NumPy only."""

from __future__ import annotations

from localpersona.preferences.criteria import CRITERIA
from localpersona.preferences.forgetting import recency
from localpersona.preferences.kinds import Kinds
from localpersona.preferences.population import fit_population
from localpersona.preferences.questions import knows_enough, next_question, question_gains
from localpersona.preferences.weights import LAPSE, Weights

__all__ = [
    "CRITERIA",
    "LAPSE",
    "Kinds",
    "Weights",
    "fit_population",
    "knows_enough",
    "next_question",
    "question_gains",
    "recency",
]
