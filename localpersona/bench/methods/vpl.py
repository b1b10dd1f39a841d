"""VPL, "Variational Preference Learning" (arXiv 2408.10075): a latent z for the person, inferred from answers.

    encoder  q(z | answered pairs) = N(μ, σ²): a network on [chosen; rejected], self-attention over the pairs,
             their mean, then μ and log σ² (clamped to ±1)
    decoder  r(x, z): a network; z = μ + σε scaled to length √d
    loss     −log σ(r(chosen, z) − r(rejected, z)) + β · KL(q ‖ N(0, I)), β warmed up in cosine cycles
    asking   the question whose answer tells most about z: mutual information over samples of z

From the paper and its code: all of the above, LeakyReLU of 0.2, contexts of random length, resampled all the
time, KL weights 3e-6 and 1e-4 (its settings) in the grid. Changed: the networks read the reward model's traits,
with or without its embedding, not a language model's; 32 units and a latent of 8, not 512, and a faster
learning rate, for people by the dozen. In VPL's favour: contexts have 0 … 40 pairs, not 2 … 8, so that it
has been trained for as many answers as it gets; without answers z comes from the prior N(0, I); predictions
average the probability over samples of z. A tie has no chosen response and is passed over.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import softplus
from torch.nn.utils.rnn import pad_sequence

from localpersona.bench.data import Comparisons, Features
from localpersona.bench.methods.networks import SLOPE, Reward, descend, responses, seeded
from localpersona.bench.tuning import best_of
from localpersona.preferences.arrays import Array

HIDDEN, LATENT = 32, 8
KL_WEIGHTS = (3e-6, 1e-4, 1e-3)
EMBEDDINGS = (0.0, 0.3)
CYCLES = 4
"""Of β's warm-up: in each it rises along a cosine for one half and stays for the other."""
STEPS = (200, 600)
"""Of training; other settings are compared after the fewest."""
RATE = 1e-2
PEOPLE = 32
"""In a step, at most."""
DRAWN = 60
"""Comparisons of each person in a step, at most: every third is predicted, up to all others are given."""
SAMPLES = 32
"""Of z, for predictions and gains: the same noise each time."""


@dataclass(frozen=True)
class Vpl:
    """VPL, tuned."""

    name: str = "VPL"

    def train(self, data: Comparisons, seed: int) -> VplPopulation:
        best = best_of([VplWith(kl, STEPS[0]) for kl in KL_WEIGHTS], data, seed)
        best = best_of([replace(best, embedding=width) for width in EMBEDDINGS], data, seed)
        best = best_of([replace(best, steps=steps) for steps in STEPS], data, seed)
        return best.train(data, seed)


class Encoder(nn.Module):  # type: ignore[misc]  # mypy skips torch
    """q(z | answered pairs)."""

    def __init__(self, features: int, latent: int) -> None:
        super().__init__()
        self.pair = nn.Sequential(
            nn.Linear(2 * features, HIDDEN),
            nn.LeakyReLU(SLOPE),
            nn.Linear(HIDDEN, HIDDEN),
            nn.LeakyReLU(SLOPE),
        )
        self.attention = nn.Linear(HIDDEN, 3 * HIDDEN)
        self.out = nn.Linear(HIDDEN, 2 * latent)

    def forward(self, pairs: Tensor, given: Tensor) -> tuple[Tensor, Tensor]:
        """Return μ and log σ², (B, d) each, for pairs (B, k, 2, D) of which those `given` (B, k) count.

        Without any they are the prior's, 0.
        """
        query, key, value = self.attention(self.pair(pairs.flatten(2))).chunk(3, dim=-1)
        scores = query @ key.transpose(1, 2) / math.sqrt(HIDDEN)
        mixed = scores.masked_fill(~given[:, None, :], -1e9).softmax(dim=-1) @ value
        count = given.sum(dim=1, keepdim=True)
        mean = (mixed * given[..., None]).sum(dim=1) / count.clamp(min=1)
        mu, log_variance = self.out(mean).chunk(2, dim=-1)
        return mu * (count > 0), log_variance.clamp(-1.0, 1.0) * (count > 0)


def latents(mu: Tensor, log_variance: Tensor, noise: Tensor) -> Tensor:
    """Return z (…, d) = μ + σ · noise, scaled to length √d."""
    z = mu + (0.5 * log_variance).exp() * noise
    length = z.square().sum(dim=-1, keepdim=True).sqrt()
    return z * math.sqrt(z.shape[-1]) / length.clamp(min=1e-6)


