"""Train the shipped reward model, its prior and the question bank, and write the card with the figures.

    .venv/bin/python scripts/train_rewards.py --data ../shared/data/styles
    .venv/bin/python scripts/train_rewards.py --data ../shared/data/styles --keep-network

What it needs besides the app (PyTorch, gguf, safetensors, SciPy, the original encoder) is there after
./scripts/test. Takes about 40 minutes and 6 GB a process on two cores, and can be interrupted: finished epochs are in
.cache/. Writes models/reward/ and models/questions.json, the same for the same data on the same machine.
With --keep-network the reward model stays as it is: prior and questions are made anew, in a minute or two, from the
data and from models/reward/unseen.npz.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from training import bank, people
from training.card import write_card
from training.crossfit import groups_of, networks
from training.data import (
    NAMES,
    Answers,
    Choices,
    Floats,
    load_answers,
    load_choices,
    load_unseen,
    principal_components,
    write_unseen,
)
from training.encoder_gguf import load_weights, source_folder, write_encoder
from training.figures import choice_figures, order_figures, people_weights, spread_figures
from training.finetune import HEADS, PREFIXES
from training.fit import fit_counting
from training.unseen import Array, Mixers, Parts, fit_mixers, unseen_parts, unseen_scores

from localpersona.rewards.encoder import Encoder
from localpersona.rewards.features import SURFACE, extract
from localpersona.rewards.heads import Heads

ROOT = Path(__file__).resolve().parent.parent
SEED = 0
SPLITS = 5  # random splits of people and prompts that the strangers' figures are averaged over
NOTICEABLE = (
    0.1  # standard deviations: the encoder as shipped may not differ more from the trained one, on average
)


def main() -> None:
    arguments = argparse.ArgumentParser(
        description="Train the reward model, its prior and the question bank."
    )
    arguments.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "styles")
    arguments.add_argument("--output", type=Path, default=ROOT / "models")
    arguments.add_argument("--cache", type=Path, default=ROOT / ".cache")
    arguments.add_argument(
        "--keep-network", action="store_true", help="make only prior and questions anew, from unseen.npz"
    )
    options = arguments.parse_args()
    folder = options.output / "reward"
    folder.mkdir(parents=True, exist_ok=True)

    print("1. The data")
    answers = load_answers(options.data)
    choices = load_choices(options.data, answers)
    print(f"  {len(answers.rows)} answers, {len(choices.people)} choices")

    if options.keep_network:
        results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
        by_head = None
    else:
        results, by_head = train_network(answers, folder, options.cache)
    scores = load_unseen(folder / "unseen.npz", answers)

    print("4. The prior, and how well it serves strangers")
    prior = people.population(scores, choices, np.arange(len(choices.people)), results["model"]["version"])
    write_json(folder / "prior.json", prior.to_dict())
    results["strangers"] = stranger_figures(scores, bank.sharpened(answers, scores), choices)
    if by_head is not None:
        results["cost"] = measure_cost(
            folder
        )  # only now: a model without a prior of its version does not load
        weights = people_weights(scores, choices, prior)
        results["choice"] = choice_figures(by_head, weights, answers, SEED)

    print("5. The question bank")
    questions = bank.choose_questions(answers, scores, results["model"]["version"], SEED)
    write_json(options.output / "questions.json", questions)
    differences = scores[choices.first] - scores[choices.second]
    outside = ~np.isin(choices.prompts, bank.prompts_of(questions, answers))
    results["questions"] = bank.try_questions(questions, prior, differences[outside][::20], SEED)

    print("6. Results and card")
    results["model"] |= {
        "choices": len(choices.people),
        "people": len(np.unique(choices.people)),
        "questions": len(questions["questions"]),
    }
    write_json(folder / "results.json", results)
    (folder / "CARD.md").write_text(write_card(json.loads(json.dumps(results))), encoding="utf-8")


def train_network(answers: Answers, folder: Path, cache: Path) -> tuple[dict[str, Any], Array]:
    """Write encoder, heads and unseen scores; return their figures and the unseen scores by head (n, K, J)."""
    cache.mkdir(exist_ok=True)
    original = original_encoder(cache)

    print("2. Networks, each to be tested on answers that it never saw")
    groups = groups_of(answers.prompts, answers.folds)
    *tested, final = networks(answers, groups, original, cache, SEED)
    parts = unseen_parts(answers, groups, tested, SEED)
    unseen = unseen_scores(parts, answers, groups, SEED)
    raw = unseen[1.0].mean(axis=1).astype(float)
    mean, deviation = raw.mean(axis=0), raw.std(axis=0)
    scores = (raw - mean) / deviation
    orders = order_figures(scores, answers, SEED)
    print(f"  in the right order: {orders['written']['mean'][0]:.3f} of the pairs of written answers")

    print("3. The model that ships")
    encoder = folder / "encoder.gguf"
    heads = final_heads(answers, parts, final, (mean, deviation), encoder)
    encoder_hash = hashlib.sha256(encoder.read_bytes()).hexdigest()
    heads.save(folder / "heads.npz", encoder_hash)
    version = heads.version(encoder_hash)
    faithful = moved_by_quantising(answers, heads, encoder, final)
    print(f"  version {version}; quantised, its scores moved by {faithful:.3f} standard deviations")
    write_unseen(folder / "unseen.npz", answers, scores, original)

    by_head = ((unseen[1.0] - mean) / deviation).astype(np.float32)
    figures = {
        "model": {
            "version": version,
            "seed": SEED,
            "heads": HEADS,
            "surface": SURFACE,
            "terms": len(heads.counting.lexicon.terms),
            "trees": len(heads.whole.quality.roots),
            "faithful": faithful,
            "answers": len(answers.rows),
        },
        "concordance": orders,
        "alone": alone_figures(parts, answers),
        "beginnings": {f"{share:.0%}": beginning_figures(unseen[share], answers) for share in PREFIXES},
        "spread": spread_figures(by_head, answers),
    }
    return figures, by_head


def original_encoder(cache: Path) -> Path:
    """Return the original encoder as a GGUF: its tokeniser is ours, its vectors a neutral description of texts."""
    path = cache / "original.gguf"
    if not path.is_file():
        _write(load_weights(source_folder()), path)
    return path


def final_heads(
    answers: Answers,
    parts: Parts,
    final: Path,
    scale: tuple[Floats, Floats],
    encoder: Path,
    seed: int = SEED,
) -> Heads:
    """Write the encoder that learned from everything; return its heads, with scores standardised by scale."""
    with np.load(final) as stored:
        weights = {
            name.removeprefix("encoder "): stored[name] for name in stored.files if name[:8] == "encoder "
        }
        head_weights, head_bias = stored["head weights"], stored["head bias"]
        embeddings = stored["embeddings whole"]
    _write(weights, encoder)
    prompts, texts = [row["prompt"] for row in answers.rows], [row["text"] for row in answers.rows]
    features = extract(prompts, texts, np.zeros((len(texts), 0), dtype=np.float32))
    mixers: Mixers = fit_mixers(parts, answers, np.arange(len(texts)), seed)
    mean, deviation = (part.astype(np.float32) for part in scale)
    return Heads(
        names=NAMES,
        embedding_weights=head_weights,
        embedding_bias=head_bias,
        centre=embeddings.mean(axis=0),
        directions=principal_components(embeddings),
        counting=fit_counting(features, answers.ratings, answers.prompts, seed),
        whole=mixers.whole.standardised(mean, deviation),
        beginning=mixers.beginning.standardised(mean, deviation),
    )


def moved_by_quantising(answers: Answers, heads: Heads, encoder: Path, final: Path) -> float:
    """Return how far the shipped model's scores are from the trained one's on average, in standard deviations."""
    prompts, texts = [row["prompt"] for row in answers.rows], [row["text"] for row in answers.rows]
    model = Encoder(encoder)
    found = model.embed(list(zip(prompts, texts, strict=True)))
    model.close()
    with np.load(final) as stored:
        trained = stored["embeddings whole"][np.argsort(stored["rows"])]
    shipped, exact = (heads.predict(extract(prompts, texts, some)).mean(axis=1) for some in (found, trained))
    moved = float(np.abs(shipped - exact).mean())
    if moved > NOTICEABLE:
        raise SystemExit(f"The converted encoder is wrong: scores move by {moved:.3f} standard deviations")
    return moved


def alone_figures(parts: Parts, answers: Answers) -> dict[str, float]:
    """Return the mean concordance of what was read, of what was counted, and of their plain mean, unmixed."""
    read, counted = ((part - part.mean(0)) / part.std(0) for part in parts.mean(1.0))
    kinds = {"read": read, "counted": counted, "both": read + counted}
    return {name: order_figures(part, answers, SEED)["written"]["mean"][0] for name, part in kinds.items()}


def beginning_figures(by_head: Array, answers: Answers) -> dict[str, Any]:
    return order_figures(by_head.mean(axis=1).astype(float), answers, SEED)["written"]


def stranger_figures(scores: Floats, carried: Floats, choices: Choices) -> dict[str, Any]:
    """Return mean, lowest and highest ROC-AUC over SPLITS splits, by method and number of answers."""
    runs = [people.predict_strangers(scores, choices, SEED + split, carried).auc for split in range(SPLITS)]
    auc = {
        method: {str(count): summary([run[method][count] for run in runs]) for count in counts}
        for method, counts in runs[0].items()
    }
    print("  after 10 active answers, ROC-AUC", f"{auc['active']['10'][0]:.3f}")
    return {"splits": SPLITS, "auc": auc}


def summary(values: list[float]) -> list[float]:
    return [float(np.mean(values)), min(values), max(values)]


def measure_cost(folder: Path) -> dict[str, Any]:
    """Measure in a fresh process: this one has everything loaded."""
    command = [sys.executable, str(Path(__file__).with_name("training") / "cost.py"), str(folder)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment)
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def write_json(path: Path, data: Any) -> None:
    path.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _write(weights: dict[str, Any], path: Path) -> None:
    vocabulary = (source_folder() / "vocab.txt").read_text(encoding="utf-8").splitlines()
    write_encoder(weights, vocabulary, path)


if __name__ == "__main__":
    main()
