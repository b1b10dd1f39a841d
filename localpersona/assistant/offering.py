"""When a comparison is offered unasked: when it teaches enough, and so seldom that nobody minds."""

from __future__ import annotations

from localpersona.assistant.taste import UserTaste
from localpersona.assistant.views import Question
from localpersona.store import Store

CLOSEST = 2
"""Answers from one offer to the next at least: never two in a row, whatever the settings say."""


class Offers:
    """Counts answers between offers. The count is in the store, so that a restart does not begin with an offer."""

    def __init__(self, store: Store, taste: UserTaste) -> None:
        self._store = store
        self._taste = taste

    def due(self, question: Question | None, every: int) -> bool:
        """Count one finished answer; return whether to offer its `question` now.

        every: at most one offer in so many answers; 0: none at all. Raises StoreError.
        """
        waiting = self._waiting()
        if waiting:
            self._wait(waiting - 1)
            return False
        if not every or question is None or not question.worth_asking:
            return False
        self._wait(max(every, CLOSEST) - 1)
        return True

    def _waiting(self) -> int:
        text = self._store.state(self._key, "0")
        return int(text) if text.isdecimal() else 0

    def _wait(self, answers: int) -> None:
        self._store.set_state(self._key, str(answers))

    @property
    def _key(self) -> str:
        return f"offer-waits:{self._taste.profile.id}"