@dataclass(frozen=True)
class VplWith:
    """VPL with given settings."""

    kl: float
    """β after warm-up."""
    steps: int
    """Of training."""
    embedding: float = 0.0
    """Factor of the embedding beside the traits; 0: without it."""
    name: str = "VPL, given settings"

    def train(self, data: Comparisons, seed: int) -> VplPopulation:
        x = responses(data.features, self.embedding)
        outcomes = torch.tensor(data.outcomes)
        pairs = torch.where((outcomes < 0.5)[:, None, None], x.flip(1), x)  # the chosen response first
        rows = [torch.tensor(mine[data.outcomes[mine] != 0.5]) for mine in data.by_user()]
        table = pad_sequence([mine for mine in rows if len(mine)], batch_first=True, padding_value=-1)
        encoder, reward = seeded(
            seed, lambda: (Encoder(x.shape[2], LATENT), Reward(x.shape[2], LATENT, HIDDEN))
        )
        generator = torch.Generator().manual_seed(seed)
        optimiser = torch.optim.Adam([*encoder.parameters(), *reward.parameters()], lr=RATE)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, self.steps)
        for step in range(self.steps):
            drawn = _draw(table, generator)
            third = torch.arange(drawn.shape[1]) % 3 == 0
            asked, context = drawn[:, third], drawn[:, ~third]
            length = torch.randint(context.shape[1] + 1, (len(drawn), 1), generator=generator)
            given = (context >= 0) & (torch.arange(context.shape[1]) < length)
            mu, log_variance = encoder(pairs[context], given)
            z = latents(mu, log_variance, torch.randn(mu.shape, generator=generator))
            rewards = reward(pairs[asked], z[:, None, None])
            losses = softplus(rewards[..., 1] - rewards[..., 0])[asked >= 0]
            kl = 0.5 * (mu.square() + log_variance.exp() - 1.0 - log_variance).sum(dim=-1)
            loss = losses.mean() + self.kl * _warm_up(step / self.steps) * kl.mean()
            descend(optimiser, loss)
            schedule.step()
        noise = torch.randn(SAMPLES, LATENT, generator=generator)
        return VplPopulation(self, encoder.requires_grad_(False), reward.requires_grad_(False), noise)


def _draw(table: Tensor, generator: torch.Generator) -> Tensor:
    """Return comparisons (B, DRAWN) of some people in random order, -1 at the end where a person has too few.

    table: (U, n) each person's comparisons, padded with -1.
    """
    some = table[torch.randperm(len(table), generator=generator)[:PEOPLE]]
    order = torch.rand(some.shape, generator=generator) - 2.0 * (some < 0)
    return some.gather(1, order.topk(min(DRAWN, some.shape[1]), dim=1).indices)


def _warm_up(progress: float) -> float:
    """Return the share of β at a point of training in [0, 1)."""
    rising = min(2.0 * (progress * CYCLES % 1.0), 1.0)
    return 0.5 - 0.5 * math.cos(math.pi * rising)


@dataclass(frozen=True, eq=False)
class VplPopulation:
    settings: VplWith
    encoder: Encoder
    reward: Reward
    noise: Tensor
    """(SAMPLES, d)."""

    def newcomer(self) -> VplPerson:
        return VplPerson(self)


@dataclass(frozen=True, eq=False)
class VplPerson:
    population: VplPopulation
    pairs: Tensor | None = None
    """(n, 2, D) the answered comparisons, the chosen response first; None while there are none."""

    def learn(self, difference: Features, outcome: float) -> VplPerson:
        if outcome == 0.5:
            return self
        pair = responses(difference, self.population.settings.embedding)
        pair = pair if outcome > 0.5 else pair.flip(1)
        return replace(self, pairs=pair if self.pairs is None else torch.cat([self.pairs, pair]))

    def gains(self, candidates: Features) -> Array:
        """Return (m,) the mutual information of each answer and z: entropy less its mean given z."""
        sampled = self._sampled(candidates)
        return np.asarray(_entropy(sampled.mean(axis=1)) - _entropy(sampled).mean(axis=1))

    def predict(self, candidates: Features) -> Array:
        return np.asarray(self._sampled(candidates).mean(axis=1))

    def posterior(self) -> tuple[Tensor, Tensor]:
        """Return μ and log σ², (d,) each."""
        if self.pairs is None:
            return torch.zeros(LATENT), torch.zeros(LATENT)
        given = torch.ones(1, len(self.pairs), dtype=torch.bool)
        posteriors: tuple[Tensor, Tensor] = self.population.encoder(self.pairs[None], given)
        return posteriors[0][0], posteriors[1][0]

    def _sampled(self, candidates: Features) -> Array:
        """Return (m, SAMPLES) the probability that the first is preferred, for each sample of z."""
        z = latents(*self.posterior(), self.population.noise)
        x = responses(candidates, self.population.settings.embedding)
        rewards = self.population.reward(x[:, :, None], z)
        return np.asarray(torch.sigmoid(rewards[:, 0] - rewards[:, 1]).numpy(), dtype=np.float64)


def _entropy(probabilities: Array) -> Array:
    p = np.clip(probabilities, 1e-9, 1.0 - 1e-9)
    return np.asarray(-p * np.log(p) - (1.0 - p) * np.log(1.0 - p))
