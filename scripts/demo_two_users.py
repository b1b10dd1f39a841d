#!/usr/bin/env python3
"""Two simulated users with opposite tastes: do the answers that they get differ in the right direction?

User A likes answers that are concise, casual and full of lists; user B detailed, formal ones in flowing prose.
Both go through the real onboarding (ten questions of the bank, answered by their true tastes) and then ask
everyday prompts that nothing was trained on. Every answer is a real one: the LLM's candidates, scored by the
reward model, chosen by the weights that the ten answers gave. Three things are compared, in standard deviations of
the trait scores:

  A, B     the answers chosen for each user
  plain    what the model says without a profile: one candidate, no instruction

All three use the same seeds. Without the instruction line, A and B therefore choose from the same candidates,
of which the plain answer is the first (up to rounding: a batch of one is computed in another order than a batch
of eight); the differences then come from choosing alone. With the line, each user's candidates are their own.
Differences are paired by prompt; ± is one standard error over the prompts.

    python scripts/demo_two_users.py                        # about five minutes on two cores
    python scripts/demo_two_users.py --instructions off --candidates 16
    python scripts/demo_two_users.py --model some.gguf --json > figures.json
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from localpersona.assistant import Assistant, Question
from localpersona.settings import Settings

TASTES: Mapping[str, Mapping[str, float]] = {
    "A": {"length": -1.0, "formality": -1.0, "structure": 1.0},
    "B": {"length": 1.0, "formality": 1.0, "structure": -1.0},
}
"""The simulated users' true weights; what is not named is 0."""

PROMPTS = (
    "How do I get candle wax out of a tablecloth?",
    "What should I pack for a weekend by the sea?",
    "My neighbour's dog barks all night. What can I do?",
    "How can I remember people's names better?",
    "What are good ways to use up stale bread?",
    "Is it worth repairing a ten-year-old washing machine?",
    "How do I start running when I have never done it?",
    "Give me ideas for a rainy Sunday with two small children.",
    "What does a heat pump do?",
    "How should I ask my boss for a day off at short notice?",
    "Why do leaves change colour in autumn?",
    "How do I keep a basil plant alive on the windowsill?",
    "What is a good present for a grandfather who has everything?",
    "How can I stop looking at my phone before bed?",
    "What is the difference between a virus and a bacterium?",
    "How do I make a simple tomato sauce?",
    "My bicycle chain keeps falling off. What is wrong?",
    "How do I write a short speech for a friend's wedding?",
    "What should I look at when I buy a used car?",
    "How does a credit card differ from a debit card?",
    "I feel nervous before exams. Any advice?",
    "How can a small flat look larger?",
    "What is a sensible way to learn the guitar as an adult?",
    "How long can cooked rice be kept, and how?",
    "Why does the moon look larger near the horizon?",
    "What can I cook for a guest who eats no dairy?",
    "How do I get a stubborn screw out of the wall?",
    "Which houseplants survive a dark room?",
    "How do I say no to a friend who keeps borrowing money?",
    "What happens when I press the shutter of a camera?",
)
"""Everyday questions that are neither in the training data nor in the bank."""


@dataclass(frozen=True)
class Run:
    """What one user was answered."""

    summary: str
    weights: dict[str, float]
    instruction: str
    traits: list[dict[str, float]]
    """Trait scores of the answer to each prompt."""
    plain: list[dict[str, float]]
    """The same of the plain answers; empty unless they were asked for."""
    seconds: float


def main() -> None:
    options = _options()
    started = time.monotonic()
    runs = {name: _run(name, tastes, options) for name, tastes in TASTES.items()}
    figures = _figures(runs, time.monotonic() - started, options)
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        _show(figures)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--prompts", type=int, default=20, help=f"how many prompts, at most {len(PROMPTS)}")
    parser.add_argument("--candidates", type=int, default=8, help="responses to choose from")
    parser.add_argument("--max-tokens", type=int, default=128, help="longest response")
    parser.add_argument("--model", default="", help="a GGUF file; the embedded model by default")
    parser.add_argument(
        "--instructions", choices=("on", "off"), default="on", help="tell the model the taste"
    )
    parser.add_argument("--strength", choices=("light", "medium", "full"), default="full")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    options = parser.parse_args()
    if not 2 <= options.prompts <= len(PROMPTS):
        parser.error(f"--prompts must be between 2 and {len(PROMPTS)}")
    if options.candidates < 2:
        parser.error("--candidates must be at least 2: there is nothing to choose from one")
    return options


