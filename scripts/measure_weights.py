"""What the weights are worth, and each of their parts: .venv/bin/python scripts/measure_weights.py

Held-out simulated people, tested on choices between answers to held-out prompts, whose trait scores come from
heads that saw neither. Averages over random splits, with the lowest and the highest. Takes some minutes.
"""

from __future__ import annotations

import argparse
import json
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from training.calibration import calibration_error, reliability
from training.data import load_answers, load_choices, load_unseen
from training.weights_trial import Data, measure_split, reliable_cases

ROOT = Path(__file__).resolve().parent.parent
RELIABILITY_AFTER = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "styles")
    parser.add_argument("--scores", type=Path, default=ROOT / "models" / "reward" / "unseen.npz")
    parser.add_argument("--splits", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=2, help="processes (default 2)")
    parser.add_argument("--output", type=Path, help="a JSON file for the figures")
    options = parser.parse_args()

    answers = load_answers(options.data)
    data = Data(answers, load_choices(options.data, answers), load_unseen(options.scores, answers))
    seeds = range(options.splits)
    with ProcessPoolExecutor(options.jobs) as pool:
        splits = list(pool.map(partial(measure_split, data), seeds))
        cases = list(pool.map(partial(reliable_cases, data, count=RELIABILITY_AFTER), seeds))
    figures: dict[str, Any] = {"splits": options.splits, "tables": averaged(splits)}
    predicted, truth = (np.concatenate(column) for column in zip(*cases, strict=True))
    bins = reliability(predicted, truth)
    figures["reliability"] = [[part.low, part.high, part.cases, part.predicted, part.found] for part in bins]

    for title, table in figures["tables"].items():
        show(title, table)
    print(f"\nReliability after {RELIABILITY_AFTER} answers: error {calibration_error(predicted, truth):.3f}")
    for part in bins:
        print(f"  {part.low:.1f}–{part.high:.1f}  {part.cases:6}  {part.predicted:.3f}  {part.found:.3f}")
    if options.output:
        options.output.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def averaged(splits: list[dict[str, Any]]) -> dict[str, Any]:
    """Return tables of (mean, lowest, highest) over splits."""
    return {
        title: {
            row: {column: summary([split[title][row][column] for split in splits]) for column in columns}
            for row, columns in table.items()
        }
        for title, table in splits[0].items()
    }


def summary(values: list[float]) -> tuple[float, float, float]:
    return float(np.mean(values)), min(values), max(values)


def show(title: str, table: dict[str, dict[str, tuple[float, float, float]]]) -> None:
    width = max(map(len, table))
    print(f"\n{title[:1].upper()}{title[1:]}")
    for row, columns in table.items():
        cells = [f"{name}: {mean:.3f} ({low:.3f}–{high:.3f})" for name, (mean, low, high) in columns.items()]
        print(f"  {row:{width}}  {'  '.join(cells)}")


if __name__ == "__main__":
    main()
