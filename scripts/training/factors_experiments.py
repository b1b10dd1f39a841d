"""What PReF's paper says of its training, tried again: each experiment is a table of ROC-AUC on strangers."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping

import numpy as np

from localpersona.bench.protocol import BenchError
from training.factors_trial import ANSWERS, Recipe, Trial, auc_of

RANKS = range(1, 13)
RESIDUAL_RANKS = (1, 2, 3)
FEW_STEPS = 10  # a training that is cut short, as the released code's 500 small steps seem to be

Figures = dict[str, dict[str, dict[str, float]]]
"""By recipe, then by number of answers: mean; deviation over splits and, within a split, over starts; extremes."""


def ranks(trial: Trial, usual: Recipe, splits: int, starts: int) -> Figures:
    """J from 1 to 12 (the paper's figure B: a plateau from 6 on)."""
    recipes = {f"J = {rank}": Recipe(rank, usual.strength) for rank in RANKS}
    return _examine("The number of base rewards", trial, recipes, splits, 1)


def ablations(trial: Trial, usual: Recipe, splits: int, starts: int) -> Figures:
    """Without the singular value decomposition, without regularisation (the paper's figure A)."""
    rank, strength = usual.rank, usual.strength
    recipes = {
        "full": usual,
        "no SVD": Recipe(rank, strength, "random"),
        "no regularisation": Recipe(rank, 0.0),
        "neither": Recipe(rank, 0.0, "random"),
        f"full, {FEW_STEPS} steps": Recipe(rank, strength, steps=FEW_STEPS),
        f"no SVD, {FEW_STEPS} steps": Recipe(rank, strength, "random", FEW_STEPS),
    }
    return _examine("SVD start and regularisation", trial, recipes, splits, starts)


def residual(trial: Trial, usual: Recipe, splits: int, starts: int) -> Figures:
    """Named traits, factors of what the traits leave unexplained beside them, and learned factors only."""
    if trial.features is None:
        raise BenchError("Without features there are no named traits to add factors to: use --form linear.")
    recipes = {"named traits": Recipe(0, named=True)}
    for rank in RESIDUAL_RANKS:
        recipes[f"named traits, {rank} learned"] = Recipe(rank, usual.strength, named=True)
    recipes[f"{usual.rank} learned"] = usual
    return _examine("Named traits and learned factors", trial, recipes, splits, 1)


EXPERIMENTS = {"ranks": ranks, "ablations": ablations, "residual": residual}


def _examine(title: str, trial: Trial, recipes: Mapping[str, Recipe], splits: int, starts: int) -> Figures:
    """Print the table row by row, as it is found."""
    width = max(map(len, recipes))
    header = "".join(f"  {f'{count} answers':>18}" for count in ANSWERS)
    print(f"{title}: ROC-AUC ± deviation over {splits} splits / over {starts} starts")
    print(f"  {'':{width}}{header}")
    figures: Figures = {}
    for name, recipe in recipes.items():
        runs = list(_runs(name, trial, recipe, splits, starts))
        figures[name] = {
            str(count): _spread(np.array([[run[count] for run in split] for split in runs]))
            for count in ANSWERS
        }
        print(
            f"  {name:{width}}" + "".join(f"  {_cell(at):>18}" for at in figures[name].values()), flush=True
        )
    return figures


def _runs(
    name: str, trial: Trial, recipe: Recipe, splits: int, starts: int
) -> Iterator[list[dict[int, float]]]:
    for split in range(splits):
        print(f"\r  {name}: split {split + 1} of {splits} ", end="", file=sys.stderr, flush=True)
        yield [auc_of(trial, recipe, split, start) for start in range(starts)]
    print(f"\r{'':60}\r", end="", file=sys.stderr, flush=True)


def _spread(table: np.ndarray) -> dict[str, float]:
    """Summarise (splits, starts)."""
    splits, starts = table.shape
    return {
        "mean": float(table.mean()),
        "splits": float(table.mean(axis=1).std(ddof=1)) if splits > 1 else 0.0,
        "starts": float(np.sqrt(table.var(axis=1, ddof=1).mean())) if starts > 1 else 0.0,
        "lowest": float(table.min()),
        "highest": float(table.max()),
    }


def _cell(at: Mapping[str, float]) -> str:
    return f"{at['mean']:.3f} ± {at['splits']:.3f}/{at['starts']:.3f}".replace("0.", ".")
