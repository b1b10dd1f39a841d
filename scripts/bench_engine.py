#!/usr/bin/env python3
"""What the engine costs against its rivals, in one run: .venv/bin/python scripts/bench_engine.py

The rivals are a bare loop of `llama_decode` (the least that decoding can take) and llama-cpp-python's own
`create_chat_completion` (what most programs call). Same model, same threads, same number of tokens; the runs take
turns, so that a machine that slows down slows all of them, and ratios of medians are what to look at.

    scripts/bench_engine.py                                  # everything; about 40 minutes on two cores
    scripts/bench_engine.py --quick                          # a few minutes, rough
    scripts/bench_engine.py --only searches,gains --prompts questions.jsonl
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from importlib import resources
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("GOMP_SPINCOUNT", "1000")  # as the engine's child has it; read when llama.cpp is loaded

from demo_two_users import PROMPTS
from engine_bench import decoding, searching
from engine_bench.ours import Ours, among_eight, searches
from engine_bench.rivals import BareLoop, HighLevel, be_quiet
from llama_cpp import llama_cpp

from localpersona.engine.machine import physical_cores
from localpersona.library import embedded_model

PARTS = ("decoding", "context", "first", "turns", "searches", "gains", "memory")
CONTEXT = 8192
_QUESTION_KEYS = ("prompt", "instruction", "question")


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="localpersona-bench-", ignore_cleanup_errors=True) as home:
        os.environ["LOCALPERSONA_HOME"] = home  # the model's speed is measured now, and not remembered
        _run(options)


def _run(options: argparse.Namespace) -> None:
    be_quiet()
    print(f"{Path(options.model).name} on {_processor()}, {options.threads} threads")
    print(f"llama-cpp-python {version('llama-cpp-python')}: {_flags()}")
    bare = BareLoop(options.model, options.threads)
    rival = HighLevel(options.model, options.threads, CONTEXT)
    with closing(Ours(options.model, options.threads, CONTEXT)) as ours:
        if ours.info.speed is not None:
            speed = ours.info.speed
            print(
                f"measured when first used: {1 / speed.prompt_token:.0f} tokens/s of a prompt; a step takes "
                f"{1000 * speed.step:.1f} ms and {1000 * speed.row:.1f} ms for each candidate"
            )
        for part, lines in _parts(options, ours, bare, rival):
            print(f"\n{part}")
            for line in lines:
                print(f"  {line}", flush=True)


def _parts(
    options: argparse.Namespace, ours: Ours, bare: BareLoop, rival: HighLevel
) -> Iterator[tuple[str, list[str]]]:
    rounds, tokens = options.rounds, options.tokens
    ways = searches(ours.info.speed, tokens)
    room = ours.info.context_length - 64
    lengths = [length for length in (64, 512, 1024, 2048, 4096) if length < room] + [room]
    work: dict[str, Callable[[], list[str]]] = {
        "memory": lambda: _memory(ours, "after loading"),
        "decoding": lambda: decoding.side_by_side(ours, bare, (1, 2, 4, 8, 16, 32), min(tokens, 64), rounds),
        "context": lambda: decoding.with_context(ours, bare, lengths, 16, min(rounds, 2)),
        "first": lambda: decoding.first_text(ours, rival, 2 * rounds),
        "turns": lambda: decoding.in_conversation(ours, rival, options.turns),
        "searches": lambda: searching.times(ours, rival, ways, tokens, rounds, _tell),
        "gains": lambda: searching.gains(
            ours, among_eight(), prompts(options.prompts)[: options.gain_prompts], options.gain_tokens, _tell
        ),
    }
    for part, lines in work.items():
        if part in options.only:
            _tell(part)
            yield part, lines()
    if "memory" in options.only:
        yield "memory", _memory(ours, "at the end")


def _memory(ours: Ours, when: str) -> list[str]:
    megabytes = ours.memory()
    return [f"{when}: {megabytes:.0f} MB resident" if megabytes else f"{when}: cannot be told here"]


def prompts(path: str | None) -> list[str]:
    """Return the prompts of a file (JSON lines, or plain ones), or everyday ones that nothing was trained on."""
    if path is None:
        text = resources.files("localpersona.bench").joinpath("prompts.txt").read_text(encoding="utf-8")
        return [line for line in text.splitlines() if line.strip() and not line.startswith("#")] + [*PROMPTS]
    lines = [line for line in Path(path).read_text(encoding="utf-8").splitlines() if line.strip()]
    return list(dict.fromkeys(_question(line) if line.startswith("{") else line for line in lines))


def _question(line: str) -> str:
    row = json.loads(line)
    if "turns" in row:
        return str(row["turns"][0])
    return str(next(row[key] for key in _QUESTION_KEYS if key in row))


def _processor() -> str:
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _flags() -> str:
    flags = llama_cpp.llama_print_system_info().decode()
    return ", ".join(part.strip() for part in flags.split("|") if part.strip().endswith("= 1"))


def _tell(what: str) -> None:
    print(what, file=sys.stderr)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--model", default=str(embedded_model()), help="a GGUF file; the embedded one by default"
    )
    parser.add_argument("--threads", type=int, default=physical_cores(), help="default: the physical cores")
    parser.add_argument("--only", default=",".join(PARTS), help=f"some of {','.join(PARTS)}")
    parser.add_argument(
        "--tokens", type=int, default=200, help="per answer whose time is taken (default 200)"
    )
    parser.add_argument("--rounds", type=int, default=5, help="how often each is run (default 5)")
    parser.add_argument("--turns", type=int, default=100, help="of the conversation (default 100)")
    parser.add_argument("--prompts", help="a file of questions for the gains; about a hundred come along")
    parser.add_argument("--gain-prompts", type=int, default=102, help="how many of them (default: all 102)")
    parser.add_argument("--gain-tokens", type=int, default=128, help="longest answer to them (default 128)")
    parser.add_argument("--quick", action="store_true", help="two rounds, 64 tokens, 10 turns, 8 prompts")
    options = parser.parse_args()
    options.only = options.only.split(",")
    if unknown := set(options.only) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    if options.quick:
        options.rounds, options.tokens, options.turns, options.gain_prompts = 2, 64, 10, 8
    return options


if __name__ == "__main__":
    main()
