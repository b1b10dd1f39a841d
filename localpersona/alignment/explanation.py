"""Why this answer: the chosen candidate against the runner-up and against what would have been said without
choosing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from localpersona.alignment.wording import listed, pole
from localpersona.values import Candidate, Explanation, TraitEffect

NOTICEABLE = 0.1
"""Difference in reward (log-odds of being preferred) from which a trait is worth a word."""
NAMED = 3
"""Traits in one sentence."""


def explain(
    candidates: Sequence[Candidate],
    chosen: int,
    mean: ArrayLike,
    names: Sequence[str],
    values: ArrayLike,
    instruction: str = "",
    *,
    personal: bool = True,
) -> Explanation:
    """Explain the choice of `candidates[chosen]` by weights `mean` (J,) of traits `names` and `values` (n,).

    `values` are those of `best_of_n.choose`; candidates with -inf were not eligible. `personal` False: the
    weights are the population's, nothing being known of this user. Candidates that were not scored give words
    without effects.
    """
    count = len(candidates)
    if count < 2 or any(len(candidate.traits) != len(names) for candidate in candidates):
        return Explanation(
            "The model's own answer: there was nothing to choose between.", (), count, instruction
        )
    weights = np.asarray(mean, dtype=np.float64)
    scores = np.array([candidate.traits for candidate in candidates], dtype=np.float64)
    second = _runner_up(np.asarray(values, dtype=np.float64), chosen)
    runner_up = weights * (scores[chosen] - scores[second]) if second is not None else np.zeros(len(names))
    plain = weights * (scores[chosen] - scores[0])
    effects = [
        TraitEffect(name, float(weights[j]), float(scores[chosen, j]), float(runner_up[j]), float(plain[j]))
        for j, name in enumerate(names)
    ]
    effects.sort(key=lambda effect: (abs(effect.against_runner_up), abs(effect.against_plain)), reverse=True)
    summary = f"{_choice(effects, count, second, personal)} {_without_choosing(effects, chosen)}"
    return Explanation(summary, tuple(effects), count, instruction)


def _runner_up(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]], chosen: int) -> int | None:
    others = values.copy()
    others[chosen] = -np.inf
    best = int(np.argmax(others))
    return best if np.isfinite(others[best]) else None


def _choice(effects: Sequence[TraitEffect], count: int, runner_up: int | None, personal: bool) -> str:
    if runner_up is None:
        return f"The only usable one of {count} answers."
    whose = "as you prefer" if personal else "as most people prefer"
    reasons = _reasons((effect.against_runner_up, effect) for effect in effects)
    if reasons:
        return f"Chosen of {count}: {reasons} than the runner-up, {whose}."
    return f"Chosen of {count} by a narrow margin: the best ones were much alike in what {_likes(personal)}."


def _without_choosing(effects: Sequence[TraitEffect], chosen: int) -> str:
    if chosen == 0:
        return "It is also what the model would have said without choosing."
    reasons = _reasons((effect.against_plain, effect) for effect in effects)
    if reasons:
        return f"Without choosing you would have read another answer; this one is {reasons}."
    return "Without choosing you would have read another answer, not very different."


def _reasons(effects: Iterable[tuple[float, TraitEffect]]) -> str:
    """Return the strongest noticeable effects for the chosen answer, in words."""
    strongest = sorted(effects, key=lambda pair: pair[0], reverse=True)[:NAMED]
    # The chosen answer has more of what the weight asks for: its sign is the direction of the difference.
    return listed(
        [pole(effect.trait, effect.weight).than for value, effect in strongest if value >= NOTICEABLE]
    )


def _likes(personal: bool) -> str:
    return "you like" if personal else "most people like"
