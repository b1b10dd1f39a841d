"""Train the two reward models of `localpersona bench alignment`: one that selects, and one that only judges.

    .venv/bin/python scripts/train_judge.py --data ../shared/data/styles

Whoever chooses answers by a reward model and then measures them with the same one finds over-optimisation a
success. So the prompts are split into two halves: the judge learns from one with seed 7, the selector from the
other with seed 0. They have no prompt, no answer and no random number in common (their encoder begins with the
same pretrained weights, and the same rater rated both halves: mistakes of that rater are not seen). Both are
ordinary reward models, a little weaker than the shipped one, as they learned from half as much.

Writes .cache/judge/judge, .cache/judge/selector, and for `--selector shipped` .cache/judge/shipped. Each holds
people.json, the simulated people's weights for that model's scores, from scores of answers that it had not seen.
Needs what train_rewards.py needs; about 20 minutes and 8 GB on two cores; finished epochs are kept.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from train_rewards import ROOT, final_heads, original_encoder, write_json
from training import people
from training.data import Answers, Choices, Floats, Ints, load_answers, load_choices, load_unseen
from training.figures import order_figures
from training.finetune import Task, Texts, run
from training.halves import choices_among, groups_within, halves, some_of
from training.unseen import unseen_parts, unseen_scores

from localpersona import shipped
from localpersona.preferences import Weights
from localpersona.rewards.encoder import Encoder
from localpersona.rewards.features import extract
from localpersona.rewards.heads import Heads

SPLIT = 11  # the seed of the halves
GROUPS, EPOCHS = 2, 4
"""Networks for cross-fitting in each half, and how long each learns: fewer than for the shipped model."""


@dataclass(frozen=True, eq=False)
class Half:
    """One of the two models to be."""

    name: str
    seed: int
    rows: Ints
    """Of all answers: those that it learns from."""
    others: Ints
    """The answers that it never sees."""
    answers: Answers
    groups: Ints

    @classmethod
    def of(cls, name: str, seed: int, rows: Ints, others: Ints, answers: Answers) -> Half:
        mine = some_of(answers, rows)
        return cls(name, seed, rows, others, mine, groups_within(mine, GROUPS, seed))

    def tasks(self, epochs: int) -> list[Task]:
        """Return the networks to train: on the whole half, then without each group."""
        everything = np.arange(len(self.rows))
        tasks = [Task(f"{self.name}, its half", everything, everything[:0], self.seed, epochs)]
        for group in range(GROUPS):
            inside = self.groups == group
            name = f"{self.name}, without group {group}"
            tasks.append(Task(name, np.flatnonzero(~inside), np.flatnonzero(inside), self.seed, epochs))
        return tasks


def main() -> None:
    options = _options()
    networks = options.output / "networks"
    networks.mkdir(parents=True, exist_ok=True)

    print("1. The data, in two halves")
    answers = load_answers(options.data)
    choices = load_choices(options.data, answers)
    first, second = halves(answers, SPLIT)
    both = (
        Half.of("judge", 7, first, second, answers),
        Half.of("selector", 0, second, first, answers),
    )
    for half in both:
        print(f"  {half.name}: {len(half.rows)} answers to {len(np.unique(half.answers.prompts))} prompts")

    print("2. Networks")
    original = original_encoder(options.output)
    trained = _train(both, original, networks, options.epochs)

    print("3. The models")
    described = [json.loads(line) for line in (options.data / "people.jsonl").read_text("utf-8").splitlines()]
    for half, (final, *tested) in zip(both, trained, strict=True):
        _finish(half, final, tested, answers, choices, described, options)
    _describe_for_the_shipped(answers, choices, described, options.output / "shipped")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train the judge and the selector of `bench alignment`.")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "styles")
    parser.add_argument("--output", type=Path, default=ROOT / ".cache" / "judge")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    return parser.parse_args()


def _train(both: tuple[Half, Half], original: Path, cache: Path, epochs: int) -> list[list[Path]]:
    """Return for each half the files of its networks; what was begun before is gone on with."""
    tokeniser = Encoder(original, threads=1)
    texts = {half.name: Texts.of(half.answers, tokeniser) for half in both}
    tokeniser.close()
    jobs = [(task, half.answers, texts[half.name]) for half in both for task in half.tasks(epochs)]
    jobs.sort(key=lambda job: len(job[0].train), reverse=True)  # the longest first, so that all end together
    os.environ["OMP_NUM_THREADS"] = "1"  # for the processes: one thread each
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=os.cpu_count(), mp_context=context) as pool:
        files = list(pool.map(run, *zip(*jobs, strict=True), [cache] * len(jobs)))
    done = {task.name: file for (task, _, _), file in zip(jobs, files, strict=True)}
    return [[done[task.name] for task in half.tasks(epochs)] for half in both]


def _finish(
    half: Half,
    final: Path,
    tested: list[Path],
    answers: Answers,
    choices: Choices,
    described: list[dict[str, str]],
    options: argparse.Namespace,
) -> None:
    """Write one model's folder."""
    folder = options.output / half.name
    folder.mkdir(exist_ok=True)
    parts = unseen_parts(half.answers, half.groups, tested, half.seed)
    own = unseen_scores(parts, half.answers, half.groups, half.seed)[1.0].mean(axis=1).astype(float)
    mean, deviation = own.mean(axis=0), own.std(axis=0)
    encoder = folder / "encoder.gguf"
    heads = final_heads(half.answers, parts, final, (mean, deviation), encoder, half.seed)
    encoder_hash = hashlib.sha256(encoder.read_bytes()).hexdigest()
    heads.save(folder / "heads.npz", encoder_hash)
    version = heads.version(encoder_hash)
    scores = np.zeros_like(answers.ratings)
    scores[half.rows] = (own - mean) / deviation
    scores[half.others] = _scores(heads, encoder, some_of(answers, half.others))

    prior = people.population(scores, choices, np.arange(len(choices.people)), version)
    write_json(folder / "prior.json", prior.to_dict())
    write_json(folder / "people.json", _people(scores, choices, prior, described))
    figures = _figures(half, scores, answers, choices, version, options.epochs)
    write_json(folder / "figures.json", figures)
    order = figures["order"]["written"]["mean"][0], figures["order"]["small model"]["mean"][0]
    print(
        f"  {half.name} {version}: in order {order[0]:.3f} of the pairs of written answers to prompts that it"
    )
    print(
        f"    never saw, {order[1]:.3f} of the small model's; choices there, ROC-AUC {figures['choices']:.3f}"
    )


