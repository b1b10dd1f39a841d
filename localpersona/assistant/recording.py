"""Writing an answer down while it comes, so that no crash of anything takes more than a second of it."""

from __future__ import annotations

from time import monotonic

from localpersona.alignment.reasoning import with_reasoning
from localpersona.store import MessageState, Store, StoreError
from localpersona.values import FinishReason, Reply

SAVE_SECONDS = 0.8
"""At least once a second, said the promise; the rest is for the disk."""

_STATES: dict[FinishReason, MessageState] = {
    "stop": "complete",
    "length": "complete",
    "cancelled": "stopped",
    "failed": "failed",
}


class Record:
    """One answer: its text so far and, when it is saved, its row in the store.

    A store that stops working (disk full) does not stop the answer: writing returns the problem in words
    instead of raising, once, and tries again with the next write.
    """

    def __init__(
        self,
        store: Store | None,
        *,
        chat_id: int | None = None,
        prompt_id: int | None = None,
        message_id: int | None = None,
        text: str = "",
        reasoning: str = "",
    ) -> None:
        """`store` None: nothing is written. `text`, `reasoning`: what a continued answer already has."""
        self._store = store
        self.chat_id = chat_id
        self.prompt_id = prompt_id
        self.message_id = message_id
        self.text = text
        self.reasoning = reasoning
        self.continued = bool(text or reasoning)
        self._begun = (text, reasoning)
        self._saved_at = monotonic()
        self._saved_size = len(text) + len(reasoning)
        self._told = False
        self._ended = False

    @property
    def continuation(self) -> str:
        """What the model has already said of this answer, as it said it."""
        return with_reasoning(*self._begun)

    def whole(self, text: str, reasoning: str) -> tuple[str, str]:
        """Return the answer's (text, reasoning), given what was generated this time."""
        return self._begun[0] + text, self._begun[1] + reasoning

    def add(self, text: str, *, reasoning: bool) -> None:
        if reasoning:
            self.reasoning += text
        else:
            self.text += text

    def save_partial(self) -> str:
        """Write what is new, at most about once a second; return a problem to tell the user, mostly ""."""
        size = len(self.text) + len(self.reasoning)
        if size == self._saved_size or monotonic() - self._saved_at < SAVE_SECONDS:
            return ""
        self._saved_at, self._saved_size = monotonic(), size
        return self._write(state="running")

    def finish(self, reply: Reply, *, version: str, keep_candidates: bool) -> str:
        """Write the finished answer with its candidates; return a problem or ""."""
        self.text, self.reasoning = reply.text, reply.reasoning
        self._ended = True
        if self._store is None or self.message_id is None:
            return ""
        if self.continued:  # its candidates were stored when it was chosen
            return self._write(state=_STATES[reply.finish_reason], reply=reply)
        try:
            self._store.finish_answer(
                self.message_id,
                text=reply.text,
                reasoning=reply.reasoning,
                state=_STATES[reply.finish_reason],
                finish_reason=reply.finish_reason,
                statistics=reply.statistics,
                candidates=reply.candidates if keep_candidates else (),
                chosen=reply.chosen if keep_candidates else 0,
                version=version,
            )
        except StoreError as error:
            return self._lost(error)
        return ""

    def end(self, reason: FinishReason) -> str:
        """Write what there is of an answer that was stopped or failed; return a problem or "".

        Does nothing when it is finished.
        """
        if self._ended:
            return ""
        self._ended = True
        return self._write(state=_STATES[reason], reason=reason)

    def _write(
        self, *, state: MessageState, reason: FinishReason | None = None, reply: Reply | None = None
    ) -> str:
        if self._store is None or self.message_id is None:
            return ""
        try:
            self._store.update_message(
                self.message_id,
                text=self.text,
                reasoning=self.reasoning,
                state=state,
                finish_reason=reply.finish_reason if reply else reason,
                statistics=reply.statistics if reply else None,
            )
        except StoreError as error:
            return self._lost(error)
        return ""

    def _lost(self, error: StoreError) -> str:
        told, self._told = self._told, True
        return "" if told else f"This answer could not be stored. {error}"
