"""What the rivals with networks share: responses as tensors, a reward conditioned on a person, a small fit.

Everything random comes from a seed, and torch's own generator is left as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu, softplus

from localpersona.bench.data import Features

SLOPE = 0.2
"""Of LeakyReLU below zero, as in VPL's code."""
MOST_STEPS = 20
"""Of L-BFGS on a newcomer's few numbers: by then it has converged, or is on its way to infinity."""

Made = TypeVar("Made")


def responses(features: Features, embedding: float) -> Tensor:
    """Return (m, 2, D) first and second responses: traits, then the embedding times `embedding`.

    With 0 there are the traits alone: the factor is how much a method leans on the embedding.
    """
    first, second = features.traits_first, features.traits_second
    if embedding:
        first = np.hstack([first, embedding * features.embedding_first])
        second = np.hstack([second, embedding * features.embedding_second])
    return torch.tensor(np.stack([first, second], axis=1), dtype=torch.float32)


def numbers(values: np.ndarray) -> Tensor:
    """Return float32."""
    return torch.tensor(values, dtype=torch.float32)


def loss_of(log_odds: Tensor, outcomes: Tensor) -> Tensor:
    """Return the negative log-likelihood (Bradley–Terry) of each outcome: 1, 0, or 0.5 for half of each."""
    return softplus(log_odds) - outcomes * log_odds


class Reward(nn.Module):  # type: ignore[misc]  # mypy skips torch
    """r(x, e): two hidden layers on a response's features and a person's vector, concatenated."""

    def __init__(self, features: int, person: int, hidden: int) -> None:
        super().__init__()
        self.of_response = nn.Linear(features, hidden)
        self.of_person = nn.Linear(person, hidden, bias=False)
        self.hidden = nn.Linear(hidden, hidden)
        self.out = nn.Linear(hidden, 1)

    def forward(self, response: Tensor, person: Tensor) -> Tensor:
        """Return rewards for responses (…, D) and persons (…, d), whose leading dimensions broadcast.

        A linear layer of a concatenation is the sum of two: what many persons share is computed once.
        """
        first = leaky_relu(self.of_response(response) + self.of_person(person), SLOPE)
        rewards: Tensor = self.out(leaky_relu(self.hidden(first), SLOPE))
        return rewards[..., 0]


def seeded(seed: int, make: Callable[[], Made]) -> Made:
    """Return what `make` makes while torch's generator is seeded; afterwards it is as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return make()


def descend(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    """Take one step down the loss."""
    optimiser.zero_grad()
    torch.autograd.backward(loss)
    optimiser.step()


def minimise(start: Tensor, loss: Callable[[Tensor], Tensor], steps: int = MOST_STEPS) -> Tensor:
    """Return where a loss of a few numbers is least, by L-BFGS from `start`."""
    at = start.clone().requires_grad_()
    lbfgs: torch.optim.Optimizer = torch.optim.LBFGS([at], max_iter=steps, line_search_fn="strong_wolfe")

    def evaluate() -> float:
        lbfgs.zero_grad()
        value = loss(at)
        torch.autograd.backward(value)
        return float(value.detach())

    lbfgs.step(evaluate)
    return at.detach()
