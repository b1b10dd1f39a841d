"""What is learned, if the user agreed to it, from what they keep: one of several answers, or their own edit."""

from __future__ import annotations

from collections.abc import Callable

from localpersona.assistant.taste import UserTaste
from localpersona.assistant.views import Question
from localpersona.store import MessageRow, Store, StoreError
from localpersona.values import Candidate

EDITED = "edited by you"
"""Stands where other answers name the model that wrote them."""


class Keeping:
    """Finds the comparison in going on from an answer beside which there is another; stores edited answers."""

    def __init__(
        self, chats: Store, taste: UserTaste, candidates_of: Callable[[int], tuple[Candidate, ...]]
    ) -> None:
        self._chats = chats
        self._taste = taste
        self._candidates_of = candidates_of

    def chat_in(self, chats: Store) -> None:
        """Find answers in this store from now on."""
        self._chats = chats

    def versions(self, answer_id: int) -> tuple[Candidate, ...]:
        """Return all finished answers to the same prompt that the user can have read, this one included."""
        if self._chats.message(answer_id).role != "assistant":
            return ()
        rows = [row for row in self._chats.siblings(answer_id) if row.state == "complete"]
        return tuple(
            Candidate(row.text, finish_reason=row.finish_reason or "stop", traits=self._scores(row))
            for row in rows
        )

    def gone_on_from(self, prompt_id: int) -> Question | None:
        """Return the answer that this prompt follows (first) beside the newest of its rejected alternatives.

        None when it follows none, when there is no alternative that ended alike, or when the two were compared
        before.
        """
        path = self._chats.path(prompt_id)
        if len(path) < 3 or path[-1].role != "user":
            return None
        kept = path[-2]
        others = [row for row in self._chats.siblings(kept.id) if row.id != kept.id and _like(row, kept)]
        return self._question(path[-3].text, kept, others[-1]) if others else None

    def edit(self, answer_id: int, text: str) -> Question | None:
        """Store the user's own wording of an answer beside it; return the comparison that lies in that.

        Raises StoreError: when there is no such answer, when it is still written, or when nothing was changed.
        """
        path = self._chats.path(answer_id)
        if len(path) < 2 or path[-1].role != "assistant" or path[-1].state == "running":
            raise StoreError("There is no finished answer to edit.")
        former, asked = path[-1], path[-2]
        if not text.strip() or text.split() == former.text.split():
            raise StoreError("Nothing was changed in the answer, so it stays as it is.")
        new = self._chats.add_message(former.chat_id, asked.id, "assistant", text, model=EDITED)
        edited = self._chats.message(new)
        return self._question(asked.text, edited, former) if former.text.strip() else None

    def _question(self, prompt: str, kept: MessageRow, other: MessageRow) -> Question | None:
        pair = frozenset({(prompt, kept.text), (prompt, other.text)})
        if kept.text.split() == other.text.split() or pair in self._taste.compared():
            return None
        first, second = (self._scores(row) for row in (kept, other))
        return Question(prompt, kept.text, other.text, "kept", first, second, message_id=kept.id)

    def _scores(self, row: MessageRow) -> tuple[float, ...]:
        """Return what the answer scored when it was chosen; empty when it was changed since, or never scored."""
        same = (candidate for candidate in self._candidates_of(row.id) if candidate.text == row.text)
        return next((candidate.traits for candidate in same), ())


def _like(other: MessageRow, kept: MessageRow) -> bool:
    """Whether the user had two whole answers before their eyes: one that broke off is not rejected by taste."""
    whole = all(row.state == "complete" and row.text.strip() for row in (other, kept))
    return whole and (kept.model == EDITED or other.finish_reason == kept.finish_reason)
