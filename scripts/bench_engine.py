"""What the engine costs against its rivals, in one run: .venv/bin/python scripts/bench_engine.py

The rivals are a bare loop of `llama_decode` (the least that decoding can take) and llama-cpp-python's own
`create_chat_completion` (what most programs call). Same model, same threads, same number of tokens; the runs take
turns, so that a machine that slows down slows all of them, and ratios of medians are what to look at.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("GOMP_SPINCOUNT", "1000")  # as the engine's child has it; read when llama.cpp is loaded

from llama_cpp import Llama
from llama_cpp import llama_cpp as low_level

from localpersona.alignment.strength import effective
from localpersona.engine.client import EngineClient
from localpersona.engine.protocol import Generated, GenerateRequest, ModelSpec, Taste
from localpersona.library import embedded_model
from localpersona.preferences import Weights
from localpersona.values import Sampling, Turn

PROMPT = "Write a very long story about a lighthouse keeper, with many chapters."
THREADS = os.cpu_count() or 1
_QUIET = low_level.llama_log_callback(lambda level, text, data: None)


class BareLoop:
    """Decodes given tokens for N sequences in one batch; samples nothing and turns nothing into text."""

    def __init__(self, path: str, tokens: int) -> None:
        self._tokens = tokens
        self._model = low_level.llama_model_load_from_file(
            path.encode(), low_level.llama_model_default_params()
        )
        parameters = low_level.llama_context_default_params()
        parameters.n_ctx, parameters.n_seq_max, parameters.kv_unified = 8192, 8, True
        parameters.n_threads = parameters.n_threads_batch = THREADS
        self._context = low_level.llama_init_from_model(self._model, parameters)
        self._batch = low_level.llama_batch_init(512, 0, 1)

    def seconds(self, sequences: int) -> float:
        memory = low_level.llama_get_memory(self._context)
        low_level.llama_memory_clear(memory, True)
        self._decode([(1000 + position, position, 0) for position in range(40)])
        for sequence in range(1, sequences):
            low_level.llama_memory_seq_cp(memory, 0, sequence, -1, -1)
        started = time.perf_counter()
        for step in range(self._tokens):
            self._decode([(1000 + 37 * s + step, 40 + step, s) for s in range(sequences)])
        return time.perf_counter() - started

    def _decode(self, rows: list[tuple[int, int, int]]) -> None:
        batch = self._batch
        batch.n_tokens = len(rows)
        for index, (token, position, sequence) in enumerate(rows):
            batch.token[index], batch.pos[index], batch.logits[index] = token, position, 1
            batch.n_seq_id[index], batch.seq_id[index][0] = 1, sequence
        assert low_level.llama_decode(self._context, batch) == 0
        low_level.llama_synchronize(self._context)


def engine_run(engine: EngineClient, tokens: int, candidates: int, taste: Taste | None) -> Generated:
    sampling = Sampling(max_tokens=tokens, seed=7)
    request = GenerateRequest([Turn("user", PROMPT)], sampling, candidates=candidates, taste=taste)
    *_, last = engine.generate(request)
    assert isinstance(last, Generated)
    return last


def seconds_of(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def measure(path: str, tokens: int, rounds: int) -> dict[str, float]:
    """Return medians: seconds per token of decoding, or seconds of a whole request."""
    low_level.llama_log_set(_QUIET, None)
    prior = Weights.prior()
    mean, covariance = effective(prior, prior, 1.0)
    taste = Taste(tuple(mean), tuple(map(tuple, covariance)), prior.version)
    times: dict[str, list[float]] = {}
    with closing(EngineClient()) as engine:
        engine.load(ModelSpec(path, threads=THREADS))
        bare = BareLoop(path, tokens)
        rival = Llama(path, n_ctx=4096, n_threads=THREADS, n_threads_batch=THREADS, verbose=False)
        chat = [{"role": "user", "content": PROMPT}]
        engine_run(engine, 8, 8, taste)  # the pool grows and the reward model loads, once

        def note(name: str, value: float) -> None:
            times.setdefault(name, []).append(value)

        for number in range(rounds):
            print(f"round {number + 1} of {rounds}", file=sys.stderr)
            for count in (1, 8):
                note(f"bare {count}", bare.seconds(count) / tokens / count)
                spent = engine_run(engine, tokens, count, None).statistics
                note(f"engine {count}", spent.decode_seconds / spent.generated_tokens)
            note("one answer", seconds_of(lambda: engine_run(engine, tokens, 1, None)))
            note("best of 8", seconds_of(lambda: engine_run(engine, tokens, 8, taste)))
            rival.reset()
            one = seconds_of(lambda: rival.create_chat_completion(chat, max_tokens=tokens, seed=7))
            note("create_chat_completion", one)
    return {name: statistics.median(values) for name, values in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--model", default=str(embedded_model()), help="a GGUF file (default: the embedded one)"
    )
    parser.add_argument("--tokens", type=int, default=96, help="per answer (default 96)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is run (default 5)")
    arguments = parser.parse_args()
    found = measure(arguments.model, arguments.tokens, arguments.rounds)
    print(f"{Path(arguments.model).name}, {THREADS} threads, {arguments.tokens} tokens an answer")
    for count in (1, 8):
        speed, ratio = 1 / found[f"engine {count}"], found[f"bare {count}"] / found[f"engine {count}"]
        print(f"{count} at once: {speed:.0f} tokens/s, {ratio:.2f} of the bare loop")
    ratio = found["best of 8"] / found["one answer"]
    print(f"best of 8: {found['best of 8']:.1f} s, {ratio:.2f} times the time of one plain answer")
    saved = 8 * found["create_chat_completion"] / found["best of 8"]
    print(f"best of 8: {saved:.2f} times faster than eight calls of create_chat_completion")


if __name__ == "__main__":
    main()
