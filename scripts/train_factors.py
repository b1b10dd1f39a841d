"""Learn base rewards from comparisons alone (PReF's training), and try how well they serve strangers.

    .venv/bin/python scripts/train_factors.py --data choices.jsonl --output factors.npz
    .venv/bin/python scripts/train_factors.py --data ../shared/data/styles --try ranks starts residual
    .venv/bin/python scripts/train_factors.py --data ../shared/data/styles --attributes --try ranks
    .venv/bin/python scripts/train_factors.py --synthetic 10000000 --form free

--data is a JSONL of user, prompt, first, second and outcome (1, 0 or 0.5), of any length, or the folder `styles`.
With --form linear (the default) base rewards are linear in what the reward model says of a response, and hold for new
ones; with --form free each pair of responses has base rewards of its own, so the texts are not looked at.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from training.factors_features import (
    FEATURES,
    Singles,
    SpoolChunks,
    features_of,
    sample,
    scale_of,
)
from training.factors_report import Figures, as_json, spread_table, table
from training.factors_spool import Comparison, Spool, from_jsonl, from_judgements, write_spool
from training.factors_synthetic import Planted, angle, write_synthetic
from training.factors_trial import ANSWERS, Recipe, Trial, auc_of, population, spread

from localpersona.bench import attributes, sources
from localpersona.bench.protocol import BenchError
from localpersona.bench.scoring import NAMES
from localpersona.preferences.factorization import STRENGTH, Factors, fit_chunks
from localpersona.preferences.factorization_chunks import FeatureDesign, FreeDesign

SEED = 0
TOLERANCE = (
    1e-5  # of the last fit, which may be of millions: further steps change predictions by less than noise
)
FEW_STEPS = 10  # a training that is cut short, as the released code's seems to be


def main() -> None:
    options = parse()
    with tempfile.TemporaryDirectory(dir=options.work) as folder:
        try:
            work(options, Path(folder))
        except BenchError as error:
            raise SystemExit(str(error)) from None


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, help="a JSONL, or the folder of synthetic choices")
    parser.add_argument("--attributes", action="store_true", help="PReF's 84 users over the folder's ratings")
    parser.add_argument("--synthetic", type=int, metavar="N", help="N comparisons of planted tastes instead")
    parser.add_argument("--scores", type=Path, help=".npz of scores that come before the reward model's")
    parser.add_argument("--form", choices=("linear", "free"), default="linear")
    parser.add_argument(
        "--rank", type=int, default=6, help="J of the factors written and of the other trials"
    )
    parser.add_argument("--strength", type=float, default=STRENGTH, help="of the regularisation")
    parser.add_argument("--embedding", type=float, default=0.2, help="its importance relative to the traits'")
    parser.add_argument(
        "--try", dest="trials", nargs="*", default=[], choices=("ranks", "starts", "residual")
    )
    parser.add_argument("--splits", type=int, default=5, help="of people and prompts, to average over")
    parser.add_argument("--starts", type=int, default=3, help="random starts tried in each split")
    parser.add_argument("--people", type=int, default=300, help="drawn for the trials")
    parser.add_argument("--each", type=int, default=600, help="comparisons drawn of each of them")
    parser.add_argument("--work", type=Path, help="where temporary files go, 20 bytes a comparison")
    parser.add_argument("--output", type=Path, help="factors, .npz")
    parser.add_argument("--results", type=Path, help="figures, .json")
    options = parser.parse_args()
    if (options.data is None) == (options.synthetic is None):
        parser.error("name either --data or --synthetic")
    return options


def work(options: argparse.Namespace, folder: Path) -> None:
    started = time.monotonic()
    planted = write_synthetic(folder, options.synthetic, SEED) if options.synthetic else None
    told(started, "comparisons written") if planted else None
    spool = write_spool(comparisons(options, planted), folder)
    print(f"{spool.count:,} comparisons, {spool.users:,} people, {spool.items:,} pairs")
    told(started, "comparisons read")
    features = (
        scored(spool, planted.scores if planted else options.scores) if options.form == "linear" else None
    )

    rows = sample(spool, options.people, options.each, SEED)
    trial = Trial(
        *(rows["user"], spool.prompts[rows["first"]], rows["first"], rows["second"], rows["item"]),
        rows["outcome"].astype(float),
        None if features is None else features.astype(float),
        len(NAMES),
        options.embedding,
    )
    results: dict[str, Any] = {"comparisons": spool.count, "people": spool.users, "form": options.form}
    for name in options.trials:
        results[name] = as_json(TRIALS[name](trial, options))
        told(started, f"trial of {name}")

    found = fit_all(spool, features, options)
    told(started, f"{len(found.loadings)} factors learned from everything")
    if planted and features is not None:
        print(f"The planted base rewards are {angle(planted, found):.1f}° away")
    if options.output:
        save(options.output, found, trial, options)
    if options.results:
        options.results.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def comparisons(options: argparse.Namespace, planted: Planted | None) -> Iterable[Comparison]:
    if planted:
        return from_jsonl(planted.data)
    if options.attributes:
        return from_judgements(attributes.read(options.data))
    return from_judgements(sources.read(options.data)) if options.data.is_dir() else from_jsonl(options.data)


def scored(spool: Spool, scores: Path | None) -> Singles:
    from localpersona.rewards import RewardModel  # llama.cpp, which is not needed where all texts have scores

    return features_of(spool, scores, RewardModel.load)


def fit_all(spool: Spool, features: Singles | None, options: argparse.Namespace) -> Factors:
    settings = {"strength": options.strength, "seed": SEED, "tolerance": TOLERANCE}
    if features is None:
        free = FreeDesign(spool.items)
        return fit_chunks(free, SpoolChunks(spool, by_pair=True), spool.users, options.rank, **settings)
    importance = np.where(np.arange(len(FEATURES)) < len(NAMES), 1.0, options.embedding)
    scale = scale_of(spool, features, importance)
    design = FeatureDesign((features / scale).astype(np.float32))
    found = fit_chunks(design, SpoolChunks(spool, by_pair=False), spool.users, options.rank, **settings)
    return Factors(found.loadings / scale, found.weights)


def try_ranks(trial: Trial, options: argparse.Namespace) -> Figures:
    recipes = {f"J = {rank}": Recipe(rank, options.strength) for rank in range(1, 13)}
    figures = examine(trial, recipes, options.splits, 1)
    print(table("ROC-AUC by the number of base rewards", figures))
    return figures


def try_starts(trial: Trial, options: argparse.Namespace) -> Figures:
    rank, strength = options.rank, options.strength
    recipes = {
        "full": Recipe(rank, strength),
        "no SVD": Recipe(rank, strength, "random"),
        "no regularisation": Recipe(rank, 0.0),
        "neither": Recipe(rank, 0.0, "random"),
        f"full, {FEW_STEPS} steps": Recipe(rank, strength, steps=FEW_STEPS),
        f"no SVD, {FEW_STEPS} steps": Recipe(rank, strength, "random", FEW_STEPS),
    }
    figures = examine(trial, recipes, options.splits, options.starts)
    print(spread_table("ROC-AUC after 10 answers, and how far it varies", figures, 10))
    return figures


def try_residual(trial: Trial, options: argparse.Namespace) -> Figures:
    if trial.features is None:
        raise BenchError("Without features there are no named traits to add factors to: use --form linear.")
    recipes = {"named traits": Recipe(0, named=True)}
    for rank in (1, 2, 3):
        recipes[f"named traits and {rank} learned"] = Recipe(rank, options.strength, named=True)
    recipes[f"{options.rank} learned"] = Recipe(options.rank, options.strength)
    figures = examine(trial, recipes, options.splits, 1)
    print(table("ROC-AUC of named traits, learned factors, and both", figures))
    return figures


TRIALS: dict[str, Callable[[Trial, argparse.Namespace], Figures]] = {
    "ranks": try_ranks,
    "starts": try_starts,
    "residual": try_residual,
}


def examine(trial: Trial, recipes: dict[str, Recipe], splits: int, starts: int) -> Figures:
    figures: dict[str, dict[int, dict[str, float]]] = {}
    for name, recipe in recipes.items():
        runs: list[Sequence[dict[int, float]]] = []
        for split in range(splits):
            print(f"\r  {name}: split {split + 1} of {splits}   ", end="", file=sys.stderr, flush=True)
            runs.append([auc_of(trial, recipe, split, start) for start in range(starts)])
        figures[name] = {
            count: spread([[run[count] for run in by_start] for by_start in runs]) for count in ANSWERS
        }
    print(f"\r{'':60}\r", end="", file=sys.stderr)
    return figures


def save(path: Path, found: Factors, trial: Trial, options: argparse.Namespace) -> None:
    """Write the factors, and the prior of a new user's weights over them."""
    everything = np.arange(len(trial.users))
    if trial.features is None:
        rewards = found.loadings.T[trial.items]
    else:
        rewards = found.scores(trial.features[trial.first] - trial.features[trial.second])
    prior = population(trial, rewards, everything)
    np.savez(
        path,
        loadings=found.loadings,
        features=np.array(FEATURES if options.form == "linear" else []),
        mean=prior.mean,
        covariance=prior.covariance,
    )


def told(started: float, what: str) -> None:
    print(f"  {what}: {time.monotonic() - started:.0f} s since the start, peak memory {peak()}", flush=True)


def peak() -> str:
    try:
        import resource
    except ImportError:  # Windows
        return "unknown"
    unit = 1 if sys.platform == "darwin" else 1024
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6:.0f} MB"


if __name__ == "__main__":
    main()
