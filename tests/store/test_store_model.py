"""The store against a few lists that say what it should hold, after any sequence of calls and restarts."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from localpersona.store import Store

SAID = ("apple", "banana", "cherry", "睡眠")
WORDS = st.sampled_from(SAID)


@dataclass
class Chat:
    id: int
    title: str = ""
    deleted: bool = False
    messages: dict[int, Message] = field(default_factory=dict)
    shown: int | None = None


@dataclass
class Message:
    chat: Chat
    id: int
    parent: Message | None
    text: str
    running: bool

    @property
    def path(self) -> list[int]:
        return [*(self.parent.path if self.parent else []), self.id]


class StoreAgainstLists(RuleBasedStateMachine):
    chats = Bundle("chats")
    messages = Bundle("messages")
    running = Bundle("running")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.store = Store.open(self.folder / "localpersona.db")
        self.order: list[Chat] = []
        """The one used last comes first."""

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)

    @rule(target=chats)
    def begin(self) -> Chat:
        chat = Chat(self.store.create_chat(self.store.profile().id))
        self.order.insert(0, chat)
        return chat

    @rule(target=messages, chat=chats, text=WORDS)
    def ask(self, chat: Chat, text: str) -> Message:
        return self._add(chat, None, text, running=False)

    @rule(target=messages, after=messages, text=WORDS)
    def go_on(self, after: Message, text: str) -> Message:
        return self._add(after.chat, after, text, running=False)

    @rule(target=running, after=messages, text=WORDS)
    def answer(self, after: Message, text: str) -> Message:
        return self._add(after.chat, after, text, running=True)

    def _add(self, chat: Chat, parent: Message | None, text: str, running: bool) -> Message:
        message_id = self.store.add_message(
            chat.id, parent and parent.id, "user", text, state="running" if running else "complete"
        )
        message = chat.messages[message_id] = Message(chat, message_id, parent, text, running)
        chat.shown = message_id
        self.order.remove(chat)
        self.order.insert(0, chat)
        return message

    @rule(target=messages, message=consumes(running), text=WORDS)
    def finish(self, message: Message, text: str) -> Message:
        self.store.finish_answer(message.id, text=text)
        message.text, message.running = text, False
        return message

    @rule(message=messages)
    def show(self, message: Message) -> None:
        self.store.set_last_message(message.chat.id, message.id)
        message.chat.shown = message.id

    @rule(chat=chats, title=WORDS)
    def rename(self, chat: Chat, title: str) -> None:
        self.store.rename_chat(chat.id, title)
        chat.title = title

    @rule(chat=chats, deleted=st.booleans())
    def delete_or_restore(self, chat: Chat, deleted: bool) -> None:
        (self.store.delete_chat if deleted else self.store.restore_chat)(chat.id)
        chat.deleted = deleted

    @rule()
    def restart(self) -> None:
        self.store.close()
        self.store = Store.open(self.folder / "localpersona.db")
        assert self.store.notices == ()
        for message in (message for chat in self.order for message in chat.messages.values()):
            message.running = False  # stopped, with the text so far

    @rule()
    def bring_in_own_copies(self) -> None:
        for chat in self.order:
            before = self.store.copy_chat(chat.id)
            if not chat.deleted:
                assert self.store.add_copy(self.store.profile().id, before).messages == 0
                assert self.store.copy_chat(chat.id) == before

    @invariant()
    def chats_are_listed_by_use(self) -> None:
        listed = [(row.id, row.title, row.last_message_id) for row in self.store.chats()]
        assert listed == [(chat.id, chat.title, chat.shown) for chat in self.order if not chat.deleted]

    @invariant()
    def branches_are_what_was_said(self) -> None:
        for chat in self.order:
            for message in chat.messages.values():
                assert [row.id for row in self.store.path(message.id)] == message.path
            roots = [message.id for message in chat.messages.values() if message.parent is None]
            assert [row.id for row in self.store.children(None, chat.id)] == roots

    @invariant()
    def search_finds_exactly_what_can_be_seen(self) -> None:
        seen = [chat for chat in self.order if not chat.deleted]
        for word in SAID:
            ended = [m for chat in seen for m in chat.messages.values() if m.text == word and not m.running]
            hits = self.store.search(word)
            assert [hit.chat_id for hit in hits if hit.message_id is None] == [
                c.id for c in seen if c.title == word
            ]
            found = [hit.message_id for hit in hits if hit.message_id is not None]
            assert found == sorted((message.id for message in ended), reverse=True)


StoreAgainstLists.TestCase.settings = settings(
    derandomize=True, deadline=None, max_examples=15, stateful_step_count=25
)
TestStoreAgainstLists = StoreAgainstLists.TestCase
