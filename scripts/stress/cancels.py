"""How long stopping takes, at any moment: while the prompt is read, while answers are decoded or scored."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator

from localpersona.engine.client import EngineClient
from localpersona.engine.protocol import GenerateRequest, Taste
from localpersona.preferences import Weights
from localpersona.values import Sampling, Turn

_MOST = 0.1  # seconds


def stress(engine: EngineClient, times: int) -> Iterator[str]:
    """Yields lines to print; the last says "passed" or "FAILED"."""
    prior = Weights.prior()
    taste = Taste(tuple(prior.mean), tuple(map(tuple, prior.covariance)), prior.version)
    text = "The quick brown fox jumps over the lazy dog. " * 180
    kinds = {
        "a prompt of 1,800 tokens": lambda seed: _request(f"{seed} {text}", seed),
        "one answer": lambda seed: _request("Tell me a long story.", seed),
        "eight answers": lambda seed: _request("Tell me a long story.", seed, candidates=8),
        "best of eight, scored": lambda seed: _request("Hi", seed, candidates=8, taste=taste, max_tokens=24),
    }
    late = 0
    for name, make in kinds.items():
        list(engine.generate(make(-1)))  # what is needed is loaded, and how long it takes is known
        whole = _seconds(engine, make(-2), None)[0]
        waits = sorted(_waits(engine, make, times, min(whole, 3.0)))
        late += sum(wait > _MOST for wait in waits)
        middle, most = waits[len(waits) // 2], waits[int(len(waits) * 0.95)]
        yield (
            f"cancels: {name} ({whole:.1f} s in all): median {1000 * middle:.0f} ms, "
            f"95 % within {1000 * most:.0f} ms, longest {1000 * waits[-1]:.0f} ms, {len(waits)} times"
        )
    yield f"cancels: {'FAILED' if late else 'passed'} ({late} took longer than {1000 * _MOST:.0f} ms)"


def _waits(engine: EngineClient, make: object, times: int, longest: float) -> Iterator[float]:
    chance = random.Random(0)
    count = seed = 0
    while count < times and seed < 5 * times:
        _, wait = _seconds(engine, make(seed), chance.uniform(0.0, longest))  # type: ignore[operator]
        seed += 1
        if wait is not None:
            count += 1
            yield wait


def _seconds(
    engine: EngineClient, request: GenerateRequest, delay: float | None
) -> tuple[float, float | None]:
    """Return how long the request took, and how much of that was after it had been cancelled (None: it was over)."""
    cancelled: list[float] = []

    def cancel() -> None:
        cancelled.append(time.monotonic())
        engine.cancel()

    timer = threading.Timer(delay or 0.0, cancel)
    started = time.monotonic()
    if delay is not None:
        timer.start()
    for _ in engine.generate(request):
        pass
    ended = time.monotonic()
    timer.cancel()
    return ended - started, ended - cancelled[0] if cancelled and cancelled[0] < ended else None


def _request(
    text: str, seed: int, *, candidates: int = 1, taste: Taste | None = None, max_tokens: int = 400
) -> GenerateRequest:
    sampling = Sampling(max_tokens=max_tokens if seed >= 0 else 64, seed=max(seed, 0))
    return GenerateRequest([Turn("user", text)], sampling, candidates=candidates, taste=taste)
