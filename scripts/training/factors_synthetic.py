"""Comparisons of any number by people with planted tastes, as a JSONL with a file of scores: to try size on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from localpersona.bench.scoring import NAMES, key_of
from localpersona.preferences.factorization import Factors
from localpersona.preferences.gaussians import sigmoid
from training.factors_features import FEATURES

Floats = NDArray[np.float64]
PEOPLE, PROMPTS, RESPONSES, RANK = 20_000, 3_000, 6, 5
BLOCK = 100_000


@dataclass(frozen=True, eq=False)
class Planted:
    """What is to be found again."""

    data: Path
    scores: Path
    tastes: Floats
    """(U, RANK), by the number in the user's name."""
    rewards: Floats
    """(RANK, D)."""


def write_synthetic(folder: Path, count: int, seed: int) -> Planted:
    """Write `count` comparisons; fewer than 60 a person would be useless, so small files have fewer people."""
    generator = np.random.default_rng(seed)
    people = max(2, min(PEOPLE, count // 100))
    width = len(FEATURES)
    features = generator.normal(size=(PROMPTS * RESPONSES, width)).astype(np.float16)
    tastes = generator.normal(size=(people, RANK))
    rewards = generator.normal(size=(RANK, width)) / np.sqrt(width)
    values = features.astype(np.float64) @ rewards.T
    data, scores = folder / "synthetic.jsonl", folder / "synthetic.npz"
    with data.open("w", encoding="utf-8") as file:
        for start in range(0, count, BLOCK):
            size = min(BLOCK, count - start)
            user, prompt = generator.integers(0, people, size), generator.integers(0, PROMPTS, size)
            one = generator.integers(0, RESPONSES, size)
            other = (one + generator.integers(1, RESPONSES, size)) % RESPONSES
            z = values[prompt * RESPONSES + one] - values[prompt * RESPONSES + other]
            won = generator.random(size) < sigmoid(np.einsum("ij,ij->i", tastes[user], z))
            file.writelines(map(_line, user, prompt, one, other, won))
    keys = [key_of(f"prompt {p}", f"answer {r}") for p in range(PROMPTS) for r in range(RESPONSES)]
    traits, embedding = np.split(features, [len(NAMES)], axis=1)
    np.savez(scores, keys=np.array(keys), traits=traits, embedding=embedding)
    return Planted(data, scores, tastes, rewards)


def angle(planted: Planted, found: Factors) -> float:
    """Return the largest angle, in degrees, between the planted rewards' space and the found one."""
    one, other = (np.linalg.qr(rows.T)[0] for rows in (planted.rewards, found.loadings))
    cosines = np.linalg.svd(one.T @ other, compute_uv=False)
    return float(np.degrees(np.arccos(np.clip(cosines.min(), 0.0, 1.0))))


def _line(user: int, prompt: int, one: int, other: int, won: bool) -> str:
    return (
        f'{{"user":"u{user}","prompt":"prompt {prompt}",'
        f'"first":"answer {one}","second":"answer {other}","outcome":{int(won)}}}\n'
    )
