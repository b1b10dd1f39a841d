"""LoRe, "Low-Rank Reward Modeling" (arXiv 2504.14439): each person is a mixture of a few reward heads.

    r_i(x) = w_i · Vᵀ x,   w_i on the simplex of B weights                                            (Eq. 7)
    training:   min over V and all w_i of Σ_i 1/|D_i| Σ log(1 + exp(−w_i · Vᵀ (x_chosen − x_rejected)))  (Eq. 10)
                + α · mean over heads of |V_j − V_reference|²                                  (released code)
    a newcomer: the same loss over w alone, V frozen. Questions are drawn: LoRe has no criterion.

From the paper's code: softmax(logits) for w, joint Adam, α towards a reference head, few-shot fit of the
logits alone. Changed, because its numbers are for a 4,096-dimensional embedding and 500 people and ours for
12 traits: x is the reward model's traits, with or without its embedding; the reference is one pooled reward
on them; learning rate and steps are smaller. Rank B, α and x are tuned. Changed in LoRe's favour: a newcomer's
logits begin at the training people's mean mixture and are held there by a tuned penalty (0 is the paper), and
are fitted by L-BFGS to convergence, not by 500 steps of Adam.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import softmax

from localpersona.bench.data import Comparisons, Features
from localpersona.bench.methods.networks import descend, loss_of, minimise, numbers, responses
from localpersona.bench.protocol import NoCriterion
from localpersona.bench.tuning import best_of
from localpersona.preferences.arrays import Array

RANKS, ALPHAS = (4, 12), (1e-3, 1e-2)
EMBEDDINGS = (0.0, 0.3)
PENALTIES = (0.0, 0.1, 0.3)
STEPS, RATE = 300, 0.05
NOISE = 0.1
"""Standard deviation of the initial heads around the reference, and of the initial logits."""
REFERENCE_PENALTY = 1e-3


@dataclass(frozen=True)
class LoRe:
    """LoRe, tuned."""

    name: str = "LoRe"

    def train(self, data: Comparisons, seed: int) -> LoRePopulation:
        best = best_of([LoReWith(rank, alpha) for rank in RANKS for alpha in ALPHAS], data, seed)
        settings = [
            replace(best, embedding=width, penalty=size) for width in EMBEDDINGS for size in PENALTIES
        ]
        return best_of(settings, data, seed).train(data, seed)


@dataclass(frozen=True)
class LoReWith:
    """LoRe with given settings."""

    rank: int
    """B, the number of heads."""
    alpha: float
    embedding: float = 0.0
    """Factor of the embedding beside the traits; 0: without it."""
    penalty: float = 0.1
    """On the squared distance of a newcomer's logits from the mean mixture's."""
    name: str = "LoRe, given settings"

    def train(self, data: Comparisons, seed: int) -> LoRePopulation:
        return LoRePopulation(self, *_trained(self.rank, self.alpha, self.embedding, data, seed))


@lru_cache(maxsize=1)  # settings that only newcomers feel are tuned without training again
def _trained(
    rank: int, alpha: float, embedding: float, data: Comparisons, seed: int
) -> tuple[Tensor, Tensor]:
    """Return the heads (D, B) and the logits (B,) of the training people's mean mixture."""
    x, outcomes = _differences(data.features, embedding), numbers(data.outcomes)
    people = torch.tensor(data.users)
    answers = torch.bincount(people)
    share = (1.0 / answers / len(answers))[people]  # every person counts alike

    def pooled(head: Tensor) -> Tensor:
        return (share * loss_of(x @ head, outcomes)).sum() + REFERENCE_PENALTY * head.square().sum()

    reference = minimise(torch.zeros(x.shape[1]), pooled)[:, None]
    generator = torch.Generator().manual_seed(seed)
    heads = reference + NOISE * torch.randn(x.shape[1], rank, generator=generator)
    logits = NOISE * torch.randn(len(answers), rank, generator=generator)
    optimiser = torch.optim.Adam([heads.requires_grad_(), logits.requires_grad_()], lr=RATE)
    for _ in range(STEPS):
        mixtures = softmax(logits, dim=1).index_select(0, people)
        fit = (share * loss_of((x @ heads * mixtures).sum(dim=1), outcomes)).sum()
        descend(optimiser, fit + alpha * (heads - reference).square().sum(dim=0).mean())
    return heads.detach(), softmax(logits.detach(), dim=1).mean(dim=0).log()


def _differences(features: Features, embedding: float) -> Tensor:
    """Return (m, D) features of the first response minus those of the second."""
    both = responses(features, embedding)
    return both[:, 0] - both[:, 1]


@dataclass(frozen=True, eq=False)
class LoRePopulation:
    settings: LoReWith
    heads: Tensor
    """(D, B), V."""
    logits: Tensor
    """(B,) of the training people's mean mixture."""

    def newcomer(self) -> LoRePerson:
        return LoRePerson(self, torch.empty(0, self.settings.rank), torch.empty(0))

    def rewards(self, features: Features) -> Tensor:
        """Return (m, B) each head's reward of the first response minus that of the second."""
        return _differences(features, self.settings.embedding) @ self.heads


@dataclass(frozen=True, eq=False)
class LoRePerson:
    population: LoRePopulation
    rewards: Tensor
    """(n, B) each head's difference of rewards in the answered comparisons."""
    outcomes: Tensor

    def learn(self, difference: Features, outcome: float) -> LoRePerson:
        return replace(
            self,
            rewards=torch.cat([self.rewards, self.population.rewards(difference)]),
            outcomes=torch.cat([self.outcomes, numbers(np.array([outcome]))]),
        )

    def gains(self, candidates: Features) -> Array:
        raise NoCriterion

    def predict(self, candidates: Features) -> Array:
        log_odds = self.population.rewards(candidates) @ self.mixture()
        return np.asarray(torch.sigmoid(log_odds).numpy(), dtype=np.float64)

    def mixture(self) -> Tensor:
        """Return (B,) this person's weights w: nobody's in particular before the first answer."""
        typical, penalty = self.population.logits, self.population.settings.penalty
        if not len(self.outcomes):
            return softmax(typical, dim=0)

        def loss(logits: Tensor) -> Tensor:
            fit = loss_of(self.rewards @ softmax(logits, dim=0), self.outcomes).sum()
            return fit + 0.5 * penalty * (logits - typical).square().sum()

        return softmax(minimise(typical, loss), dim=0)
