"""Which question of the shipped bank a new user is asked next."""

from __future__ import annotations

from functools import cached_property

from localpersona.assistant.comparing import swapped
from localpersona.assistant.taste import UserTaste
from localpersona.assistant.views import Question
from localpersona.preferences import knows_enough, next_question
from localpersona.rewards import Questions, question_bank
from localpersona.store import Store

TOTAL = 10
"""Answers in a round; PReF's curves are steep until there: ROC-AUC 0.83 after 10, 0.88 after 40 (arXiv 2503.06358)."""
FEWEST = 6
"""Answers before the first round may end early: so that a few alike do not end it."""


class Onboarding:
    """Rounds of questions. What was answered is in the store, so that a round resumes where it stopped."""

    def __init__(self, store: Store, taste: UserTaste) -> None:
        self._store = store
        self._taste = taste

    def answered(self) -> int:
        """Return how many answers this round has; skipped questions do not count."""
        return max(self._answers() - self._round_start(), 0)

    def next_question(self) -> Question | None:
        """Return the question that teaches most now; None when the round is complete or the bank exhausted.

        The first round is complete, too, when another answer would hardly teach anything. Later ones were
        asked for.
        """
        answered = self.answered()
        if answered >= TOTAL or len(self._bank) == 0:
            return None
        asked = {row.question_id for row in self._taste.rows()}
        indices = [index for index, name in enumerate(self._bank.id) if str(name) in asked]
        weights, differences = self._taste.weights(), self._bank.differences
        first_round = self._round_start() == 0
        if first_round and answered >= FEWEST and knows_enough(weights, differences, indices):
            return None
        found = next_question(weights, differences, indices)
        return None if found is None else self._question(found)

    def begin_round(self) -> None:
        """Ask TOTAL more questions, from now on."""
        self._store.set_state(self._key, str(self._answers()))

    def restart(self) -> None:
        """Begin the first round again, after everything was forgotten."""
        self._store.set_state(self._key, "0")

    @property
    def _key(self) -> str:
        return f"onboarding-round:{self._taste.profile.id}"

    def _answers(self) -> int:
        return sum(
            row.question_id is not None and row.comparison.outcome is not None for row in self._taste.rows()
        )

    def _round_start(self) -> int:
        start = self._store.state(self._key, "0")
        # An answer of a former round may have been taken back since.
        return min(int(start), self._answers()) if start.isdecimal() else 0

    @cached_property
    def _bank(self) -> Questions:
        return question_bank()

    def _question(self, index: int) -> Question:
        bank, name = self._bank, str(self._bank.id[index])
        sides = [(bank.first[index], bank.traits[index][0]), (bank.second[index], bank.traits[index][1])]
        if swapped(self._taste.name, name):
            sides.reverse()
        # Scores of another reward model still order the questions; as evidence they would be wrong.
        current = bank.version == self._taste.prior.version
        first, second = (tuple(map(float, traits)) if current else () for _, traits in sides)
        return Question(
            bank.prompt[index], sides[0][0], sides[1][0], "onboarding", first, second, question_id=name
        )
