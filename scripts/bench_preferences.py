"""How long learning takes: .venv/bin/python scripts/bench_preferences.py

An update is the batch fit of all comparisons so far, so it is compared with what else would give that fit: SciPy's
L-BFGS on the same posterior, from the same start (SciPy comes with ./scripts/test), under a single Gaussian; the
shipped prior may have several kinds of people. Choosing a question is compared with the plain loop over the pool
that the formula suggests. Prints medians over the rounds, and ratios.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from scipy.optimize import minimize

from localpersona.preferences import Weights, next_question
from localpersona.preferences.kinds import EXACT_UP_TO
from localpersona.preferences.questions import DEFAULT

Array = np.ndarray


def planted(comparisons: int, seed: int) -> tuple[Weights, Array, Array]:
    """Return the shipped prior and the comparisons of a user whose weights are drawn from it."""
    random = np.random.default_rng(seed)
    prior = Weights.prior()
    taste = random.multivariate_normal(prior.mean, prior.covariance)
    differences = random.normal(size=(comparisons, len(prior.names)))
    outcomes = (random.random(comparisons) < 1 / (1 + np.exp(-differences @ taste))).astype(float)
    return prior, differences, outcomes


def by_scipy(prior: Weights, differences: Array, outcomes: Array, start: Array) -> Array:
    """Return the mode of the same posterior by L-BFGS."""
    precision = np.linalg.inv(prior.covariance)

    def loss(w: Array) -> tuple[float, Array]:
        s = 1 / (1 + np.exp(-differences @ w))
        p = prior.lapse + (1 - 2 * prior.lapse) * s
        away = precision @ (w - prior.mean)
        value = -(outcomes * np.log(p) + (1 - outcomes) * np.log(1 - p)).sum() + (w - prior.mean) @ away / 2
        slope = (1 - 2 * prior.lapse) * s * (1 - s) * ((1 - outcomes) / (1 - p) - outcomes / p)
        return float(value), differences.T @ slope + away

    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", options={"ftol": 1e-14}).x)


def by_loop(weights: Weights, pool: Array) -> int:
    """Return the best question by one evaluation of the formulas in `criteria` after the other."""
    s = 1 / (1 + np.exp(-pool @ weights.mean))
    bearing = (s * (1 - s))[:, None] * pool
    bearing = bearing.T @ bearing / len(pool)
    spread = np.einsum("ij,ij->i", pool @ weights.covariance, pool)
    p = 1 / (1 + np.exp(-pool @ weights.mean / np.sqrt(1 + np.pi / 8 * spread)))
    p = weights.lapse + (1 - 2 * weights.lapse) * p
    aim, k = np.mean((p - 0.5) ** 2), weights.careless
    gains = []
    for difference, q in zip(pool, p, strict=True):
        s = 1 / (1 + np.exp(-difference @ weights.mean))
        reached = weights.covariance @ difference
        taste = s * (1 - s) * reached @ bearing @ reached / (1 + s * (1 - s) * reached @ difference)
        likely = (1 - k) * q + k / 2
        kept = (q / likely + (1 - q) / (1 - likely)) / 2
        gains.append((1 - k) * taste + aim * k * (1 - k) * (1 - kept))
    return int(np.argmax(gains))


def milliseconds(work: Callable[[], object], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - started))
    return statistics.median(times)


def wanted(size: int, of: int, limit: int) -> str:
    return f" (to be under {limit} ms)" if size == of else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--comparisons", type=int, default=10_000)
    parser.add_argument("--pool", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()

    prior, differences, outcomes = planted(options.comparisons, seed=0)
    gaussian = replace(prior, kinds=None)
    plain = Weights.fit(differences[:-1], outcomes[:-1], prior=gaussian)
    updated = plain.update(differences[-1], outcomes[-1])
    rival = by_scipy(prior, differences, outcomes, plain.mean)
    print(f"largest difference between the two fits: {np.abs(updated.mean - rival).max():.1e}")
    ours = milliseconds(lambda: plain.update(differences[-1], outcomes[-1]), options.rounds)
    theirs = milliseconds(lambda: by_scipy(prior, differences, outcomes, plain.mean), options.rounds)
    print(
        f"update with {options.comparisons:,} comparisons, one Gaussian: {ours:.1f} ms;"
        f" L-BFGS {theirs / ours:.1f} times that"
    )
    kinds = 1 if prior.kinds is None else len(prior.kinds.shares)
    for count in (10, EXACT_UP_TO, options.comparisons):
        user = Weights.fit(differences[: count - 1], outcomes[: count - 1], prior=prior)
        last = differences[count - 1], outcomes[count - 1]
        ours = milliseconds(partial(user.update, *last), options.rounds)
        print(
            f"update with {count:,} comparisons, the shipped prior ({kinds} kinds): {ours:.1f} ms"
            + wanted(count, 10_000, 10)
        )

    pool = np.random.default_rng(1).normal(size=(options.pool, len(prior.names)))
    early = Weights.fit(differences[:5], outcomes[:5], prior=prior)
    assert next_question(early, pool) == by_loop(early, pool)
    ours = milliseconds(lambda: next_question(early, pool), options.rounds)
    theirs = milliseconds(lambda: by_loop(early, pool), 1)
    print(
        f"next question of {options.pool:,}, {DEFAULT}: {ours:.1f} ms{wanted(options.pool, 100_000, 30)};"
        f" a loop {theirs / ours:.0f} times that"
    )


if __name__ == "__main__":
    main()
