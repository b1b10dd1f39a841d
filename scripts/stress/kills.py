"""The engine's process is killed at random moments: nothing that was shown is lost, and the next answer comes."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress

from localpersona.assistant import Assistant
from localpersona.engine.client import EngineClient
from localpersona.events import Accepted, Delta, Event, Failed, Finished
from stress.processes import children, open_files, progress, resident

_SIGNALS = (signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGTERM)
_WARM_UP = 10  # kills before memory is compared: caches fill at first


def stress(assistant: Assistant, kills: int) -> Iterator[str]:
    """Yields lines to print; the last says "passed" or "FAILED"."""
    chance = random.Random(0)
    outcomes: Counter[str] = Counter()
    problems: list[str] = []
    before = resident(), open_files(), threading.active_count()
    with suppress(KeyboardInterrupt):  # Ctrl-C: enough, what was found until then is printed
        for number in range(kills):
            progress("kills", number, kills)
            if number == min(_WARM_UP, kills // 2):
                before = resident(), open_files(), threading.active_count()
            outcome, problem = _one(assistant, chance)
            outcomes[outcome] += 1
            zombies = [pid for pid, state in children().items() if state == "Z"]
            if zombies:
                problem += f"; zombies {zombies}"
            problem += _next_answer(assistant)
            if problem:
                problems.append(f"kill {number}: {problem}")
    after = resident(), open_files(), threading.active_count()
    left = len(children())
    yield f"kills: {outcomes.total()}: " + ", ".join(
        f"{count} {what}" for what, count in outcomes.most_common()
    )
    yield f"kills: the app's memory {before[0]:.0f} → {after[0]:.0f} MB, open files {before[1]} → {after[1]}, "
    yield f"kills: threads {before[2]} → {after[2]}, child processes now {left}"
    if after[0] > before[0] * 1.05 + 5 or after[1] > before[1] + 3 or left > 1:
        problems.append("something was leaked")
    yield from problems
    yield "kills: FAILED" if problems else "kills: passed (no text lost, no zombie, every next answer came)"


def _next_answer(assistant: Assistant) -> str:
    """Ask something, and stop at the first words; return what went wrong."""
    with closing(assistant.stream("And now?", plain=True, save=False)) as events:
        last = next((event for event in events if isinstance(event, Delta | Failed | Finished)), None)
    return "" if isinstance(last, Delta) else f"; the next answer failed: {last}"


def _one(assistant: Assistant, chance: random.Random) -> tuple[str, str]:
    """Kill the child during one answer; return when that was, and what went wrong."""
    best_of = chance.random() < 0.3
    ended = threading.Event()
    number, delay = chance.choice(_SIGNALS), chance.uniform(0.0, 2.5 if best_of else 1.2)
    killer = threading.Thread(target=_kill, args=(assistant, number, delay, ended))
    killer.start()
    shown, answer_id = "", None
    last: Event | None = None
    for last in assistant.stream("Tell me about a lighthouse.", plain=not best_of):
        if isinstance(last, Accepted):
            answer_id = last.answer_id
        elif isinstance(last, Delta) and not last.reasoning:
            shown += last.text
    ended.set()
    killer.join()
    assert answer_id is not None
    stored = assistant.store.message(answer_id)
    if isinstance(last, Finished):
        return "too late, the answer was complete", "" if last.reply.text == stored.text else "text differs"
    if not isinstance(last, Failed):
        return "nothing", f"it ended with {last}"
    problem = "" if shown == last.partial == stored.text else f"shown {shown!r}, stored {stored.text!r}"
    if stored.state != "failed" or len(last.message.splitlines()) > 2:
        problem += f"; state {stored.state}, said {last.message!r}"
    return "in the middle of the text" if shown else "before any text", problem


def _kill(assistant: Assistant, number: signal.Signals, delay: float, ended: threading.Event) -> None:
    """Send the signal after the delay, as soon as there is a process to send it to."""
    assert isinstance(assistant.engine, EngineClient)
    if ended.wait(delay):
        return
    while not ended.is_set():
        pid = assistant.engine.pid
        if pid is not None:
            with suppress(OSError):
                os.kill(pid, number)
            return
        time.sleep(0.001)
