"""Best-of-n: of several finished responses, the one that this user most likely prefers.

The value of a response is a lower confidence bound on the user's reward: what the posterior mean promises,
less `uncertainty_penalty` standard deviations of what is not known. Two things are not known: the weights
(the posterior covariance, which counts only for what distinguishes the candidates, hence the centred scores)
and the scores themselves (the spread of the reward model's heads). PReF's released code re-ranks by the mean
alone (arXiv 2503.06358); the penalty keeps a response with freak scores from winning on a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from localpersona.alignment.decode import Draft, decode, was_stopped
from localpersona.alignment.decoder import Decoder
from localpersona.alignment.search import Judge, Step


@dataclass(frozen=True, slots=True)
class Choice:
    """Which candidate, and what each is worth."""

    index: int
    values: NDArray[np.float64]
    """(n,) in units of reward (log-odds of being preferred); -inf for candidates that cannot be chosen."""


def choose(
    traits: ArrayLike,
    spread: ArrayLike | None,
    mean: ArrayLike,
    covariance: ArrayLike,
    uncertainty_penalty: float = 0.5,
    usable: Sequence[bool] | None = None,
) -> Choice:
    """Choose among n candidates with `traits` (n, J) for weights `mean` (J,), `covariance` (J, J).

    `spread` (n, J) is the heads' disagreement, None when unknown. `usable` (n,) says which candidates may be
    chosen (not the empty ones); scores that are not finite rule a candidate out too. Of equals the first
    wins, and candidate 0 when none is usable. Raises ValueError for shapes that do not fit.
    """
    scores = np.asarray(traits, dtype=np.float64)
    weights = np.asarray(mean, dtype=np.float64)
    sigma = np.asarray(covariance, dtype=np.float64)
    noise = np.zeros_like(scores) if spread is None else np.asarray(spread, dtype=np.float64)
    allowed = np.ones(len(scores), dtype=bool) if usable is None else np.asarray(usable, dtype=bool)
    _check(scores, noise, weights, sigma, allowed)

    allowed = allowed & np.isfinite(scores).all(axis=1) & np.isfinite(noise).all(axis=1)
    values = np.full(len(scores), -np.inf)
    if allowed.any():
        kept = scores[allowed]
        centred = kept - kept.mean(axis=0)
        of_weights = np.einsum("nj,jk,nk->n", centred, sigma, centred)
        of_scores = ((noise[allowed] * weights) ** 2).sum(axis=1)
        deviation = np.sqrt(np.maximum(of_weights + of_scores, 0.0))
        values[allowed] = kept @ weights - uncertainty_penalty * deviation
    return Choice(int(np.argmax(values)), values)


@dataclass(frozen=True, slots=True)
class BestOfN:
    """Decode all drafts to their ends and choose one; without a judge, the first is shown as it comes."""

    judge: Judge | None
    drafts: int

    def cells(self, limit: int) -> int:
        """See `Search.cells`."""
        return self.drafts * limit

    def run(
        self, decoder: Decoder, drafts: Sequence[Draft], limit: int, stopped: Callable[[], bool]
    ) -> Iterator[Step]:
        """See `Search.run`."""
        decoder.fork(0, range(1, len(drafts)))
        silent = self.judge is not None and len(drafts) > 1
        for _ in decode(decoder, drafts, limit, stopped):
            yield Step(drafts, 0, 0 if silent else len(drafts[0].tokens))
        leader = 0
        if silent and self.judge is not None and not was_stopped(drafts):
            leader = int(np.argmax(self.judge(drafts)))
        yield Step(drafts, leader, len(drafts[leader].tokens))


def _check(
    scores: NDArray[np.float64],
    noise: NDArray[np.float64],
    weights: NDArray[np.float64],
    sigma: NDArray[np.float64],
    allowed: NDArray[np.bool_],
) -> None:
    count = len(weights)
    fits = scores.ndim == 2 and len(scores) > 0 and scores.shape[1] == count and noise.shape == scores.shape
    if not fits or sigma.shape != (count, count) or allowed.shape != (len(scores),):
        raise ValueError(
            f"traits {scores.shape}, spread {noise.shape}, mean {weights.shape}, covariance {sigma.shape} "
            f"and usable {allowed.shape} do not fit together"
        )
