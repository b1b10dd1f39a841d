"""What the measure of free quality signals finds when the truth is planted."""

from __future__ import annotations

import numpy as np
import pytest
from measure_quality_signals import agreement, report, slopes


def test_the_answer_in_the_middle_agrees_most() -> None:
    found = agreement(np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [-1.0, 0.0]]))
    assert found.argmax() == 1 and found.argmin() == 3
    assert list(agreement(np.ones((1, 3)))) == [0.0]


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
        assert shares["agreeing"] > 0.8 and shares["score + agreeing"] >= shares["agreeing"] - 0.02
        assert shares["score + likely"] == pytest.approx(shares["score"], abs=0.03)


def test_slopes_are_those_within_prompts() -> None:
    random = np.random.default_rng(1)
    prompts = np.repeat(np.arange(80), 5)
    signals = random.normal(size=(400, 2))
    ratings = signals @ [0.3, -0.5] + 10.0 * prompts + 0.1 * random.normal(size=400)
    found = slopes(signals, ratings, prompts)
    assert found[:, 0] == pytest.approx([0.3, -0.5], abs=0.03) and found.shape[1] > 100
    assert found[0].std() < 0.03
