"""How long a key takes to appear while eight candidates decode: .venv/bin/python scripts/bench_ui.py

Runs the real app without a terminal, with the real engine and the embedded model, in a throw-away home. While
an answer is being chosen among eight candidates, keys are sent to the prompt box, and two times are taken:

key   from the key event to the character standing in the prompt box
loop  how late a timer of 5 ms fires, which is what every other key and repaint would wait

For comparison the same is measured before, with nothing running. Prints medians, 95th percentiles and maxima.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from textual import events

from localpersona.assistant import Assistant
from localpersona.settings import Settings
from localpersona.ui.app import LocalPersonaApp
from localpersona.ui.widgets.prompt_box import PromptBox

PROMPT = "Explain how a bicycle stays upright, with all the details."


async def key_times(app: LocalPersonaApp, keys: int) -> list[float]:
    """Return seconds from each key event to its character in the prompt box, one key every 50 ms."""
    box = app.chat.query_one(PromptBox)
    times = []
    for _ in range(keys):
        length = len(box.text)
        started = time.perf_counter()
        app.post_message(events.Key("x", "x"))
        while len(box.text) == length:
            await asyncio.sleep(0)
        times.append(time.perf_counter() - started)
        await asyncio.sleep(0.05)
    return times


async def loop_delays(stop: asyncio.Event) -> list[float]:
    """Return by how many seconds a timer of 5 ms was late, each time, until `stop` is set."""
    delays = []
    while not stop.is_set():
        started = time.perf_counter()
        await asyncio.sleep(0.005)
        delays.append(time.perf_counter() - started - 0.005)
    return delays


async def measure(app: LocalPersonaApp, keys: int, label: str) -> None:
    stop = asyncio.Event()
    watching = asyncio.create_task(loop_delays(stop))
    pressed = await key_times(app, keys)
    stop.set()
    for name, times in (("key", pressed), ("loop", await watching)):
        ordered = sorted(1000 * seconds for seconds in times)
        p95 = ordered[int(0.95 * (len(ordered) - 1))]
        print(f"{label:28} {name:5} {statistics.median(ordered):7.1f} {p95:7.1f} {ordered[-1]:7.1f}")


async def bench(keys: int, candidates: int) -> None:
    settings = Settings(candidates=candidates, max_tokens=1024)
    with Assistant.open(settings=settings) as assistant:
        assistant.greeted()
        app = LocalPersonaApp(assistant)
        async with app.run_test(size=(120, 40)) as pilot:
            while assistant.engine.info is None:
                await asyncio.sleep(0.1)
            print(f"{'milliseconds':28} {'':5} {'median':>7} {'p95':>7} {'max':>7}")
            box = app.chat.query_one(PromptBox)
            await measure(app, keys, "nothing running")
            box.text = PROMPT
            await pilot.press("enter")
            while not assistant.engine.busy:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.5)
            await measure(app, keys, f"{candidates} candidates decoding")
            print(f"still decoding at the end: {'yes' if assistant.engine.busy else 'no'}")
            assistant.cancel()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--keys", type=int, default=100, help="how many keys (default 100)")
    parser.add_argument("--candidates", type=int, default=8, help="how many candidates (default 8)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["LOCALPERSONA_HOME"] = home
        asyncio.run(bench(arguments.keys, arguments.candidates))


if __name__ == "__main__":
    main()
