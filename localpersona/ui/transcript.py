"""A chat as the screen shows it: one path through the tree of messages. Every function may block."""

from __future__ import annotations

from dataclasses import dataclass

from localpersona.store import ChatRow, MessageRow, Store


@dataclass(frozen=True, slots=True)
class Shown:
    """One message on screen and its place among its siblings."""

    row: MessageRow
    position: int = 1
    """1-based, oldest sibling first."""
    siblings: int = 1
    """Itself included."""

    @property
    def id(self) -> int:
        return self.row.id

    @property
    def is_answer(self) -> bool:
        return self.row.role == "assistant"

    @property
    def can_continue(self) -> bool:
        """Whether the answer ended before the model was done."""
        cut = self.row.finish_reason in ("length", "cancelled", "failed") or self.row.state in (
            "stopped",
            "failed",
        )
        return self.is_answer and cut and self.row.state != "running" and bool(self.row.text.strip())


@dataclass(frozen=True, slots=True)
class Transcript:
    """The shown path of one chat, root first."""

    chat: ChatRow
    messages: tuple[Shown, ...]

    @property
    def unsent(self) -> int:
        """How many of the oldest messages no longer reached the model at the last answer."""
        for shown in reversed(self.messages):
            if shown.is_answer and shown.row.statistics is not None:
                return shown.row.statistics.dropped_turns
        return 0


def read(store: Store, chat_id: int) -> Transcript:
    """Return the path that the chat shows. Raises StoreError."""
    chat = store.chat(chat_id)
    rows = [] if chat.last_message_id is None else store.path(chat.last_message_id)
    return Transcript(chat, tuple(_placed(store, row) for row in rows))


def step(store: Store, message_id: int, by: int) -> bool:
    """Show the sibling `by` places further (round and round); return whether there is another one."""
    siblings = store.siblings(message_id)
    if len(siblings) < 2:
        return False
    index = [sibling.id for sibling in siblings].index(message_id)
    target = siblings[(index + by) % len(siblings)]
    store.set_last_message(target.chat_id, store.leaf(target.id))
    return True


def show_branch(store: Store, message_id: int) -> None:
    """Let the message's chat show the branch that it is in, to its newest end; the shown one if it is in that."""
    chat = store.chat(store.message(message_id).chat_id)
    shown = store.path(chat.last_message_id) if chat.last_message_id is not None else []
    if message_id not in {row.id for row in shown}:
        store.set_last_message(chat.id, store.leaf(message_id))


def _placed(store: Store, row: MessageRow) -> Shown:
    ids = [sibling.id for sibling in store.siblings(row.id)]
    return Shown(row, ids.index(row.id) + 1 if row.id in ids else 1, max(len(ids), 1))
