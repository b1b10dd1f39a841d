"""What the measure of signals of quality finds when the truth is planted."""

from __future__ import annotations

import numpy as np
import pytest
from train_sense import concordances, groups_of, report, slopes


def test_a_signal_that_tells_the_rating_is_found_and_noise_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    random = np.random.default_rng(0)
    prompts, folds = np.repeat(np.arange(60), 5), np.repeat([0, 1], 150)
    ratings = random.integers(1, 6, 300).astype(float)
    signals = np.column_stack(
        [ratings + 3 * random.normal(size=300), random.normal(size=300), ratings + random.normal(size=300)]
    )
    report(signals, ratings, prompts, folds)
    for table in capsys.readouterr().out.split("\n\n")[1:]:  # within a prompt; all of a fold
        rows = [line for line in table.splitlines() if "(" in line and " to " in line]
        shares = {line[:28].strip(): float(line[28:33]) for line in rows}
        assert 0.6 < shares["score"] < 0.75 and shares["likely"] == pytest.approx(0.5, abs=0.08)
        assert shares["probe"] > 0.8 and shares["score + probe"] >= shares["probe"] - 0.02
        assert shares["score + likely"] == pytest.approx(shares["score"], abs=0.03)


def test_slopes_are_those_within_prompts() -> None:
    random = np.random.default_rng(1)
    prompts = np.repeat(np.arange(80), 5)
    signals = random.normal(size=(400, 2))
    ratings = signals @ [0.3, -0.5] + 10.0 * prompts + 0.1 * random.normal(size=400)
    found = slopes(signals, ratings, prompts)
    assert found[:, 0] == pytest.approx([0.3, -0.5], abs=0.03) and found.shape[1] > 100
    assert found[0].std() < 0.03


def test_answers_to_one_prompt_are_in_one_group_and_groups_are_alike_in_size() -> None:
    prompts = np.array([f"p{number % 30}" for number in range(210)])
    groups = groups_of(prompts)
    assert all(len(set(groups[prompts == prompt])) == 1 for prompt in set(prompts))
    assert len(set(groups)) == 12 and max(np.bincount(groups)) <= 21


def test_order_within_a_prompt_and_across_prompts_are_told_apart() -> None:
    prompts, folds = np.repeat(np.arange(20), 3), np.zeros(60, int)
    ratings = prompts + np.tile([0.0, 0.1, 0.2], 20)
    by_prompt, within = prompts + np.tile([0.2, 0.1, 0.0], 20), np.tile([0.0, 1.0, 2.0], 20)
    assert concordances(by_prompt, ratings, prompts, folds)[0] == "within a prompt 0.000"
    assert concordances(within, ratings, prompts, folds)[0] == "within a prompt 1.000"
    assert concordances(ratings, ratings, prompts, folds)[1] == "in a fold 1.000"
