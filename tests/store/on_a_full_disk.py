"""Run inside a small file system: does things with fewer and fewer free pages, and checks each time what is left.

    python on_a_full_disk.py FOLDER STEP      prints for each thing, as JSON, whether it was done, by free pages

With each free page more, one more write of SQLite, or of our own, succeeds before the first one that fails; STEP 1
tries them all. What raised must not have happened; what returned must have; and the database must be undamaged.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from stress_store import make_old, problems

from localpersona import paths
from localpersona.store import ChatCopy, MessageCopy, Store, StoreError, inspect
from localpersona.values import Candidate, Comparison

PAGE = 4096
MOST_PAGES = 82
MOST_PAGES_OPENING = 160  # a backup of the whole database is made first
TEXT = "word " * 2_000
OLD_MESSAGES = 20


def add_message(store: Store) -> bool:
    store.add_message(1, None, "user", TEXT)
    return len(store.children(None, 1)) == 2


def finish_answer(store: Store) -> bool:
    candidates = [Candidate(TEXT) for _ in range(3)]
    store.finish_answer(1, text=TEXT, candidates=candidates)
    return store.message(1).text == TEXT and len(store.candidates(1)) == 3


def compare(store: Store) -> bool:
    store.add_comparison(1, Comparison("p", TEXT, TEXT, 1.0))
    return len(store.comparisons(1)) == 1


def import_chat(store: Store) -> bool:
    turns = tuple(MessageCopy("user", TEXT, place - 1 if place else None) for place in range(5))
    chat = store.add_copy(1, ChatCopy("u", "t", "2020", "2020", turns)).chat_id
    return len(store.copy_chat(chat).messages) == 5


def back_up(store: Store) -> bool:
    copy = paths.home() / "copy.db"
    store.back_up(copy)
    return inspect(copy) == ""


def erase(store: Store) -> bool:
    store.erase_everything()
    return store.chats() == []


def compact(store: Store) -> bool:
    store.compact()
    return True


DEEDS: tuple[Callable[[Store], bool], ...] = (
    add_message, finish_answer, compare, import_chat, back_up, erase, compact,
)  # fmt: skip


def main(folder: Path, step: int) -> None:
    os.environ["LOCALPERSONA_HOME"] = str(folder / "home")
    done = {}
    for deed in DEEDS:
        done[deed.__name__] = [outcome(folder, free, deed) for free in range(0, MOST_PAGES, step)]
    done["open"] = [opened(folder, free) for free in range(0, MOST_PAGES_OPENING, 2 * step)]
    print(json.dumps(done))


def outcome(folder: Path, free: int, deed: Callable[[Store], bool]) -> bool:
    """Return whether the deed was done with so many pages free; if not, nothing of it may be there."""
    path = fresh(folder)
    with Store.open(path) as store:
        chat = store.create_chat(store.profile().id, "before")
        store.add_message(chat, None, "assistant", "early")
        fill(folder, free)
        try:
            succeeded = deed(store)
            assert succeeded, "it returned and had not done it"
        except (StoreError, OSError) as error:
            succeeded = False
            assert (
                "full" in str(error) or getattr(error, "errno", 0) == errno.ENOSPC or "disk" in str(error)
            ), error
        readable = [message.text for message in store.path(1)]
        (folder / "filler").unlink()
        if not succeeded:
            assert readable == ["early"], "a refused deed was half done"
            assert len(store.copy_chat(1).messages) == 1 and store.comparisons(1) == []
            assert not (paths.home() / "copy.db").exists()
        store.create_chat(store.profile().id, "there is room again")
    assert problems(path, []) == []
    return succeeded


def opened(folder: Path, free: int) -> bool:
    """Return whether a database of the first version was brought up to date; if not, it must be as it was."""
    path = fresh(folder)
    make_old(path, OLD_MESSAGES)
    fill(folder, free)
    with Store.open(path) as store:
        assert len(store.search("text", limit=100)) == OLD_MESSAGES
        assert not store.in_memory or "Nothing will be kept" in store.notices[-1]
        kept = not store.in_memory
    (folder / "filler").unlink()
    assert problems(path, []) == []
    with Store.open(path) as store:
        assert len(store.search("text", limit=100)) == OLD_MESSAGES
    return kept


def fresh(folder: Path) -> Path:
    """Return the path of a database that does not exist yet, in a home of its own."""
    shutil.rmtree(paths.home(), ignore_errors=True)
    return paths.make_private(paths.home()) / "localpersona.db"


def fill(folder: Path, free: int) -> None:
    """Fill the file system up but for so many pages."""
    with (folder / "filler").open("wb", buffering=0) as file:
        with suppress(OSError):
            while True:
                file.write(bytes(PAGE))
        file.truncate(max(file.tell() - free * PAGE, 0))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
