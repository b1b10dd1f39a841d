"""Choosing between two answers in a chat: offered now and then, asked for any time, taken back with one key."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal

from localpersona.assistant import Learned
from localpersona.settings import FIELDS
from localpersona.ui.screens.chat.again import Again
from localpersona.ui.screens.chat.meant import Meant
from localpersona.ui.screens.chat.status import Status
from localpersona.ui.screens.compare import CompareScreen
from localpersona.ui.stage import Stage
from localpersona.ui.widgets.conversation import Conversation
from localpersona.ui.widgets.prompt_box import PromptBox

if TYPE_CHECKING:
    from localpersona.assistant import Assistant

_TO = "<Esc|chat.to_messages>"
_UNDO = f"{_TO} <u|message.undo> takes it back"
OFFER = f"{_TO} <c|message.compare>: choose between two answers · {_TO} <o|message.offers>: never offer this"


class Comparing:
    """What the chat screen does about comparisons."""

    def __init__(
        self,
        stage: Stage,
        assistant: Assistant,
        conversation: Conversation,
        box: PromptBox,
        meant: Meant,
        again: Again,
        status: Status,
    ) -> None:
        self._stage = stage
        self._assistant = assistant
        self._conversation = conversation
        self._box = box
        self._meant = meant
        self._again = again
        self._status = status
        self._wanted = False
        """Whether the answer being written shall be asked about: the two before it were both bad."""

    def compare(self) -> None:
        """Ask about the answer that is meant."""
        if (answer_id := self._meant.stored_answer()) is not None:
            self._stage.start(self._ask(answer_id))

    async def _ask(self, answer_id: int, *, versions: bool = True) -> None:
        question = await asyncio.to_thread(self._assistant.comparable, answer_id, versions=versions)
        if question is None:
            self._stage.tell(
                self._stage.keys(
                    "The new answers came out alike; <r|message.regenerate> writes another."
                    if not versions
                    else "There is nothing left to compare here. Answer again (<r|message.regenerate>) gives new "
                    "candidates."
                )
            )
            return

        def take(result: Learned | Literal["both bad"] | None) -> None:
            if isinstance(result, Learned):
                self.show(result, answer_id)
            elif result is not None:
                self._both_bad(answer_id)

        self._stage.show(CompareScreen(question), take)

    def show(self, learned: Learned, answer_id: int) -> None:
        """Say what was learned under the answer that it was learned from, where it stays."""
        for view in self._conversation.answers:
            undo = self._stage.keys(_UNDO)
            view.offer(f"{said(learned)} · {undo}" if view.message_id == answer_id else "")
        self._stage.start(self._status.show())

    def _both_bad(self, answer_id: int) -> None:
        self._stage.tell("Two new answers are being written. Nothing was learned about your taste.")
        self._wanted = self._again.beside(answer_id, candidates=max(self._assistant.settings.candidates, 2))

    async def offer(self, answer_id: int) -> None:
        """Point at a comparison of the answer just finished, when it is time for one and it would teach enough."""
        wanted, self._wanted = self._wanted, False
        question = await asyncio.to_thread(self._assistant.offer, answer_id)
        if wanted and not self._box.text and self._stage.is_on_top:
            await self._ask(answer_id, versions=False)
            return
        for view in self._conversation.answers:
            offered = (question is not None or wanted) and view.message_id == answer_id
            view.offer(self._stage.keys(OFFER) if offered else "")

    def toggle_offers(self) -> None:
        """Never offer comparisons any more; or do so again."""
        self._stage.start(self._toggle_offers())

    async def _toggle_offers(self) -> None:
        every = 0 if self._assistant.settings.offer_every else _DEFAULT
        await asyncio.to_thread(lambda: self._assistant.update_settings(offer_every=every))
        self._withdraw_offers()
        self._stage.tell(
            self._stage.keys(
                "Comparisons are offered now and then; <o|message.offers> ends that."
                if every
                else "No more offers. <c|message.compare> still compares, <o|message.offers> offers again."
            )
        )

    def undo(self) -> None:
        """Take the last choice back."""
        self._stage.start(self._undo())

    async def _undo(self) -> None:
        undone = await asyncio.to_thread(self._assistant.undo)
        self._withdraw_offers()
        self._stage.tell("There is no choice to take back." if undone is None else undone.summary)
        await self._status.show()

    def _withdraw_offers(self) -> None:
        for view in self._conversation.answers:
            view.offer()

    async def learn_from_kept(self, prompt_id: int) -> None:
        """Learn from which of several answers the user went on from, if they agreed to that."""
        learned = await asyncio.to_thread(self._assistant.learn_from_kept, prompt_id)
        if learned is not None:
            self._stage.tell(f"You went on with this version. {said(learned)}\n{self._stage.keys(_UNDO)}.")
            await self._status.show()


def said(learned: Learned) -> str:
    """Return what was learned with how much stands behind it: "You seem to prefer …: 8 comparisons"."""
    if not learned.summary.startswith("You "):  # nothing is claimed, so there is nothing to back up
        return learned.summary
    count = learned.profile.comparisons
    return f"{learned.summary.rstrip('.')}: {count} comparison{'' if count == 1 else 's'} so far"


_DEFAULT = next(int(info.default) for info in FIELDS if info.name == "offer_every")
