"""The engine's process is killed at random moments: nothing that was shown is lost, and the next answer comes."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress

from localpersona.assistant import Assistant
from localpersona.engine.client import EngineClient
from localpersona.events import Accepted, Delta, Event, Failed, Finished
from stress.processes import children, open_files, progress, resident

_SIGNALS = (signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGTERM)
_PROMPT = "Tell me about a lighthouse."
_WARM_UP = 10  # kills before memory is compared: caches fill at first


def stress(assistant: Assistant, kills: int) -> Iterator[str]:
    """Yields lines to print; the last says "passed" or "FAILED"."""
    chance = random.Random(0)
    outcomes: Counter[str] = Counter()
    problems: list[str] = []
    seconds = {plain: _seconds(assistant, plain) for plain in (True, False)}
    before = resident(), open_files(), threading.active_count()
    with suppress(KeyboardInterrupt):  # Ctrl-C: enough, what was found until then is printed
        for number in range(kills):
            progress("kills", number, kills)
            if number == min(_WARM_UP, kills // 2):
                before = resident(), open_files(), threading.active_count()
            outcome, problem = _one(assistant, chance, seconds)
            outcomes[outcome] += 1
            problem += _next_answer(assistant)
            zombies = _lasting_zombies()
            if zombies:
                problem += f"; zombies {zombies}"
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


def _lasting_zombies() -> list[int]:
    """Return the zombies among the children that are still there after a while: each is one for a moment."""
    deadline = time.monotonic() + 5.0
    while zombies := [pid for pid, state in children().items() if state == "Z"]:
        if time.monotonic() > deadline:
            return zombies
        time.sleep(0.05)
    return []


def _next_answer(assistant: Assistant) -> str:
    """Ask something, and stop at the first words; return what went wrong."""
    with closing(assistant.stream("And now?", plain=True, save=False)) as events:
        last = next((event for event in events if isinstance(event, Delta | Failed | Finished)), None)
    return "" if isinstance(last, Delta) else f"; the next answer failed: {last}"


def _seconds(assistant: Assistant, plain: bool) -> float:
    """Return how long an answer takes whose process is not killed, once everything is loaded."""
    started = 0.0
    for _ in range(2):
        started = time.monotonic()
        list(assistant.stream(_PROMPT, plain=plain, save=False))
    return time.monotonic() - started


def _one(assistant: Assistant, chance: random.Random, seconds: Mapping[bool, float]) -> tuple[str, str]:
    """Kill the child during one answer; return when that was, and what went wrong."""
    plain = chance.random() < 0.7
    ended = threading.Event()
    number, delay = chance.choice(_SIGNALS), chance.uniform(0.0, seconds[plain])
    killer = threading.Thread(target=_kill, args=(assistant, number, delay, ended))
    killer.start()
    shown, answer_id = "", None
    last: Event | None = None
    for last in assistant.stream(_PROMPT, plain=plain):
        if isinstance(last, Accepted):
            answer_id = last.answer_id
        elif isinstance(last, Delta) and not last.reasoning:
            shown += last.text
    ended.set()
    killer.join()
    assert answer_id is not None
    stored = assistant.store.message(answer_id)
    if isinstance(last, Finished):
        return (
            "unnoticed: asked again by itself, or complete already",
            "" if last.reply.text == stored.text else "text differs",
        )
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
