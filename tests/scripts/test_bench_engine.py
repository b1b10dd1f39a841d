"""The engine's benchmark: which questions it asks, and how a share is computed."""

from __future__ import annotations

import json
from pathlib import Path

import bench_engine
import numpy as np
import pytest
from engine_bench.searching import share


def test_about_a_hundred_prompts_come_along() -> None:
    prompts = bench_engine.prompts(None)
    assert len(prompts) == len(set(prompts)) >= 100 and not any(line.startswith("#") for line in prompts)


def test_prompts_come_from_the_usual_kinds_of_files(tmp_path: Path) -> None:
    rows = [
        {"prompt": "One?"},
        {"instruction": "Two?"},
        {"turns": ["Three?", "And then?"]},
        {"prompt": "One?"},
    ]
    path = tmp_path / "prompts.jsonl"
    path.write_text("\n".join([*map(json.dumps, rows), "", "Four?"]))
    assert bench_engine.prompts(str(path)) == ["One?", "Two?", "Three?", "Four?"]


def test_a_share_is_one_of_mean_gains_with_an_interval_around_it() -> None:
    full = np.random.default_rng(1).normal(2.0, 1.0, 200)
    ratio, low, high = share(0.5 * full, full)
    assert ratio == pytest.approx(0.5) and low == pytest.approx(0.5) and high == pytest.approx(0.5)
    ratio, low, high = share(np.random.default_rng(2).normal(1.0, 1.0, 200), full)
    assert low < ratio < high and ratio == pytest.approx(0.5, abs=0.15)
