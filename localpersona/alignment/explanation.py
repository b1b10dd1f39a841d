"""Why this answer: the chosen candidate against the runner-up, and against the one said without choosing."""

from __future__ import annotations

from collections.abc import Collection, Sequence

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
    claimed: Collection[str] | None,
) -> Explanation:
    """Explain the choice of `candidates[chosen]` by weights `mean` (J,) of traits `names` and `values` (n,).

    `values` are those of `best_of_n.choose`; candidates with -inf were not eligible. `claimed` names the traits
    of which something may be said of this user; None: nothing was learned at all, the weights are the
    population's. Candidates that were not scored give words without effects.
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
    summary = f"{_choice(effects, count, second, claimed)} {_without_choosing(effects, chosen, second)}"
    return Explanation(summary, tuple(effects), count, instruction)


def _runner_up(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]], chosen: int) -> int | None:
    others = values.copy()
    others[chosen] = -np.inf
    best = int(np.argmax(others))
    return best if np.isfinite(others[best]) else None


def _choice(
    effects: Sequence[TraitEffect], count: int, runner_up: int | None, claimed: Collection[str] | None
) -> str:
    if runner_up is None:
        return f"The only usable one of {count} answers."
    reasons = _reasons([(effect.against_runner_up, effect) for effect in effects])
    if reasons:
        return f"Chosen of {count}: {_words(reasons)} than the runner-up, {_whose_taste(reasons, claimed)}."
    likes = "most people like" if claimed is None else "you like"
    return f"Chosen of {count} by a narrow margin: the best ones were much alike in what {likes}."


def _without_choosing(effects: Sequence[TraitEffect], chosen: int, runner_up: int | None) -> str:
    if chosen == 0:
        return "It is also what the model would have said without choosing."
    if runner_up == 0:
        return "The runner-up is what the model would have said without choosing."
    reasons = _reasons([(effect.against_plain, effect) for effect in effects])
    if reasons:
        return f"Without choosing you would have read another answer; this one is {_words(reasons)}."
    return "Without choosing you would have read another answer, not very different."


def _reasons(effects: Sequence[tuple[float, TraitEffect]]) -> list[TraitEffect]:
    """Return the strongest noticeable effects for the chosen answer."""
    strongest = sorted(effects, key=lambda pair: pair[0], reverse=True)[:NAMED]
    return [effect for value, effect in strongest if value >= NOTICEABLE]


def _words(reasons: Sequence[TraitEffect]) -> str:
    # The chosen answer has more of what the weight asks for: its sign is the direction of the difference.
    return listed([pole(effect.trait, effect.weight).than for effect in reasons])


def _whose_taste(reasons: Sequence[TraitEffect], claimed: Collection[str] | None) -> str:
    if claimed is None:
        return "as most people prefer"
    if any(effect.trait in claimed for effect in reasons):
        return "as you prefer"
    return "as far as your choices tell yet"
