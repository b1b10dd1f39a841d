"""Train the shipped reward model, its prior and the question bank, and write the card with the figures.

    .venv/bin/python scripts/train_rewards.py --data ../shared/data/styles

What it needs besides the app (gguf, safetensors, SciPy, the original encoder) is there after ./scripts/test.
Takes about five minutes and 1 GB on two cores, and can be interrupted: embeddings are kept in .cache/. Writes
models/reward/ and models/questions.json, always the same for the same data on the same machine. The encoder
is converted only when models/reward/encoder.gguf is absent: it is large, and Git keeps every version.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from training import bank, people
from training.card import write_card
from training.concordance import Concordance, bad_below_good, concordance
from training.data import NAMES, Answers, Choices, Floats, load_answers, load_choices, load_features
from training.encoder_gguf import load_weights, reference_embedding, source_folder, write_encoder
from training.fit import HEADS, cross_fit, fit_heads

from localpersona.rewards.encoder import Encoder
from localpersona.rewards.features import SURFACE

ROOT = Path(__file__).resolve().parent.parent
SEED = 0
SPLITS = 5  # random splits of people and prompts that the strangers' figures are averaged over
SAMPLES = ("How do I cook rice?", "Use 2 cups — and déjà vu!", "[SEP] <|im_end|> 漢字 😀", "word " * 600)


def main() -> None:
    arguments = argparse.ArgumentParser(
        description="Train the reward model, its prior and the question bank."
    )
    arguments.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "styles")
    arguments.add_argument("--output", type=Path, default=ROOT / "models")
    arguments.add_argument("--cache", type=Path, default=ROOT / ".cache")
    options = arguments.parse_args()
    folder = options.output / "reward"
    folder.mkdir(parents=True, exist_ok=True)

    print("1. The encoder")
    encoder = folder / "encoder.gguf"
    cosine = prepare_encoder(encoder)
    encoder_hash = hashlib.sha256(encoder.read_bytes()).hexdigest()

    print("2. The data")
    answers = load_answers(options.data)
    choices = load_choices(options.data, answers)
    features = load_features(answers, encoder, options.cache)
    print(f"  {len(answers.rows)} answers, {len(choices.people)} choices")

    print("3. Heads for every fold, to be tested on answers that they never saw")
    by_head = cross_fit(features, answers.ratings, answers.prompts, answers.folds, SEED)
    raw = by_head.mean(axis=1).astype(float)
    mean, deviation = raw.mean(axis=0), raw.std(axis=0)
    unseen = (raw - mean) / deviation
    orders = order_figures(unseen, answers)
    print(f"  in the right order: {orders['written']['mean'][0]:.3f} of the pairs of written answers")

    print("4. The heads that ship")
    heads = fit_heads(features, answers.ratings, answers.prompts, SEED)
    heads = heads.standardised(mean.astype(np.float32), deviation.astype(np.float32))
    heads.save(folder / "heads.npz", encoder_hash)
    version = heads.version(encoder_hash)
    print(f"  version {version}")

    print("5. The prior, and how well it serves strangers")
    prior = people.population(unseen, choices, np.arange(len(choices.people)), version)
    write_json(folder / "prior.json", prior.to_dict())
    strangers = stranger_figures(unseen, choices)

    print("6. The question bank")
    questions = bank.choose_questions(
        answers, heads.predict(features).mean(axis=1).astype(float), version, SEED
    )
    write_json(options.output / "questions.json", questions)
    differences = unseen[choices.first] - unseen[choices.second]
    outside = ~np.isin(choices.prompts, bank.prompts_of(questions, answers))

    print("7. Results and card")
    results = {
        "model": {
            "version": version,
            "seed": SEED,
            "heads": HEADS,
            "surface": SURFACE,
            "terms": len(heads.lexicon.terms),
            "cosine": cosine,
            "answers": len(answers.rows),
            "choices": len(choices.people),
            "people": len(np.unique(choices.people)),
            "questions": len(questions["questions"]),
        },
        "concordance": orders,
        "strangers": strangers,
        "questions": bank.try_questions(questions, prior, differences[outside][::20], SEED),
        "cost": measure_cost(folder),
    }
    write_json(folder / "results.json", results)
    (folder / "CARD.md").write_text(write_card(json.loads(json.dumps(results))), encoding="utf-8")


def prepare_encoder(path: Path) -> float:
    """Convert the encoder unless it is there; return its lowest cosine with the original on some texts."""
    source = source_folder()
    weights = load_weights(source)
    if not path.is_file():
        write_encoder(weights, (source / "vocab.txt").read_text(encoding="utf-8").splitlines(), path)
    model = Encoder(path)
    vectors = model.embed(SAMPLES)
    expected = np.stack([reference_embedding(weights, model.tokenise(text)) for text in SAMPLES])
    model.close()
    cosines = (vectors * expected).sum(axis=1) / np.linalg.norm(expected, axis=1)
    if cosines.min() < 0.99:
        raise SystemExit(f"The converted encoder is wrong: cosine {cosines.min():.3f} with the original")
    return float(cosines.min())


def order_figures(scores: Floats, answers: Answers) -> dict[str, Any]:
    """Return concordance with the ratings, written answers and the small model's apart."""
    figures: dict[str, Any] = {}
    for name, rows in (("written", answers.written), ("small model", ~answers.written)):
        found = concordance(
            scores[rows], answers.ratings[rows], answers.prompts[rows], answers.folds[rows], SEED
        )
        figures[name] = as_json(found)
    quality, rows = NAMES.index("quality"), answers.written
    figures["bad below good"] = bad_below_good(
        scores[rows, quality], answers.ratings[rows, quality], answers.prompts[rows]
    )
    return figures


def as_json(found: Concordance) -> dict[str, Any]:
    triples = np.stack([found.traits, found.low, found.high], axis=1).tolist()
    traits = dict(zip(NAMES, triples, strict=True))
    return {"mean": [found.mean, found.mean_low, found.mean_high], "traits": traits}


def stranger_figures(scores: Floats, choices: Choices) -> dict[str, Any]:
    """Return mean, lowest and highest ROC-AUC over SPLITS splits, by method and number of answers."""
    runs = [people.predict_strangers(scores, choices, SEED + split).auc for split in range(SPLITS)]
    auc = {
        method: {count: summary([run[method][count] for run in runs]) for count in counts}
        for method, counts in runs[0].items()
    }
    print("  after 10 active answers, ROC-AUC", f"{auc['active'][10][0]:.3f}")
    return {"splits": SPLITS, "auc": auc}


def summary(values: list[float]) -> list[float]:
    return [float(np.mean(values)), min(values), max(values)]


def measure_cost(folder: Path) -> dict[str, Any]:
    """Measure in a fresh process: this one has everything loaded."""
    command = [sys.executable, str(Path(__file__).with_name("training") / "cost.py"), str(folder)]
    figures: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return figures


def write_json(path: Path, data: Any) -> None:
    path.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