def _run(name: str, tastes: Mapping[str, float], options: argparse.Namespace) -> Run:
    """Onboard a simulated user in a home of their own and ask everything."""
    settings = Settings(
        candidates=options.candidates,
        max_tokens=options.max_tokens,
        instructions=options.instructions == "on",
        strength=options.strength,
    )
    started = time.monotonic()
    with _home(), Assistant.open(model=options.model or None, settings=settings) as assistant:
        while (question := assistant.next_question()) is not None:
            assistant.compare(question, _preferred(assistant, question, tastes))
        profile = assistant.profile()
        traits, plain, instruction = [], [], ""
        for number, prompt in enumerate(PROMPTS[: options.prompts]):
            seed = options.seed * 100_000 + number * 100
            _tell(f"user {name}, prompt {number + 1} of {options.prompts}: {prompt}")
            reply = assistant.reply(prompt, seed=seed)
            instruction = reply.explanation.instruction
            traits.append(_named(assistant, reply.candidates[reply.chosen].traits))
            if name == "A":  # the plain answers are the same for everybody
                text = assistant.reply(prompt, seed=seed, plain=True).text
                plain.append(_named(assistant, assistant.engine.score(prompt, [text]).traits[0]))
        weights = {view.trait.name: view.mean for view in profile.traits}
        return Run(profile.summary, weights, instruction, traits, plain, time.monotonic() - started)


def _preferred(assistant: Assistant, question: Question, tastes: Mapping[str, float]) -> float:
    """Return 1 if somebody with these tastes prefers the first response, else 0."""
    first = _named(assistant, question.traits_first)
    second = _named(assistant, question.traits_second)
    return float(sum(weight * (first[trait] - second[trait]) for trait, weight in tastes.items()) > 0)


def _named(assistant: Assistant, scores: Sequence[float]) -> dict[str, float]:
    return {trait.name: score for trait, score in zip(assistant.traits, scores, strict=True)}


@contextmanager
def _home() -> Iterator[None]:
    """Keep everything in a directory that is thrown away."""
    former = os.environ.get("LOCALPERSONA_HOME")
    with tempfile.TemporaryDirectory(prefix="localpersona-demo-", ignore_cleanup_errors=True) as directory:
        os.environ["LOCALPERSONA_HOME"] = directory
        try:
            yield
        finally:
            if former is None:
                del os.environ["LOCALPERSONA_HOME"]
            else:
                os.environ["LOCALPERSONA_HOME"] = former


def _figures(runs: Mapping[str, Run], seconds: float, options: argparse.Namespace) -> dict[str, Any]:
    a, b, plain = runs["A"].traits, runs["B"].traits, runs["A"].plain
    rows = []
    for trait in a[0]:
        wanted = TASTES["A"].get(trait, 0.0) - TASTES["B"].get(trait, 0.0)
        difference, error = _paired(a, b, trait)
        rows.append(
            {
                "trait": trait,
                "A": _mean(a, trait),
                "B": _mean(b, trait),
                "plain": _mean(plain, trait),
                "A-plain": _paired(a, plain, trait),
                "B-plain": _paired(b, plain, trait),
                "A-B": (difference, error),
                "wanted": wanted,
                "right": None if wanted == 0 else difference * wanted > 0,
            }
        )
    return {
        "options": vars(options),
        "profiles": {name: run.summary for name, run in runs.items()},
        "instructions": {name: run.instruction for name, run in runs.items()},
        "weights": {name: run.weights for name, run in runs.items()},
        "traits": rows,
        "seconds": seconds,
    }


def _mean(scores: Sequence[Mapping[str, float]], trait: str) -> float:
    return statistics.fmean(row[trait] for row in scores)


def _paired(
    ours: Sequence[Mapping[str, float]], theirs: Sequence[Mapping[str, float]], trait: str
) -> tuple[float, float]:
    """Return the mean difference over the prompts and its standard error."""
    differences = [row[trait] - other[trait] for row, other in zip(ours, theirs, strict=True)]
    return statistics.fmean(differences), statistics.stdev(differences) / math.sqrt(len(differences))


def _show(figures: Mapping[str, Any]) -> None:
    options = figures["options"]
    for name in TASTES:
        print(f"User {name}: {figures['profiles'][name]}")
        if figures["instructions"][name]:
            print(f'        The model was told: "{figures["instructions"][name]}"')
    print(
        f"\n{options['prompts']} prompts, {options['candidates']} candidates of at most "
        f"{options['max_tokens']} tokens, strength {options['strength']}, "
        f"instructions {options['instructions']}; {figures['seconds']:.0f} s\n"
    )
    print(
        f"{'trait':<12}{'A':>7}{'B':>7}{'plain':>7}{'A - plain':>15}{'B - plain':>15}{'A - B':>15}  as wanted"
    )
    for row in sorted(figures["traits"], key=lambda row: row["wanted"] == 0):
        verdict = {None: "", True: "yes", False: "NO"}[row["right"]]
        means = "".join(f"{row[key]:7.2f}" for key in ("A", "B", "plain"))
        differences = "".join(
            f"{row[key][0]:+9.2f} ±{row[key][1]:.2f}" for key in ("A-plain", "B-plain", "A-B")
        )
        print(f"{row['trait']:<12}{means}{differences}  {verdict}")
    judged = [row["right"] for row in figures["traits"] if row["right"] is not None]
    print(f"\n{sum(judged)} of {len(judged)} tastes differ between the two users in the right direction.")


def _tell(line: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{line[:78]}", end="", file=sys.stderr, flush=True)
    else:
        print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
