"""Malformed and hostile model files: a list of well-thought-out ones, and any number of random ones."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from engine.hostile_gguf import BAD, ODD, TEMPLATES, model  # from tests/
from engine.tiny_gguf import write_gguf

from localpersona.engine.client import EngineClient
from localpersona.engine.protocol import EngineError, GenerateRequest, ModelError, ModelSpec
from localpersona.values import Sampling, Turn

LIMIT = 20.0  # seconds to a clear line


def stress(folder: Path, random_files: int) -> Iterator[str]:
    """Load each file, then a good one. Yields lines to print; the last says "passed" or "FAILED"."""
    good = ModelSpec(str(write_gguf(folder / "good.gguf")))
    outcomes: Counter[str] = Counter()
    slowest, problems = (0.0, ""), []
    with closing(EngineClient()) as engine:
        for name, make in _files(random_files):
            path = folder / "bad.gguf"
            path.unlink(missing_ok=True)
            make(path)
            started = time.monotonic()
            outcome = _outcome(engine, path)
            seconds = time.monotonic() - started
            slowest = max(slowest, (seconds, name))
            outcomes[outcome] += 1
            if seconds > LIMIT or outcome == "unclear" or not _works(engine, good):
                problems.append(f"{name}: {outcome} after {seconds:.1f} s")
    yield f"files: {outcomes.total()}: " + ", ".join(
        f"{count} {what}" for what, count in outcomes.most_common()
    )
    yield f"files: the slowest took {slowest[0]:.1f} s ({slowest[1]}), most is {LIMIT:.0f} s"
    yield from problems
    yield "files: FAILED" if problems else "files: passed (a good model worked after each)"


def _files(random_files: int) -> Iterator[tuple[str, Callable[[Path], object]]]:
    yield from BAD.items()
    yield from ODD.items()
    yield from ((f"template that {name}", model(template=source)) for name, source in TEMPLATES.items())
    for seed in range(random_files):
        yield f"random {seed}", lambda path, seed=seed: _damaged(path, random.Random(seed))


def _damaged(path: Path, chance: random.Random) -> None:
    """Write a good file with some bytes changed, mostly in its header, and perhaps cut off."""
    content = bytearray(write_gguf(path).read_bytes())
    for _ in range(chance.choice([1, 1, 2, 5, 40])):
        at = chance.randrange(chance.choice([400, 14_000, len(content)]))
        change = chance.choice(
            [bytes(8), b"\xff" * 8, b"\xff\xff\xff\x7f", chance.randbytes(1), chance.randbytes(8)]
        )
        content[at : at + len(change)] = change
    path.write_bytes(content[: chance.randrange(len(content))] if chance.random() < 0.1 else content)


def _outcome(engine: EngineClient, path: Path) -> str:
    try:
        engine.load(ModelSpec(str(path), context_length=256))
        _answer(engine)
    except ModelError as error:
        lines = str(error).splitlines()
        if not (1 <= len(lines) <= 2 and path.name in lines[0]):
            return "unclear"
        return "ended the child while loading" if "the process" in lines[0] else "refused"
    except EngineError as error:
        return "failed while answering" if len(str(error).splitlines()) <= 2 else "unclear"
    return "answered"


def _works(engine: EngineClient, good: ModelSpec) -> bool:
    try:
        engine.load(good)
        return bool(_answer(engine))
    except EngineError:
        return False


def _answer(engine: EngineClient) -> list[object]:
    return list(engine.generate(GenerateRequest([Turn("user", "hello wörld")], Sampling(max_tokens=3))))
