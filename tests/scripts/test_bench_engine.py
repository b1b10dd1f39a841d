"""The engine's benchmark: which questions it asks, and how a share is computed."""

from __future__ import annotations

import json
from pathlib import Path

import bench_engine
import numpy as np
import pytest
from engine_bench.searching import gain, share

from localpersona.engine.protocol import Taste
from localpersona.rewards import TRAITS
from localpersona.values import Candidate


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


def test_a_gain_is_in_what_was_searched_with() -> None:
    """Quality is what a probe read where there is one, whatever the reward model says of it."""
    names = [trait.name for trait in TRAITS]
    traits = [tuple(float(name == "humour") * worth for name in names) for worth in (1.0, 3.0)]
    taste = Taste(
        tuple({"humour": 0.5, "quality": 2.0}.get(name, 0.0) for name in names), ((0.0,) * 12,) * 12, "v"
    )
    plain, chosen = (Candidate("so", traits=row) for row in traits)
    assert gain(plain, chosen, taste) == pytest.approx(0.5 * 2.0) and gain(plain, plain, taste) == 0
    plain, chosen = (Candidate("so", traits=row, reading=-number) for number, row in enumerate(traits))
    assert gain(plain, chosen, taste) == pytest.approx(0.5 * 2.0 - 2.0 * 1.15)
