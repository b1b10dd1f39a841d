"""`localpersona bench`: the comparisons with other methods that anyone can run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from localpersona.cli.bench_alignment import alignment
from localpersona.cli.benching import benching, names, output_options, publish, show
from localpersona.paths import expanded

if TYPE_CHECKING:
    from localpersona.bench.data import Dataset
    from localpersona.bench.run import Plan


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
@output_options("the curves")
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
    with benching():
        from localpersona.bench import chart
        from localpersona.bench.methods import chosen
        from localpersona.bench.parallel import cores
        from localpersona.bench.report import report
        from localpersona.bench.run import ANSWERS, Plan, run

        entries = chosen(names(methods))
        plan = Plan(entries, answers or ANSWERS, seeds, jobs=jobs or cores())
        _check(plan, png_file)
        name, dataset = _load(expanded(data), protocol, expanded(scores) if scores else None)
        results = run(name, dataset, plan, show)
        publish(results, report(results, markdown=markdown), json_file, chart.draw, png_file)


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
    dataset = dataset_of(judgements, scores, RewardModel.load, show)
    return judgements.name, dataset


bench.add_command(alignment)
