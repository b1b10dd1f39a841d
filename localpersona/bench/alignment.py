"""The benchmark of alignment: which tool turns weights into words best, at which cost.

Held-out prompts × users of known tastes × tools, answered by the real engine. The model that selects among answers
never says how good they are: a judge does that, which learned from other prompts, other answers and another seed
(scripts/train_judge.py), so that over-optimisation shows.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from localpersona.bench.alignment_answers import AnswerFile, Progress, Run, Setting, make
from localpersona.bench.alignment_figures import Results, summarise
from localpersona.bench.alignment_scores import SENSE, Scorer, Scores, Sense, score
from localpersona.bench.alignment_tools import Tool
from localpersona.bench.alignment_users import Model, users
from localpersona.bench.protocol import BenchError
from localpersona.engine.protocol import Engine
from localpersona.shipped import REWARDS
from localpersona.values import Sampling


@dataclass(frozen=True)
class Plan:
    """What to run."""

    judges: Path
    """The folder that scripts/train_judge.py wrote."""
    answers: Path
    """Where the answers are kept."""
    model: str
    """What the language model is called in the results."""
    tools: tuple[Tool, ...]
    prompts: int = 60
    users: int = 8
    each: int = 0
    """How many of the users ask each prompt; 0: all."""
    max_tokens: int = 128
    seed: int = 1
    selector: str = "selector"
    """Or "shipped"."""
    vectors: str = ""
    """The file of the model's steering vectors."""


def run(
    plan: Plan, engine: Callable[[], Engine], load: Callable[[Path], Scorer], progress: Progress
) -> Results:
    """Make what answers are missing, judge them, and return the figures. Raises BenchError, EngineError.

    engine: called once at most, when the environment says which reward model selects. load: a reward model by its
    folder.
    """
    selector, judge = Model.read(plan.judges, plan.selector), Model.read(plan.judges, "judge")
    asked = held_out_prompts()[: plan.prompts]
    people = users(selector, judge, plan.users)
    sampling = Sampling(max_tokens=plan.max_tokens, seed=plan.seed)
    what = Run(asked, plan.tools, people, selector.prior, sampling, plan.vectors, plan.each)
    engine = cache(engine)
    setting = Setting(plan.model, selector.prior.version, plan.max_tokens, plan.seed)
    file = AnswerFile(plan.answers, setting)
    with _selecting_by(selector.folder):
        make(what, file, engine, progress)
    wanted = {key for job in what.jobs() for key in what.made_by(job)}
    made = [answer for key, answer in file.answers.items() if key in wanted]

    def scores(version: str, load_it: Callable[[], Scorer]) -> Scores:
        return score(made, asked, plan.answers, version, load_it, progress)

    by = {
        "selected": scores(selector.prior.version, lambda: load(selector.folder)),
        "judged": scores(judge.prior.version, lambda: load(judge.folder)),
        "sense": scores(SENSE, lambda: Sense(engine())),
    }
    return summarise(what, file.answers, by, setting, judge_figures(plan.judges))


def held_out_prompts() -> tuple[str, ...]:
    """Return the prompts that ship with the benchmark."""
    text = resources.files("localpersona.bench").joinpath("prompts.txt").read_text(encoding="utf-8")
    return tuple(line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#"))


def judge_figures(judges: Path) -> dict[str, float]:
    """Return how good the judge is on prompts that it never saw; empty where nobody wrote that down.

    "written", "small model": share of pairs of such answers in the order of their ratings, mean over the traits;
    "quality", "quality, small model": the same of quality alone; "choices": ROC-AUC of people's choices.
    """
    try:
        figures = json.loads((judges / "judge" / "figures.json").read_text(encoding="utf-8"))
        order = figures["order"]
        return {
            "written": order["written"]["mean"][0],
            "small model": order["small model"]["mean"][0],
            "quality": order["written"]["traits"]["quality"][0],
            "quality, small model": order["small model"]["traits"]["quality"][0],
            "choices": figures["choices"],
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BenchError(f"{judges / 'judge' / 'figures.json'} cannot be read: {error}") from None


@contextmanager
def _selecting_by(folder: Path) -> Iterator[None]:
    """Let the engine's child, which inherits the environment, score by the reward model in this folder."""
    former = os.environ.get(REWARDS)
    os.environ[REWARDS] = str(folder.absolute())
    try:
        yield
    finally:
        if former is None:
            del os.environ[REWARDS]
        else:
            os.environ[REWARDS] = former
