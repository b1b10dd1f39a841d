"""How fast a large database is: .venv/bin/python scripts/bench_store.py

Builds a database of a million messages in 20,000 chats (ten to twenty minutes, 1.5 GB, in a temporary folder) and
prints, in milliseconds, medians, 95th percentiles and maxima of what a user waits for:

start   opening the store, as the app does before its first paint; the whole command `localpersona history list`
list    the newest 500 chats
open    the shown branch of a chat
search  the newest 20 hits, for queries with common and rare words, phrases and unfinished words
write   one message, or one finished answer with four candidates, on disk when the time is taken

The texts are made of 40,000 invented words whose frequencies fall as those of English do (Zipf), 20 words a prompt and
120 an answer. `--unspaced 0.2` writes a fifth of the chats in a script without spaces instead, and searches those, too.
`--encrypted` measures an encrypted database. `--messages 50000 --chats 1000` builds in half a minute; `--database FILE`
keeps it for another run.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from localpersona.store import ChatCopy, MessageCopy, Store, convert
from localpersona.store.encryption import PASSPHRASE_FILE
from localpersona.transfer import store_all
from localpersona.values import Candidate

WORDS, PROMPT, ANSWER = 40_000, 20, 120
HAN = [chr(code) for code in range(0x4E00, 0x4E00 + 4_000)]
BEGINNINGS = "bcdfghklmnprstvw"
ENDINGS = ("a", "e", "i", "o", "u", "ar", "en", "is", "or", "ea", "ou", "al", "ast", "int")


class Language:
    """Invented words, the most frequent first."""

    def __init__(self, seed: int = 0) -> None:
        self._random = np.random.default_rng(seed)
        syllables = [beginning + ending for beginning in BEGINNINGS for ending in ENDINGS]
        words: dict[str, None] = {}
        while len(words) < WORDS:
            words["".join(self._random.choice(syllables, self._random.integers(1, 5)))] = None
        self.words = list(words)
        share = 1 / np.arange(1, WORDS + 1)
        self._shares = np.cumsum(share / share.sum())

    def text(self, length: int) -> str:
        places = np.searchsorted(self._shares, self._random.random(length))
        return " ".join([self.words[place] for place in places])

    def word(self, first: int, last: int) -> str:
        """Return a word whose place by frequency is in [first, last)."""
        return self.words[int(self._random.integers(first, last))]

    def queries(self, number: int) -> dict[str, list[str]]:
        """Return so many of each kind; common is one of the 200 most frequent words, rare one of the last 20,000."""
        common = [self.word(0, 200) for _ in range(number)]
        rare = [self.word(20_000, WORDS) for _ in range(number)]
        others = [self.word(0, 200) for _ in range(number)]
        mixed = list(zip(common, rare, others, strict=True))
        return {
            "common": common,
            "rare": rare,
            "common common": [f"{first} {other}" for first, _, other in mixed],
            "common rare": [f"{first} {second}" for first, second, _ in mixed],
            "rare common": [f"{second} {first}" for first, second, _ in mixed],
            '"common common"': [f'"{first} {other}"' for first, _, other in mixed],
            "unfinished (2-5 letters)": [self.word(0, 2_000)[: 2 + place % 4] for place in range(number)],
            "common unfinished": [f"{first} {other[:4]}" for first, _, other in mixed],
            "nothing": ["qqx" + first for first in common],
        }


class Characters(Language):
    """Invented words of one to three Han characters, written without spaces; sentences end in a full stop."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__(seed)
        random = np.random.default_rng(seed)
        # Characters, too, are common and rare: a few hundred make up most of a text.
        places = (len(HAN) * random.random((WORDS, 3)) ** 3).astype(int)
        lengths = random.integers(1, 4, WORDS)
        self.words = [
            "".join(HAN[place] for place in row[:length]) for row, length in zip(places, lengths, strict=True)
        ]

    def text(self, length: int) -> str:
        return "。".join(super(Characters, self).text(10).replace(" ", "") for _ in range(length // 10))

    def queries(self, number: int) -> dict[str, list[str]]:
        """Return so many of each kind, by how many characters are looked for."""
        long = [self.text(10)[2:6] for _ in range(number)]
        return {
            "one character": [text[0] for text in long],
            "two characters": [text[:2] for text in long],
            "four characters": long,
            "any two": [text[0] + other[0] for text, other in zip(long, reversed(long), strict=True)],
        }


def chats(languages: list[Language], number: int, messages: int, share: float) -> Iterator[ChatCopy]:
    """Yield chats of equal length, spread over five years, a share of them in the second language."""
    start = datetime(2021, 1, 1, tzinfo=UTC)
    length = messages // number
    for place in range(number):
        language = languages[int((place + 1) * share) > int(place * share)]
        when = (start + timedelta(days=5 * 365 * place / number)).isoformat(timespec="milliseconds")
        turns = tuple(
            MessageCopy("user", language.text(PROMPT), turn - 1 if turn else None, created=when)
            if turn % 2 == 0
            else MessageCopy("assistant", language.text(ANSWER), turn - 1, created=when)
            for turn in range(length)
        )
        yield ChatCopy(f"bench:{place}", language.text(10)[:20], when, when, turns)


def build(path: Path, made: Iterable[ChatCopy]) -> None:
    started = time.perf_counter()
    with Store.open(path) as store:
        for done in store_all(store, store.profile().id, made):
            if done.chats % 1000 == 0:
                print(
                    f"\r{done.messages:,} messages, {time.perf_counter() - started:.0f} s",
                    end="",
                    file=sys.stderr,
                )
    print(file=sys.stderr)


def encrypt(path: Path, folder: Path) -> None:
    """Make an empty encrypted database, and let this process and its children open it."""
    file = folder / "passphrase"
    file.touch(mode=0o600)
    file.write_text("a passphrase for benchmarks")
    os.environ[PASSPHRASE_FILE] = str(file)
    if not path.exists():
        Store.open(path).close()
        convert(path, file.read_text())


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - started)


def report(what: str, times: Iterable[float]) -> list[float]:
    """Print one line; return the times."""
    ordered = sorted(times)
    p95 = ordered[int(0.95 * (len(ordered) - 1))]
    print(f"{what:36} {len(ordered):5} {statistics.median(ordered):9.2f} {p95:9.2f} {ordered[-1]:9.2f}")
    return ordered


def command(path: Path) -> None:
    root = Path(__file__).resolve().parents[1]
    environment = {**os.environ, "LOCALPERSONA_HOME": str(path.parent), "PYTHONPATH": str(root)}
    subprocess.run(
        [sys.executable, "-m", "localpersona", "history", "list"],
        env=environment,
        check=True,
        capture_output=True,
    )


def measure(path: Path, languages: list[Language], repeats: int) -> None:
    size = path.stat().st_size
    print(f"{'milliseconds':36} {'n':>5} {'median':>9} {'p95':>9} {'max':>9}")
    report("start: open the store", [timed(lambda: Store.open(path).close()) for _ in range(5)])
    report("start: localpersona history list", [timed(lambda: command(path)) for _ in range(3)])
    with Store.open(path) as store:
        report("list: 500 chats", [timed(store.chats) for _ in range(repeats)])
        ends = [chat.last_message_id or 0 for chat in store.chats(limit=20 * repeats)[::20]]
        report("open: one chat", [timed(partial(store.path, end)) for end in ends])
        everything: list[float] = []
        for language in languages:
            for kind, queries in language.queries(repeats).items():
                times = [timed(partial(store.search, query, limit=20)) for query in queries]
                everything += report(f"search: {kind}", times)
        report("search: all together", everything)
        for language in languages:
            writes(store, language, repeats)
    print(f"size: {size / 1e6:,.0f} MB")


def writes(store: Store, language: Language, repeats: int) -> None:
    chat = store.create_chat(store.profile().id, "bench")
    prompts = [language.text(PROMPT) for _ in range(repeats)]
    report(
        "write: a prompt", [timed(partial(store.add_message, chat, None, "user", text)) for text in prompts]
    )
    answers = []
    for text in prompts:
        message = store.add_message(chat, None, "assistant", "", state="running")
        candidates = [Candidate(language.text(ANSWER)) for _ in range(4)]
        work = partial(
            store.finish_answer, message, text=f"{text} {candidates[0].text}", candidates=candidates
        )
        answers.append(timed(work))
    report("write: a finished answer", answers)
    report("write: a draft", [timed(partial(store.set_draft, "new", text)) for text in prompts])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--messages", type=int, default=1_000_000, help="how many (default 1,000,000)")
    parser.add_argument("--chats", type=int, default=20_000, help="how many (default 20,000)")
    parser.add_argument("--unspaced", type=float, default=0, help="share of chats without spaces (default 0)")
    parser.add_argument(
        "--encrypted", action="store_true", help="encrypt it, and open it with the passphrase"
    )
    parser.add_argument("--repeats", type=int, default=200, help="of each measurement (default 200)")
    parser.add_argument(
        "--database", type=Path, help="a file named localpersona.db to build, or to use if it exists"
    )
    arguments = parser.parse_args()
    languages = [Language(), Characters()] if arguments.unspaced else [Language()]
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.database or Path(folder) / "localpersona.db"
        there = path.exists()
        if arguments.encrypted:
            encrypt(path, Path(folder))
        if not there:
            build(path, chats(languages, arguments.chats, arguments.messages, arguments.unspaced))
        measure(path.absolute(), languages, arguments.repeats)


if __name__ == "__main__":
    main()
