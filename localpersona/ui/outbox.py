"""Prompts typed while an answer was running, waiting for their turn."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Waiting:
    """A prompt and the chat it belongs to; None: the chat that the running answer is just creating."""

    chat_id: int | None
    text: str


@dataclass
class Outbox:
    """First in, first out; the last one of a chat can be taken back for editing."""

    items: list[Waiting] = field(default_factory=list)

    def add(self, chat_id: int | None, text: str) -> None:
        self.items.append(Waiting(chat_id, text))

    def of(self, chat_id: int | None) -> list[str]:
        """Return what waits in this chat, oldest first."""
        return [item.text for item in self.items if item.chat_id == chat_id]

    @property
    def chats(self) -> set[int | None]:
        """The chats in which something waits."""
        return {item.chat_id for item in self.items}

    def next(self) -> Waiting | None:
        """Remove and return the oldest."""
        return self.items.pop(0) if self.items else None

    def take_back(self, chat_id: int | None) -> str | None:
        """Remove and return the newest of this chat."""
        for index in range(len(self.items) - 1, -1, -1):
            if self.items[index].chat_id == chat_id:
                return self.items.pop(index).text
        return None

    def take_all(self, chat_id: int | None) -> str:
        """Remove all of this chat; return them as one text, a blank line between, "" when none waited."""
        texts = self.of(chat_id)
        self.items = [item for item in self.items if item.chat_id != chat_id]
        return "\n\n".join(texts)

    def created(self, chat_id: int) -> None:
        """The chat that was being created has its id now."""
        self.items = [Waiting(chat_id, i.text) if i.chat_id is None else i for i in self.items]