def _scores(heads: Heads, encoder: Path, answers: Answers) -> Floats:
    """Return (n, J) as the app would score these answers."""
    prompts, texts = [row["prompt"] for row in answers.rows], [row["text"] for row in answers.rows]
    model = Encoder(encoder)
    embeddings = model.embed(list(zip(prompts, texts, strict=True)))
    model.close()
    return heads.predict(extract(prompts, texts, embeddings)).mean(axis=1).astype(float)


def _figures(
    half: Half, scores: Floats, answers: Answers, choices: Choices, version: str, epochs: int
) -> dict[str, Any]:
    """Return how well the model does on the other half: against the ratings, and against people's choices.

    For the choices, each person's weights are fitted to those on the model's own half.
    """
    theirs = some_of(answers, half.others)
    differences = scores[choices.first] - scores[choices.second]
    learned, tested = choices_among(choices, half.rows), choices_among(choices, half.others)
    tested = tested[choices.outcomes[tested] != 0.5]
    prior = people.population(scores, choices, learned, version)
    predicted = np.zeros(len(choices.people))
    for person in np.unique(choices.people):
        mine = learned[choices.people[learned] == person]
        asked = tested[choices.people[tested] == person]
        weights = Weights.fit(differences[mine], choices.outcomes[mine], prior=prior)
        predicted[asked] = weights.predict(differences[asked])
    return {
        "version": version,
        "seed": half.seed,
        "epochs": epochs,
        "groups": GROUPS,
        "answers": len(half.rows),
        "prompts": len(np.unique(half.answers.prompts)),
        "unseen prompts": len(np.unique(theirs.prompts)),
        "order": order_figures(scores[half.others], theirs, half.seed),
        "choices": people.roc_auc(predicted[tested], choices.outcomes[tested]),
    }


def _people(
    scores: Floats, choices: Choices, prior: Weights, described: list[dict[str, str]]
) -> dict[str, Any]:
    """Return each simulated person's weights, from all their choices."""
    differences = scores[choices.first] - scores[choices.second]
    rows = []
    for number, person in enumerate(sorted(described, key=lambda person: person["user"])):
        mine = choices.people == number
        weights = Weights.fit(differences[mine], choices.outcomes[mine], prior=prior)
        rows.append(
            {
                **person,
                "comparisons": int(mine.sum()),
                "mean": weights.mean.tolist(),
                "covariance": weights.covariance.tolist(),
            }
        )
    return {"version": prior.version, "people": rows}


def _describe_for_the_shipped(
    answers: Answers, choices: Choices, described: list[dict[str, str]], folder: Path
) -> None:
    """Write the people's weights for the shipped model's scores, those made without seeing the prompt."""
    folder.mkdir(exist_ok=True)
    scores = load_unseen(shipped.reward_model() / "unseen.npz", answers)
    write_json(folder / "people.json", _people(scores, choices, Weights.prior(), described))


if __name__ == "__main__":
    main()
