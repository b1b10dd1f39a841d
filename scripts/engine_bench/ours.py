"""The engine as the app uses it: through its child process, with a taste and a search."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from localpersona.alignment.strength import effective
from localpersona.assistant.patience import LEVELS, search_for
from localpersona.engine.client import EngineClient
from localpersona.engine.protocol import (
    Delta,
    Generated,
    GenerateRequest,
    ModelSpec,
    SearchSpec,
    Speed,
    Taste,
)
from localpersona.preferences import Weights
from localpersona.values import Sampling, Turn

How = tuple[int, SearchSpec]
FULL, PRUNED = "best of 8", "best of 8, pruned"
PLAIN: How = (1, SearchSpec())


@dataclass(frozen=True)
class Run:
    """One request."""

    seconds: float
    first: float
    """Seconds to the first visible text."""
    done: Generated

    @property
    def text(self) -> str:
        return self.done.candidates[self.done.chosen].text


class Ours:
    """The engine with a model loaded."""

    def __init__(self, path: str, threads: int, context: int) -> None:
        self.engine = EngineClient()
        self.info = self.engine.load(ModelSpec(path, context_length=context, threads=threads))

    def ask(
        self, turns: Sequence[Turn], tokens: int, how: How = PLAIN, taste: Taste | None = None, seed: int = 7
    ) -> Run:
        request = GenerateRequest(turns, Sampling(max_tokens=tokens, seed=seed), how[0], taste, search=how[1])
        started, first = time.perf_counter(), 0.0
        for event in self.engine.generate(request):
            if isinstance(event, Delta) and not first:
                first = time.perf_counter() - started
        assert isinstance(event, Generated)
        return Run(time.perf_counter() - started, first, event)

    def memory(self) -> float:
        """Return the child's resident megabytes; 0 where that cannot be told."""
        with suppress(OSError, IndexError):
            status = Path(f"/proc/{self.engine.pid}/status").read_text()
            return int(status.split("VmRSS:")[1].split()[0]) / 1024
        return 0.0

    def close(self) -> None:
        self.engine.close()


def searches(speed: Speed | None, tokens: int) -> dict[str, How]:
    """Return what is compared: the ways to choose among eight, and the three degrees of patience."""
    return among_eight() | {patience: search_for(patience, speed, tokens) for patience in LEVELS}


def among_eight() -> dict[str, How]:
    """Return the ways to choose among eight: whole answers, and with pruning."""
    return {FULL: (8, SearchSpec()), PRUNED: (8, SearchSpec(pruned=True))}


def average_taste() -> Taste:
    """Return what most people like."""
    prior = Weights.prior()
    mean, covariance = effective(prior, prior, 1.0)
    return Taste(tuple(mean), tuple(map(tuple, covariance)), prior.version)


def somebodys_taste(seed: int) -> Taste:
    """Return the taste of somebody drawn from the prior, known as well as ten answers make it known."""
    prior = Weights.prior()
    drawn = np.random.default_rng(seed).multivariate_normal(prior.mean, prior.covariance)
    return Taste(tuple(drawn), tuple(map(tuple, 0.3 * prior.covariance)), prior.version)
