"""Chats into the store, a few at a time: what a killed import has stored stays, and it is simply run again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from time import sleep

from localpersona.store import Added, ChatCopy, Store

_AT_ONCE = 20  # chats in one transaction: each waits for the disk, and other processes wait for it
_PAUSE_SECONDS = 0.02
"""Between two of them: SQLite has no queue, and who asks again now and then would meet a locked database each time."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What an import did."""

    chats: int = 0
    """How many were new."""
    known: int = 0
    """How many were there already."""
    messages: int = 0
    """How many messages were new, in either."""


def store_all(store: Store, profile_id: int, chats: Iterable[ChatCopy]) -> Iterator[Stored]:
    """Store chats; yield, whenever some are on disk, what was done so far. Raises StoreError."""
    done = Stored()
    waiting = iter(chats)
    while some := list(islice(waiting, _AT_ONCE)):
        done = _sum(done, _together(store, profile_id, some))
        yield done
        sleep(_PAUSE_SECONDS)


def _together(store: Store, profile_id: int, chats: list[ChatCopy]) -> list[Added]:
    return store.together(lambda: [store.add_copy(profile_id, chat) for chat in chats])


def _sum(done: Stored, added: Iterable[Added]) -> Stored:
    for one in added:
        done = Stored(done.chats + one.new, done.known + (not one.new), done.messages + one.messages)
    return done
