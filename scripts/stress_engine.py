"""Does to the engine what should never happen to it, often: .venv/bin/python scripts/stress_engine.py

Hostile model files, a process that is killed, two hundred turns, stops at any moment, and texts that spell control
tokens. Prints what was found; exit code 1 when something did not hold. `--quick` takes some minutes, all of it about
half an hour on two cores. Needs the test packages (./scripts/test installs them) and, for all parts, Linux.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(1, str(Path(__file__).resolve().parents[1] / "tests"))

from stress import cancels, files, injections, kills, turns

from localpersona.assistant import Assistant
from localpersona.engine.client import EngineClient
from localpersona.engine.protocol import ModelSpec
from localpersona.library import embedded_model
from localpersona.settings import Settings

AMOUNTS = {  # part: (whole, quick)
    "files": (1_000, 50),
    "injections": (1_000, 1_000),
    "cancels": (50, 10),
    "kills": (200, 12),
    "turns": (200, 40),
}


def run(part: str, amount: int, model: str) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["LOCALPERSONA_HOME"] = folder
        if part == "files":
            yield from files.stress(Path(folder), amount)
        elif part == "injections":
            yield from injections.stress(Path(model), amount)
        elif part == "cancels":
            with closing(EngineClient()) as engine:
                engine.load(ModelSpec(model))
                yield from cancels.stress(engine, amount)
        else:
            stress: Callable[[Assistant, int], Iterator[str]] = {
                "kills": kills.stress,
                "turns": turns.stress,
            }[part]
            settings = Settings(max_tokens=80 if part == "kills" else 48)
            with Assistant.open(model=model, settings=settings) as assistant:
                yield from stress(assistant, amount)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(AMOUNTS)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="fewer of everything")
    parser.add_argument("--amount", type=int, help="how many, in place of each part's own number")
    parser.add_argument(
        "--model", default=str(embedded_model()), help="a GGUF file (default: the embedded one)"
    )
    arguments = parser.parse_args()
    unknown = set(arguments.parts) - set(AMOUNTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    held = True
    for part in arguments.parts or AMOUNTS:
        started = time.monotonic()
        for line in run(part, arguments.amount or AMOUNTS[part][arguments.quick], arguments.model):
            held = held and "FAILED" not in line
            print(line, flush=True)
        print(f"{part}: took {time.monotonic() - started:.0f} s", flush=True)
    sys.exit(0 if held else 1)


if __name__ == "__main__":
    main()
