"""The bank's questions are about taste, and carry what the bank says they carry."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("llama_cpp")
sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from training.bank import choose_questions, prompts_of, sharpened
from training.data import NAMES, Answers, load_unseen

from localpersona.rewards import question_bank

RNG = np.random.default_rng(0)
PROMPTS, EACH = 20, 4
QUALITY = NAMES.index("quality")


def rated() -> Answers:
    ratings = RNG.integers(1, 6, (PROMPTS * EACH, len(NAMES))).astype(float)
    ratings[:, :QUALITY] = np.where(RNG.random((PROMPTS * EACH, QUALITY)) < 0.8, 3.0, ratings[:, :QUALITY])
    ratings[:, QUALITY] = np.tile([5.0, 5.0, 5.0, 2.0], PROMPTS)
    rows: list[dict[str, Any]] = [
        {
            "response_id": f"r{number}",
            "prompt": f"prompt {number // EACH}",
            "text": f"one answer, number {number}",
            "source": "written",
            "kind": "styled",
            "domain": f"domain {number // EACH % 3}",
            "ratings": dict(zip(NAMES, row, strict=True)),
        }
        for number, row in enumerate(ratings.tolist())
    ]
    prompts = np.repeat(np.arange(PROMPTS), EACH)
    return Answers(rows, ratings, prompts, prompts % 3, np.ones(len(rows), dtype=bool))


ANSWERS = rated()
SCORES = (ANSWERS.ratings - ANSWERS.ratings.mean(axis=0)) / ANSWERS.ratings.std(axis=0)
SCORES = SCORES + RNG.normal(0.0, 0.1, SCORES.shape)


def test_a_bank_can_be_read_and_its_traits_are_between_rating_and_score(tmp_path: Path) -> None:
    path = tmp_path / "questions.json"
    path.write_text(json.dumps(choose_questions(ANSWERS, SCORES, "v7", seed=0)), encoding="utf-8")
    bank = question_bank(path)
    assert (bank.version, bank.carries, bank.names) == ("v7", "ratings and scores", NAMES)
    assert 5 <= len(bank) <= PROMPTS and len(set(bank.prompt)) == len(bank)
    row_of = {row["text"]: number for number, row in enumerate(ANSWERS.rows)}
    first = [row_of[text] for text in bank.first]
    np.testing.assert_allclose(bank.traits[:, 0], sharpened(ANSWERS, SCORES)[first], atol=1e-4)
    assert (ANSWERS.ratings[first, QUALITY] >= 4).all()
    assert (np.abs(bank.differences[:, QUALITY]) <= 0.5).all()
    assert (np.abs(bank.differences).max(axis=1) >= 0.8).all()


def test_sharpened_traits_are_halfway_and_on_the_scores_scale() -> None:
    halfway = 2.0 * sharpened(ANSWERS, SCORES) - SCORES
    np.testing.assert_allclose(halfway.mean(axis=0), 0.0, atol=1e-9)
    np.testing.assert_allclose(halfway.std(axis=0), 1.0)
    assert np.corrcoef(halfway[:, 0], ANSWERS.ratings[:, 0])[0, 1] == pytest.approx(1.0)


def test_the_prompts_that_a_bank_uses_are_known_by_number() -> None:
    bank = {"questions": [{"prompt": "prompt 3"}, {"prompt": "prompt 11"}]}
    assert prompts_of(bank, ANSWERS).tolist() == [3, 11]


def test_unseen_scores_are_found_by_their_texts(tmp_path: Path) -> None:
    from localpersona.bench.scoring import key_of

    order = RNG.permutation(len(ANSWERS.rows))
    keys = np.array([key_of(ANSWERS.rows[row]["prompt"], ANSWERS.rows[row]["text"]) for row in order])
    np.savez(tmp_path / "unseen.npz", keys=keys, traits=SCORES[order])
    np.testing.assert_allclose(load_unseen(tmp_path / "unseen.npz", ANSWERS), SCORES)
