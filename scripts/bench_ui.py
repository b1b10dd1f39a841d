"""How soon the app is there, and how long a key takes to appear: .venv/bin/python scripts/bench_ui.py

Runs the real app as a user does, in a terminal of its own (a pseudo-terminal of 120×40), with the embedded model, in a
throw-away home with 1,000 stored chats. The last of them holds an answer of 2,000 lines, and is opened at the start.

first paint   from starting the process to the first frame with the prompt box; the file cache is warm
last chat     the same, to the end of the long answer on screen

nothing       from a key on the terminal's input to its letter in the terminal's output, with nothing running
whole         the same while eight whole answers decode
blocks        the same while an answer is searched for block by block, as --patience says

The answers run in the chat with the long answer, of which the app draws the end until it is asked for all. Each key is
a letter that was never typed before, so its first appearance is the moment. Prints medians, 95th percentiles and
maxima in milliseconds.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from localpersona import paths
from localpersona.settings import Settings, save
from localpersona.store import Store

ROOT = Path(__file__).resolve().parents[1]
CHATS, TURNS, LINES = 1000, 5, 2000
END = "the very end of it"
PROMPT = "Explain how a bicycle stays upright, with all the details."
LETTERS = [chr(code) for start, end in ((0x410, 0x450), (0x531, 0x557), (0x561, 0x587), (0x10D0, 0x10F1))
           for code in range(start, end)]  # fmt: skip
"""Cyrillic, Armenian, Georgian: one cell wide each, and in none of the texts."""


def fill() -> None:
    """Store the chats; the last one ends with a long answer, and was open when the app ended."""
    with Store.open() as store:
        store.together(lambda: _fill(store))


def _fill(store: Store) -> None:
    profile = store.profile().id
    for number in range(CHATS):
        chat, last = store.create_chat(profile, f"Chat {number}"), None
        for turn in range(TURNS):
            last = store.add_message(chat, last, "user", f"Question {turn} of chat {number}?")
            last = store.add_message(chat, last, "assistant", "An answer of some words. " * 20)
    last = store.add_message(chat, last, "user", "A long one, please.")
    store.add_message(chat, last, "assistant", long_answer())
    store.set_state("welcomed", "yes")
    store.set_state("last_chat", str(chat))


def long_answer() -> str:
    """Return Markdown of 2,000 lines: headings, paragraphs, lists and code."""
    part = ["## A part", "", *["Some words of a paragraph that go on for a while."] * 5, ""]
    part += [*["- an item of a list"] * 5, "", "```python", *["value = function(value, 1)"] * 10, "```", ""]
    return "\n".join([*part * (LINES // len(part)), END])


class Terminal:
    """The app in a terminal of its own."""

    def __init__(self) -> None:
        self.started = time.perf_counter()
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        environment = {
            **os.environ,
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "PYTHONPATH": str(ROOT),
        }
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # the first start warms that cache, too
        self._process = subprocess.Popen(
            [sys.executable, "-m", "localpersona"],
            stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        self._ours = ours
        self.output = bytearray()

    def type(self, text: str) -> int:
        """Type a text; return where in the output what comes of it begins."""
        os.write(self._ours, text.encode())
        return len(self.output)

    def until(self, text: str, since: int = 0, seconds: float = 120.0) -> float:
        """Read until the text has been put out, from `since` on; return the time. Raises TimeoutError."""
        wanted, deadline = text.encode(), time.perf_counter() + seconds
        while time.perf_counter() < deadline:
            if wanted in self.output[since:]:
                return time.perf_counter()
            since = max(since, len(self.output) - len(wanted))
            self._read(0.1)
        raise TimeoutError(f"{text!r} did not appear in {seconds} s")

    def rest(self, seconds: float) -> None:
        """Let the app go on, reading what it puts out."""
        deadline = time.perf_counter() + seconds
        while (left := deadline - time.perf_counter()) > 0:
            self._read(left)

    def _read(self, seconds: float) -> None:
        if select.select([self._ours], [], [], seconds)[0]:
            with contextlib.suppress(OSError):  # the app has ended
                self.output += os.read(self._ours, 1 << 16)

    def key_times(self, letters: list[str]) -> list[float]:
        """Return the seconds from each key to its letter on the screen, about twelve keys a second."""
        times = []
        for letter in letters:
            pressed = time.perf_counter()
            times.append(self.until(letter, self.type(letter)) - pressed)
            self.rest(0.08)
        return times

    def close(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        while self._process.poll() is None:
            self.rest(0.1)
        os.close(self._ours)


def report(what: str, times: list[float]) -> None:
    ordered = sorted(1000 * seconds for seconds in times)
    p95 = ordered[round(0.95 * (len(ordered) - 1))]
    print(
        f"{what:36} {len(ordered):4} {statistics.median(ordered):8.1f} {p95:8.1f} {ordered[-1]:8.1f}",
        flush=True,
    )


def starts(number: int) -> None:
    painted, opened = [], []
    for index in range(number + 1):
        terminal = Terminal()
        first = terminal.until("sk anything") - terminal.started
        last = terminal.until(END) - terminal.started
        terminal.close()
        if index:  # the first one warms the cache
            painted.append(first)
            opened.append(last)
    report(f"first paint, {CHATS:,} chats", painted)
    report(f"last chat open, {LINES:,} lines", opened)


def keys(what: str, settings: Settings, letters: list[str], *, asking: bool) -> None:
    save(settings, paths.settings())
    with (
        Store.open() as store
    ):  # what was typed before is a draft now: its letters would make the prompt foreign
        store.set_draft(str(store.chats()[0].id), "")
    terminal = Terminal()
    try:
        terminal.until(END)
        terminal.until("SmolLM2")  # it is loaded
        terminal.rest(1.0)
        if asking:
            terminal.until("choosing among", terminal.type(PROMPT + "\r"))
        report(what, terminal.key_times(letters))
        if asking:
            counts = re.findall(rb"choosing among (\d+)", terminal.output)
            ended = "" if _answering() else "; THE ANSWER HAD ENDED: use fewer keys"
            print(f"  {max(map(int, counts))} candidates at a time{ended}", flush=True)
    finally:
        terminal.close()


def _answering() -> bool:
    with Store.open() as store:
        chat = store.chats()[0]
        return store.path(chat.last_message_id or 0)[-1].state == "running"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--starts", type=int, default=10, help="how many starts (default 10)")
    parser.add_argument("--keys", type=int, default=100, help="how many keys, at most 173 (default 100)")
    parser.add_argument(
        "--patience", default="balanced", help="balanced (default): a few candidates; best: more"
    )
    arguments = parser.parse_args()
    letters = LETTERS[: arguments.keys]
    with tempfile.TemporaryDirectory() as home:
        os.environ["LOCALPERSONA_HOME"] = home
        fill()
        print(f"{'milliseconds':36} {'n':>4} {'median':>8} {'p95':>8} {'max':>8}")
        starts(arguments.starts)
        blocks = Settings(max_tokens=2048, hints=False, patience=arguments.patience)
        keys("key, nothing running", blocks, letters, asking=False)
        keys("key, whole answers", replace(blocks, candidates=8), letters, asking=True)
        keys("key, block by block", blocks, letters, asking=True)


if __name__ == "__main__":
    main()
