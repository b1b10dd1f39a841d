"""What scoring answers costs, against other run times: .venv/bin/python scripts/bench_rewards.py

The yardstick is sentence-transformers encoding the same answers with the original all-MiniLM-L6-v2, in the same
run; every figure of the table is a ratio to it. The rivals run our fine-tuned encoder with our heads. After
./scripts/test, this brings them; one that is absent is left out:

    .venv/bin/python -m pip install -r scripts/requirements/bench.txt

Each run time has a process of its own; the processes take turns, so that a machine that slows down slows all of
them. Takes about five minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from importlib.metadata import PackageNotFoundError, version
from itertools import cycle
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

# Every run time's process imports this file, so nothing heavy but NumPy, which all need, is imported up here.
import numpy as np
from runtimes import llama, onnx_runtime, pytorch, sentence_transformers_original
from runtimes.installed import megabytes_beyond, own_requirements
from runtimes.report import Measurement, figures, text
from runtimes.runtime import Array, Places, Runtime
from runtimes.texts import batches, of_length
from runtimes.worker import Worker, environment

if TYPE_CHECKING:
    from localpersona.rewards import Questions

ROOT = Path(__file__).resolve().parent.parent
YARDSTICK = sentence_transformers_original.YARDSTICK
RUNTIMES = (YARDSTICK, llama.SHIPPED, llama.F16, pytorch.PYTORCH, onnx_runtime.FLOAT, onnx_runtime.INT8)
REFERENCES = (pytorch.PYTORCH, onnx_runtime.FLOAT, llama.F16)
"""The first of these that is there gives the scores that the others' are compared with."""
INSTALL = "pip install -r scripts/requirements/bench.txt"
VERSIONS = ("llama-cpp-python", "sentence-transformers", "torch", "transformers", "tokenizers", "onnxruntime")


def main() -> None:
    options = _options()
    os.environ.update(environment(options.threads))
    absent = {runtime.name: runtime.missing() for runtime in RUNTIMES if runtime.missing()}
    for name, modules in absent.items():
        print(f"{name}: absent, cannot import {', '.join(modules)}: {INSTALL}")
    present = [runtime for runtime in RUNTIMES if runtime.name not in absent]
    if not set(present) & set(REFERENCES):
        raise SystemExit("There is nothing to compare with: ./scripts/test brings what the comparison needs")
    with tempfile.TemporaryDirectory() as made:
        places = Places(options.model, Path(made))
        _progress("converting the encoder for the others")
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
            process.submit(_convert, places, options.trained).result()
        found = measure(present, places, options)
    report = {**_circumstances(options), "absent": absent, **figures(found, YARDSTICK, REFERENCES)}
    print(text(report))
    if options.output:
        options.output.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def measure(runtimes: Sequence[Runtime], places: Places, options: argparse.Namespace) -> list[Measurement]:
    """Return what was measured of each, in their order."""
    from localpersona.rewards import question_bank

    bank = question_bank()
    texts = of_length([*bank.first, *bank.second], options.words)
    first, *timed = batches(texts, options.answers, options.rounds + 1)
    own = own_requirements(ROOT / "pyproject.toml")
    found = [_unmeasured(runtime, places, own) for runtime in runtimes]
    turns = random.Random(0)
    with ExitStack() as stack:
        for number in range(options.starts):
            _progress(f"start {number + 1} of {options.starts}")
            stack.close()
            workers = [stack.enter_context(Worker(runtime, options.threads)) for runtime in runtimes]
            for one, worker in _shuffled(found, workers, turns):
                one.starts.append(worker.start(places, bank.prompt[0], first[0]))
        for worker in workers:  # once outside the clock: memory is allocated, threads begin
            _run_tasks(worker, bank.prompt[0], first)
        for number, (answers, prompt) in enumerate(zip(timed, cycle(bank.prompt), strict=False)):
            _progress(f"round {number + 1} of {options.rounds}")
            for one, worker in _shuffled(found, workers, turns):
                for task, seconds in _run_tasks(worker, prompt, answers).items():
                    one.seconds.setdefault(task, []).append(seconds)
        _progress("scores")
        for one, worker in zip(found, workers, strict=True):
            one.memory = worker.megabytes()
            one.scores = _scores(worker, bank)
    return found


def _convert(places: Places, trained: Path | None) -> None:
    from runtimes.prepare import prepare

    prepare(places, trained)


def _unmeasured(runtime: Runtime, places: Places, own: Sequence[str]) -> Measurement:
    model = sum(path.stat().st_size for path in runtime.files(places)) / 1e6
    return Measurement(runtime, megabytes_beyond(runtime.packages, own), model)


def _shuffled(
    found: Sequence[Measurement], workers: Sequence[Worker], turns: random.Random
) -> list[tuple[Measurement, Worker]]:
    """Return both side by side, in an order of this round's own: no run time always follows the same neighbour."""
    both = list(zip(found, workers, strict=True))
    turns.shuffle(both)
    return both


def _run_tasks(worker: Worker, prompt: str, answers: Sequence[str]) -> dict[str, float]:
    return {task: worker.run(task, prompt, answers)[0] for task in worker.runtime.tasks}


def _circumstances(options: argparse.Namespace) -> dict[str, Any]:
    counts = {name: getattr(options, name) for name in ("threads", "answers", "words", "rounds", "starts")}
    versions = {}
    for name in VERSIONS:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    machine = f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}"
    weights = "as trained" if options.trained else "as shipped, dequantised"
    return {"machine": machine, **counts, "weights": weights, "versions": versions}


def _scores(worker: Worker, bank: Questions) -> Array | None:
    """Return the traits (2n, J) of the n questions' answers; None for what has no heads."""
    if "score" not in worker.runtime.tasks:
        return None
    pairs = zip(bank.prompt, bank.first, bank.second, strict=True)
    return np.concatenate([worker.run("score", prompt, both)[1] for prompt, *both in pairs])


def _progress(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--threads", type=int, default=2, help="of each run time (default 2)")
    parser.add_argument("--answers", type=int, default=8, help="in a batch (default 8)")
    parser.add_argument("--words", type=int, default=120, help="of each answer (default 120)")
    parser.add_argument("--rounds", type=int, default=20, help="how often each is timed (default 20)")
    parser.add_argument("--starts", type=int, default=3, help="how often each is started (default 3)")
    parser.add_argument(
        "--model", type=Path, default=ROOT / "models" / "reward", help="the reward model's folder"
    )
    parser.add_argument(
        "--trained",
        type=Path,
        help="the weights before they were quantised, for all but what ships: a .npz in .cache/ after training",
    )
    parser.add_argument("--output", type=Path, help="a file for all figures as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    main()
