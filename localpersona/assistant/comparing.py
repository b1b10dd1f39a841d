"""Two candidates of an answer to choose between, and what a choice taught."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations

import numpy as np

from localpersona.alignment.knowledge import Known, what_is_known
from localpersona.alignment.wording import pole
from localpersona.assistant.taste import Pair, UserTaste
from localpersona.assistant.views import Learned, ProfileView, Question
from localpersona.preferences import Weights, question_gains
from localpersona.preferences.arrays import Array
from localpersona.rewards.traits import TASTES
from localpersona.store import Store
from localpersona.values import Candidate, Comparison

WORTH_ASKING = 0.05
"""Gain (`question_gains` by "variance", which needs no pool) from which a comparison is offered unasked. In a
trial with simulated users the best pair of four candidates reached it nearly always at first, in two of three
answers after ten comparisons, in one of three after thirty and one of eight after sixty: the offer fades as there
is less to learn."""
NOTICEABLE = 0.15
"""Movement of a weight, in its former standard deviations, that is worth a sentence."""
CONFIRMING = 0.02
"""Movement, likewise, from which a comparison is said to speak for what was known before."""
HINT = 0.4
"""How far, in its standard deviations, a weight must be from neutral before even "perhaps" is said."""
NOTHING_CLEAR = "Noted; no clear change yet."


def comparable(
    prompt: str, candidates: Sequence[Candidate], taste: UserTaste, message_id: int
) -> Question | None:
    """Return the two candidates whose comparison teaches most, in a random but stable order, if any.

    Only responses that ended alike are compared: a whole one against one cut at its limit would be judged by
    that. Pairs that were compared before are not offered again.
    """
    compared = taste.compared()
    pairs = [
        (first, second)
        for first, second in _pairs(candidates)
        if frozenset({(prompt, first.text), (prompt, second.text)}) not in compared
    ]
    if not pairs:
        return None
    scores = _scores(prompt, candidates, taste)
    scored = [pair for pair in pairs if pair[0].text in scores and pair[1].text in scores]
    if not scored:
        return None
    differences = [np.subtract(scores[first.text], scores[second.text]) for first, second in scored]
    gains = question_gains(taste.weights(), differences, "variance")
    best = int(np.argmax(gains))
    first, second = scored[best]
    if swapped(taste.name, message_id):
        first, second = second, first
    return Question(
        prompt,
        first.text,
        second.text,
        "chat",
        scores[first.text],
        scores[second.text],
        message_id=message_id,
        worth_asking=bool(gains[best] >= WORTH_ASKING),
    )


def compare(
    store: Store,
    taste: UserTaste,
    portrait: Callable[[], ProfileView],
    question: Question,
    outcome: float | None,
    message_id: int | None,
) -> Learned:
    """Store what the user said of a question and return what it taught. Raises ValueError, StoreError."""
    if outcome not in (None, 0.0, 0.5, 1.0):
        raise ValueError(f"an outcome is 1 (first), 0 (second), 0.5 (a tie) or None (skipped), not {outcome}")
    before = taste.weights()
    comparison = Comparison(question.prompt, question.first, question.second, outcome, question.source)
    size = len(taste.prior.names)

    def work() -> int:
        if len(question.traits_first) == len(question.traits_second) == size:
            pairs: list[Pair] = [(question.prompt, question.first), (question.prompt, question.second)]
            taste.remember_scores(pairs, [question.traits_first, question.traits_second])
        return store.add_comparison(
            taste.profile.id, comparison, message_id=message_id, question_id=question.question_id
        )

    comparison_id = store.together(work)
    summary = "Skipped; nothing changed." if outcome is None else what_changed(before, taste.weights())
    return Learned(summary, portrait(), comparison_id)


def undo(store: Store, taste: UserTaste, portrait: Callable[[], ProfileView]) -> Learned | None:
    """Take back the profile's last comparison, skipped ones included; None when there is none."""
    last = store.last_comparison(taste.profile.id)
    if last is None:
        return None
    store.delete_comparison(last.id)
    what = (
        "the last comparison no longer counts"
        if last.comparison.outcome is not None
        else "it can be asked again"
    )
    return Learned(f"Taken back: {what}.", portrait(), last.id)


def what_changed(before: Weights, after: Weights) -> str:
    """Say what a comparison taught about taste: of the traits that moved, the one that is surest by now."""
    moved = (after.mean - before.mean) / np.sqrt(np.diag(before.covariance))
    noticed = [
        index for index, name in enumerate(after.names) if name in TASTES and abs(moved[index]) >= NOTICEABLE
    ]
    earlier, known = what_is_known(before), what_is_known(after)
    if not noticed:
        return _confirmed(after, known, moved)
    # How far each weight is by now on the side that it moved to.
    sides = {index: float(np.sign(moved[index])) * known[index].mean / known[index].sd for index in noticed}
    top = max(sides, key=sides.__getitem__)
    towards = pole(after.names[top], float(moved[top])).prefers
    alone = len(after.importance) < 2  # then it is rather the prior that claims
    if sides[top] > 0 and known[top].claimed and not alone:
        return f"You seem to prefer {towards}."
    if sides[top] >= HINT:
        return f"Perhaps you prefer {towards}; a few more comparisons will tell."
    if earlier[top].claimed and earlier[top].mean * moved[top] < 0:
        return f"Noted: this one speaks for {towards}, unlike what you chose before."
    return NOTHING_CLEAR


def _confirmed(after: Weights, known: Sequence[Known], moved: Array) -> str:
    """Say which known taste the comparison spoke for most, though it hardly moved any more; if there is one."""
    towards = {
        index: abs(float(moved[index]))
        for index, name in enumerate(after.names)
        if name in TASTES and known[index].claimed and known[index].mean * moved[index] > 0
    }
    top = max(towards, key=towards.__getitem__, default=None)
    if top is None or towards[top] < CONFIRMING:
        return NOTHING_CLEAR
    return f"You still seem to prefer {pole(after.names[top], known[top].mean).prefers}."


def swapped(profile: str, question: object) -> bool:
    """Say whether to show the second response first: a coin that always falls the same way for a question.

    Random across questions, so that a habit of pressing 1 says nothing about taste; stable, so that what was
    on screen before a restart is there again.
    """
    return random.Random(f"{profile}:{question}").random() < 0.5


def _pairs(candidates: Sequence[Candidate]) -> Iterator[tuple[Candidate, Candidate]]:
    ended = {  # an answer comes as its own candidate and as a version of itself
        candidate.text: candidate
        for candidate in reversed(candidates)
        if candidate.finish_reason in ("stop", "length") and candidate.text.strip()
    }
    for first, second in combinations(reversed(ended.values()), 2):
        if first.finish_reason == second.finish_reason and first.text.split() != second.text.split():
            yield first, second


def _scores(prompt: str, candidates: Sequence[Candidate], taste: UserTaste) -> dict[str, tuple[float, ...]]:
    """Return the trait scores of each text; those the answer came with, else the reward model's of now."""
    size = len(taste.prior.names)
    scores = {candidate.text: candidate.traits for candidate in candidates if len(candidate.traits) == size}
    missing = [
        candidate.text for candidate in candidates if candidate.text.strip() and candidate.text not in scores
    ]
    found = taste.scores([(prompt, text) for text in missing])
    return scores | {text: row for text, row in zip(missing, found, strict=True) if row is not None}
