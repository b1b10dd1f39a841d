"""P-RLHF's user model (arXiv 2402.05133): one reward conditioned on a vector for the person; strangers share one.

    individual:  e_i = e_0 + o_i          clusters:  e_i = softmax(l_0 + o_i) · C, C of 10 cluster vectors
    loss = α · mean over the people's comparisons + (1 − α) · mean over the same as person 0's, the generic one

The paper prepends e as soft tokens to a language model's input; here it goes into a network beside the
features of a response (the reward model's traits, with or without its embedding). From the paper's code:
α = 0.5, 10 clusters, the generic person for strangers, a learning rate on a cosine. The rest is for this size,
and tuned where it matters: x, and how strongly people are held near the generic one. Changed in P-RLHF's
favour: the paper predicts strangers as the generic person for ever, however much they answer; here their o is
fitted to their answers, everything shared frozen, under a Gaussian prior whose variance is the training
people's times a tuned factor. Questions are drawn: there is no criterion.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import softmax

from localpersona.bench.data import Comparisons, Features
from localpersona.bench.methods.networks import Reward, descend, loss_of, minimise, numbers, responses, seeded
from localpersona.bench.protocol import NoCriterion
from localpersona.bench.tuning import best_of
from localpersona.preferences.arrays import Array

ALPHA = 0.5
CLUSTERS = 10
HIDDEN, SIZE = 64, 8
"""Of the network's layers, and d, of a person's vector."""
RATE, USER_RATE, DECAY = 5e-3, 0.05, 1e-2
STEPS, BATCH = 300, 512
EMBEDDINGS = (0.0, 0.3)
SPREADS = (1.0, 5.0, 25.0)


@dataclass(frozen=True)
class Individual:
    """P-RLHF with a vector for every person, tuned."""

    name: str = "P-RLHF, individual"
    clusters: int = 0

    def train(self, data: Comparisons, seed: int) -> PRlhfPopulation:
        settings = [PRlhfWith(self.clusters, width, spread) for width in EMBEDDINGS for spread in SPREADS]
        return best_of(settings, data, seed).train(data, seed)


@dataclass(frozen=True)
class Clusters(Individual):
    """P-RLHF with people as mixtures of clusters, tuned."""

    name: str = "P-RLHF, clusters"
    clusters: int = CLUSTERS


@dataclass(frozen=True)
class PRlhfWith:
    """P-RLHF with given settings."""

    clusters: int = 0
    """How many; 0: people have vectors of their own."""
    embedding: float = 0.0
    """Factor of the embedding beside the traits; 0: without it."""
    spread: float = 5.0
    """Variance of newcomers' o, in that of the training people's."""
    name: str = "P-RLHF, given settings"

    def train(self, data: Comparisons, seed: int) -> PRlhfPopulation:
        return PRlhfPopulation(self, *_trained(self.clusters, self.embedding, data, seed))


@lru_cache(maxsize=1)  # settings that only newcomers feel are tuned without training again
def _trained(clusters: int, embedding: float, data: Comparisons, seed: int) -> tuple[Reward, UserModel]:
    x, outcomes = responses(data.features, embedding), numbers(data.outcomes)
    people = torch.tensor(data.users)
    reward = seeded(seed, lambda: Reward(x.shape[2], SIZE, HIDDEN))
    generator = torch.Generator().manual_seed(seed)
    users = UserModel.at_random(int(people.max()) + 1, clusters, generator)
    optimiser = torch.optim.AdamW(
        [
            {"params": list(reward.parameters()), "weight_decay": DECAY},
            {"params": users.trained(), "weight_decay": 0.0, "lr": USER_RATE},
        ],
        lr=RATE,
    )
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
    for _ in range(STEPS):
        batch = torch.randint(len(outcomes), (BATCH,), generator=generator)
        own = users.vector(users.offsets.index_select(0, people[batch]))
        generic = users.vector(torch.zeros_like(users.generic)).expand_as(own)
        rewards = reward(x[batch], torch.stack([own, generic])[:, :, None])  # (2, BATCH, 2)
        known, unknown = loss_of(rewards[..., 0] - rewards[..., 1], outcomes[batch]).mean(dim=1)
        descend(optimiser, ALPHA * known + (1.0 - ALPHA) * unknown)
        schedule.step()
    return reward.requires_grad_(False), users.frozen()


@dataclass(frozen=True, eq=False)
class UserModel:
    """From what is known of a person to the vector e that the reward is conditioned on."""

    generic: Tensor
    """e_0 (d,), or l_0 (K,)."""
    offsets: Tensor
    """(U, d) or (U, K), o of the training people."""
    centres: Tensor | None
    """C (K, d); None: vectors of one's own."""

    @classmethod
    def at_random(cls, people: int, clusters: int, generator: torch.Generator) -> UserModel:
        width = clusters or SIZE
        generic, offsets = torch.zeros(width), 0.1 * torch.randn(people, width, generator=generator)
        centres = torch.randn(clusters, SIZE, generator=generator) if clusters else None
        model = cls(generic, offsets, centres)
        for tensor in model.trained():
            tensor.requires_grad_()
        return model

    def trained(self) -> list[Tensor]:
        return [self.generic, self.offsets, *([] if self.centres is None else [self.centres])]

    def frozen(self) -> UserModel:
        centres = None if self.centres is None else self.centres.detach()
        return UserModel(self.generic.detach(), self.offsets.detach(), centres)

    def vector(self, offset: Tensor) -> Tensor:
        """Return e (…, d) for o (…, d) or (…, K); o = 0 is the generic person."""
        at = self.generic + offset
        return at if self.centres is None else softmax(at, dim=-1) @ self.centres


@dataclass(frozen=True, eq=False)
class PRlhfPopulation:
    settings: PRlhfWith
    reward: Reward
    users: UserModel

    def newcomer(self) -> PRlhfPerson:
        return PRlhfPerson(self)


@dataclass(frozen=True, eq=False)
class PRlhfPerson:
    population: PRlhfPopulation
    x: Tensor | None = None
    """(n, 2, D) the answered comparisons; None while there are none."""
    outcomes: Tensor | None = None

    def learn(self, difference: Features, outcome: float) -> PRlhfPerson:
        x = responses(difference, self.population.settings.embedding)
        outcomes = numbers(np.array([outcome]))
        if self.x is None or self.outcomes is None:
            return replace(self, x=x, outcomes=outcomes)
        return replace(self, x=torch.cat([self.x, x]), outcomes=torch.cat([self.outcomes, outcomes]))

    def gains(self, candidates: Features) -> Array:
        raise NoCriterion

    def predict(self, candidates: Features) -> Array:
        x = responses(candidates, self.population.settings.embedding)
        return np.asarray(torch.sigmoid(self._log_odds(x, self.offset())).numpy(), dtype=np.float64)

    def offset(self) -> Tensor:
        """Return o, (d,) or (K,): 0, which is the generic person, before the first answer."""
        users, nobody = self.population.users, torch.zeros_like(self.population.users.generic)
        if self.x is None or self.outcomes is None:
            return nobody
        x, outcomes = self.x, self.outcomes
        variance = self.population.settings.spread * users.offsets.square().mean()

        def loss(offset: Tensor) -> Tensor:
            return loss_of(self._log_odds(x, offset), outcomes).sum() + 0.5 * offset.square().sum() / variance

        return minimise(nobody, loss)

    def _log_odds(self, x: Tensor, offset: Tensor) -> Tensor:
        rewards: Tensor = self.population.reward(x, self.population.users.vector(offset))
        return rewards[:, 0] - rewards[:, 1]
