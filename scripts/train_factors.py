"""Learn base rewards from comparisons alone (PReF's training), and try how well they serve strangers.

    .venv/bin/python scripts/train_factors.py --data choices.jsonl --output factors.npz
    .venv/bin/python scripts/train_factors.py --data ../shared/data/styles --try ranks ablations residual
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
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from training.factors_experiments import EXPERIMENTS
from training.factors_features import (
    FEATURES,
    Singles,
    SpoolChunks,
    features_of,
    sample,
    scale_of,
)
from training.factors_spool import Comparison, Spool, from_jsonl, from_judgements, write_spool
from training.factors_synthetic import Planted, angle, write_synthetic
from training.factors_trial import Recipe, Trial, population

from localpersona.bench import attributes, sources
from localpersona.bench.protocol import BenchError
from localpersona.bench.scoring import NAMES
from localpersona.preferences.factorization import STRENGTH, Factors, fit_chunks
from localpersona.preferences.factorization_chunks import FeatureDesign, FreeDesign

SEED = 0
TOLERANCE = (
    1e-5  # of the last fit, which may be of millions: smaller steps change predictions by less than noise
)


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
    parser.add_argument("--rank", type=int, default=6, help="J, where it is not what is tried")
    parser.add_argument("--strength", type=float, default=STRENGTH, help="of the regularisation")
    parser.add_argument("--embedding", type=float, default=0.2, help="its importance relative to the traits'")
    parser.add_argument("--try", dest="experiments", nargs="+", default=[], choices=EXPERIMENTS)
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
    told = Clock().told
    planted = None
    if options.synthetic:
        planted = write_synthetic(folder, options.synthetic, SEED)
        told(f"{options.synthetic:,} comparisons written")
    spool = write_spool(comparisons(options, planted), folder)
    told(f"{spool.count:,} comparisons of {spool.items:,} pairs by {spool.users:,} people read")
    scores = planted.scores if planted else options.scores
    features = scored(spool, scores) if options.form == "linear" else None

    trial = drawn(spool, features, options)
    results: dict[str, Any] = {"comparisons": spool.count, "people": spool.users, "form": options.form}
    for name in options.experiments:
        usual = Recipe(options.rank, options.strength)
        results[name] = EXPERIMENTS[name](trial, usual, options.splits, options.starts)
        told(name)

    found = fit_all(spool, features, options)
    told(f"{len(found.loadings)} factors learned from everything")
    if planted and features is not None:
        print(f"The planted base rewards are {angle(planted, found):.1f}° away")
    if options.output:
        save(options.output, found, trial)
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


def drawn(spool: Spool, features: Singles | None, options: argparse.Namespace) -> Trial:
    """Return what is tried on: some people's comparisons, in memory."""
    rows = sample(spool, options.people, options.each, SEED)
    return Trial(
        users=rows["user"],
        prompts=spool.prompts[rows["first"]],
        first=rows["first"],
        second=rows["second"],
        items=rows["item"],
        outcomes=rows["outcome"].astype(float),
        features=None if features is None else features.astype(float),
        traits=len(NAMES),
        embedding=options.embedding,
    )


def save(path: Path, found: Factors, trial: Trial) -> None:
    """Write loadings (J, D), the D features' names and, as JSON, the prior of a new user's weights."""
    if trial.features is None:
        rewards = found.loadings.T[trial.items]
    else:
        rewards = found.scores(trial.features[trial.first] - trial.features[trial.second])
    prior = population(trial, rewards, np.arange(len(trial.users)))
    names = np.array([] if trial.features is None else FEATURES)
    np.savez(path, loadings=found.loadings, features=names, prior=json.dumps(prior.to_dict()))


class Clock:
    """Tells how long it took so far, and how much memory at most."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    def told(self, what: str) -> None:
        seconds = time.monotonic() - self._started
        print(f"{what}: {seconds:.0f} s ({time.process_time():.0f} s of work), at most {peak()}", flush=True)


def peak() -> str:
    try:
        import resource
    except ImportError:  # Windows
        return "an unknown amount of memory"
    unit = 1 if sys.platform == "darwin" else 1024
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6:.0f} MB"


if __name__ == "__main__":
    main()
