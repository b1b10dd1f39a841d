"""Fit the mixer: from scores that were read and counted, of unseen answers, to what a rater says of them.

The loss is part squared error (the weights of a user are linear in the scores) and part the pairwise logistic
loss (answers should come out in order). Pairs are of one source, written or sampled from the small model,
because that is how answers meet: an easy pair across the two would teach nothing. Several small networks are
fitted from different starts and averaged, which is one network again, with their hidden units side by side.
Quality has a forest instead (forest.py).
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from localpersona.rewards.mixer import QUALITY, Mixer
from training.data import Floats
from training.forest import fit_forest

HIDDEN, STARTS = 64, 4
STEPS, BATCH, RATE, DECAY = 800, 128, 0.02, 0.3
NOISE = 0.3  # added to the inputs, in standard deviations: the better half of the regularisation
PAIRS, PAIR_SLOPE, LEAST_GAP = 0.2, 2.0, 0.05
SAMPLED = (
    0.25  # of the pairwise loss is about the small model's answers, which are few but what users see first
)


def fit_mixer(
    read: Floats,
    counted: Floats,
    surface: Floats,
    ratings: Floats,
    written: NDArray[np.bool_],
    seed: int,
) -> Mixer:
    """Return a mixer for scores (n, J) of two kinds and ratings (n, J), in standard deviations of the ratings.

    surface: (n, SURFACE). written: (n,) False for the small model's answers.
    """
    seen = np.concatenate([read, counted], axis=1)
    inputs = torch.tensor(seen, dtype=torch.float32)
    mean, deviation = inputs.mean(0), inputs.std(0) + 1e-6
    targets = torch.tensor((ratings - ratings.mean(0)) / ratings.std(0), dtype=torch.float32)
    source = torch.tensor(written)
    parts = [
        _fit((inputs - mean) / deviation, targets, source, STARTS * seed + start) for start in range(STARTS)
    ]
    inward, inward_bias, outward, across, bias = (
        [part[index] for part in parts] for index in range(len(parts[0]))
    )
    return Mixer(
        mean=mean.numpy(),
        deviation=deviation.numpy(),
        inward=np.concatenate(inward, axis=1),
        inward_bias=np.concatenate(inward_bias),
        outward=np.concatenate(outward) / STARTS,
        across=np.mean(across, axis=0),
        bias=np.mean(bias, axis=0),
        quality=fit_forest(np.concatenate([seen, surface], axis=1), targets[:, QUALITY].numpy(), seed),
    )


def _fit(
    inputs: torch.Tensor, targets: torch.Tensor, written: torch.Tensor, seed: int
) -> list[NDArray[np.float32]]:
    """Return inward (2J, H), its bias (H,), outward (H, J), across (2J, J), bias (J,) of one network."""
    generator = torch.Generator().manual_seed(seed)
    width, traits = inputs.shape[1], targets.shape[1]
    shapes = {"inward": (width, HIDDEN), "outward": (HIDDEN, traits), "across": (width, traits)}
    weights = {
        name: nn.Parameter(torch.randn(shape, generator=generator) / shape[0] ** 0.5)
        for name, shape in shapes.items()
    }
    inward_bias, bias = nn.Parameter(torch.zeros(HIDDEN)), nn.Parameter(torch.zeros(traits))
    learned = [*weights.values(), inward_bias, bias]
    optimiser = torch.optim.AdamW(learned, lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
    for _ in range(STEPS):
        rows = torch.randint(0, len(inputs), (BATCH,), generator=generator)
        x = inputs[rows] + NOISE * torch.randn((BATCH, width), generator=generator)
        scores = torch.tanh(x @ weights["inward"] + inward_bias) @ weights["outward"] + x @ weights["across"]
        loss = _loss(scores + bias, targets[rows], written[rows])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    found = (weights["inward"], inward_bias, weights["outward"], weights["across"], bias)
    return [tensor.detach().numpy() for tensor in found]


def _loss(scores: torch.Tensor, goal: torch.Tensor, written: torch.Tensor) -> torch.Tensor:
    apart = scores.unsqueeze(1) - scores.unsqueeze(0)
    above = goal.unsqueeze(1) - goal.unsqueeze(0) > LEAST_GAP
    wrong = nn.functional.softplus(-PAIR_SLOPE * apart)
    order = torch.zeros(())
    for share, source in ((1.0 - SAMPLED, written), (SAMPLED, ~written)):
        both = above & (source.unsqueeze(1) & source.unsqueeze(0)).unsqueeze(2)
        order = order + share * ((wrong * both).sum((0, 1)) / both.sum((0, 1)).clamp(min=1)).mean()
    return PAIRS * order + (1.0 - PAIRS) * ((scores - goal) ** 2).mean()
