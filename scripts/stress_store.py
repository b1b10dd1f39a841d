"""Kill the store at random moments and see whether it kept its word: .venv/bin/python scripts/stress_store.py

A process chats, compares, imports, backs up, erases or brings an older database up to date, and says after each call
that has returned what was acknowledged. It is killed (SIGKILL) at a random moment, 200 times by default, in turns.
After each time the database is opened: it must be undamaged (every page, foreign keys, the search index against the
messages), need no repair, and hold everything that was acknowledged. Prints one line a job; ends with 1 if not so.
--encrypted does the same to an encrypted database.

A kill is not a power cut: what the operating system has taken, it still writes.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sqlite_utils import Database, Migrations

from localpersona.store import ChatCopy, MessageCopy, Store, convert, inspect, key_for
from localpersona.store.connecting import connect
from localpersona.store.encryption import PASSPHRASE_FILE
from localpersona.store.migrations import m001_first_schema
from localpersona.transfer import store_all
from localpersona.values import Candidate, Comparison

LONGEST_SECONDS = 0.4
"""From the moment that a process begins its work until it is killed."""
OLD_MESSAGES = 3_000
IMPORTED_CHATS, IMPORTED_MESSAGES = 500, 6


def say(*words: object) -> None:
    """Acknowledge: the process that kills reads it."""
    print(*words, flush=True)


def words(number: object) -> str:
    """Return a text that can be told from all others."""
    return f"text {number} " + hashlib.sha256(str(number).encode()).hexdigest() * 20


# What is killed. Each job gets the database and a name that no other round has.


def chat(path: Path, name: str) -> None:
    """Ask and answer as the app does: the answer is written down several times while it runs."""
    with Store.open(path) as store:
        chat_id = store.create_chat(store.profile().id, name)
        say("ready")
        end: int | None = None
        for number in count():
            prompt = store.add_message(chat_id, end, "user", words(f"{name} q{number}"))
            say("message", prompt, f"{name} q{number}")
            end = store.add_message(chat_id, prompt, "assistant", "", state="running")
            for length in (100, 500, 900):
                store.update_message(end, text=words(f"{name} a{number}")[:length])
                say("partial", end, length)
            candidates = [Candidate(words(f"{name} c{number} {other}")) for other in range(4)]
            store.finish_answer(end, text=words(f"{name} a{number}"), candidates=candidates)
            say("message", end, f"{name} a{number}")


def compare(path: Path, name: str) -> None:
    with Store.open(path) as store:
        profile = store.profile().id
        say("ready")
        for number in count():
            said = Comparison(f"{name} {number}", words(number), words(-number), 1.0)
            say("comparison", store.add_comparison(profile, said), f"{name} {number}")


def import_(path: Path, name: str) -> None:
    with Store.open(path) as store:
        profile = store.profile().id
        say("ready")
        for done in store_all(store, profile, imported(name)):
            say("imported", name, done.chats)


def imported(name: str) -> Iterator[ChatCopy]:
    for number in range(IMPORTED_CHATS):
        turns = tuple(
            MessageCopy("user", words(f"{name} {number} {turn}"), turn - 1 if turn else None)
            for turn in range(IMPORTED_MESSAGES)
        )
        yield ChatCopy(f"{name} {number}", name, "2020-01-01", "2020-01-01", turns)


def back_up(path: Path, name: str) -> None:
    with Store.open(path) as store:
        say("ready")
        for number in count():
            copy = path.with_name(f"{name}-{number}.db")
            store.back_up(copy)
            say("backup", copy)


def erase(path: Path, name: str) -> None:
    """Delete chats of one's own and erase them for good, in a database that holds others' chats."""
    with Store.open(path) as store:
        say("ready")
        for number in count():
            chat_id = store.create_chat(store.profile().id, f"{name} {number}")
            store.add_message(chat_id, None, "user", words(name))
            store.delete_chat(chat_id)
            store.erase_deleted()
            store.compact()
            say("erased", chat_id)


def migrate(path: Path, _name: str) -> None:
    """Open a database of the first version, which brings it up to date."""
    say("ready")
    with Store.open(path):
        say("migrated")


JOBS: dict[str, Callable[[Path, str], None]] = {
    "chat": chat,
    "compare": compare,
    "import": import_,
    "back up": back_up,
    "erase": erase,
    "migrate": migrate,
}


# What kills and checks.


def make_old(path: Path, messages: int = OLD_MESSAGES) -> None:
    """Write a database of the first version, with one chat."""
    first = Migrations("localpersona")
    first()(m001_first_schema)
    with closing(sqlite3.connect(path)) as connection:
        first.apply(Database(connection))
        connection.execute("INSERT INTO profiles (name, created) VALUES ('default', '2026')")
        connection.execute(
            "INSERT INTO chats (profile_id, created, updated, touched) VALUES (1, '2026', '2026', 1)"
        )
        connection.executemany(
            "INSERT INTO messages (chat_id, parent_id, role, text, state, created)"
            " VALUES (1, ?, 'user', ?, 'complete', '2026')",
            ((number or None, words(number)) for number in range(messages)),
        )
        connection.commit()


def killed(job: str, path: Path, name: str, seconds: float) -> list[list[str]]:
    """Start a job, kill it so many seconds after it began; return what it acknowledged."""
    with subprocess.Popen(
        [sys.executable, __file__, "--job", job, str(path), name], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(seconds)
        process.kill()
        rest = process.stdout.read()
    if first.strip() != "ready":
        raise RuntimeError(f"the job {job!r} did not begin")
    whole = [line for line in rest.splitlines(keepends=True) if line.endswith("\n")]
    return [line.split(" ", 2) for line in map(str.strip, whole)]


def problems(path: Path, acknowledged: list[list[str]]) -> list[str]:
    """Return what is wrong with a database after a kill; it is repaired by nothing but opening it."""
    with Store.open(path) as store:
        found = [notice for notice in store.notices if "brought up to date" not in notice]
        found += [missing for said in acknowledged if (missing := _missing(store, said))]
    return found + _damage(path)


def _damage(path: Path) -> list[str]:
    with closing(connect(str(path), key_for(path)).conn) as connection:
        found = [row[0] for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
        found += [f"foreign key: {row}" for row in connection.execute("PRAGMA foreign_key_check")]
        for index in ("messages_search", "messages_pairs"):
            try:
                connection.execute(f"INSERT INTO {index} ({index}, rank) VALUES ('integrity-check', 1)")
            except sqlite3.DatabaseError as error:
                found.append(f"search index {index}: {error}")
    return found


def _missing(store: Store, said: list[str]) -> str:
    """Return what is missing of something that was acknowledged; "" when nothing is."""
    match said:
        case ["message", number, name]:
            message = store.message(int(number))
            there = message.state == "complete" and message.text == words(name)
        case ["partial", number, length]:
            message = store.message(int(number))
            there = len(message.text) >= int(length) and message.state != "running"
        case ["comparison", number, name]:
            rows = store.comparisons(store.profile().id)
            there = any(row.id == int(number) and row.comparison.prompt == name for row in rows)
        case ["imported", name, chats]:
            copies = [chat for chat in store.chats(limit=10**9) if chat.title == name]
            whole = [len(store.copy_chat(chat.id).messages) == IMPORTED_MESSAGES for chat in copies]
            there = len(copies) >= int(chats) and all(whole)
        case ["backup", *file]:
            there = inspect(Path(" ".join(file))) == ""
        case ["erased", number]:
            there = not any(chat.id == int(number) for chat in store.chats(include_deleted=True, limit=10**9))
        case _:
            there = said == ["migrated"] and len(store.search("text", limit=10**6)) == OLD_MESSAGES
    return "" if there else "lost: " + " ".join(said)


def stress(
    folder: Path, kills: int, seed: int, jobs: list[str], passphrase: str | None = None
) -> dict[str, Counter[str]]:
    """Kill so many times, in turns; return for each job how often what happened. Raises AssertionError."""
    chance = random.Random(seed)
    results = {job: Counter[str]() for job in jobs}
    shared = folder / "localpersona.db"
    make_old(folder / "old.db")
    Store.open(shared).close()
    if passphrase is not None:
        for database in (shared, folder / "old.db"):
            convert(database, passphrase)
    for number in range(kills):
        job = jobs[number % len(jobs)]
        path = shared
        if job == "migrate":
            path = folder / f"migrate-{number}" / "localpersona.db"
            path.parent.mkdir()
            shutil.copy(folder / "old.db", path)
        acknowledged = killed(job, path, f"round{number}", chance.uniform(0, LONGEST_SECONDS))
        # What an old database held was acknowledged before the job began.
        wrong = problems(path, [*acknowledged, ["migrated"]] if job == "migrate" else acknowledged)
        assert not wrong, f"kill {number}, {job}: {wrong[:3]}"
        results[job].update(kills=1, acknowledged=len(acknowledged))
        if job == "migrate":
            shutil.rmtree(path.parent)
        for copy in (*folder.glob("round*.db"), *folder.glob(".round*.unfinished*")):
            copy.unlink()
    return results


def to_be_asked(folder: Path) -> str:
    """Put a passphrase where every process from here on finds it, and return it."""
    file = folder / "passphrase"
    file.write_text(words("passphrase"), encoding="utf-8")
    file.chmod(0o600)
    os.environ[PASSPHRASE_FILE] = str(file)
    return words("passphrase")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=200, help="how many (default 200)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--encrypted", action="store_true", help="an encrypted database")
    parser.add_argument("--job", nargs=3, metavar=("JOB", "DATABASE", "NAME"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.job:
        job, path, name = arguments.job
        JOBS[job](Path(path), name)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        passphrase = to_be_asked(Path(folder)) if arguments.encrypted else None
        try:
            results = stress(Path(folder), arguments.kills, arguments.seed, list(JOBS), passphrase)
        except AssertionError as error:
            print(error)
            return 1
    for job, counted in results.items():
        print(
            f"{job:8} {counted['kills']:4} kills, {counted['acknowledged']:6} acknowledged, none lost, no damage"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
