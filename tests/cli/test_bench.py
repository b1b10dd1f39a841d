"""`localpersona bench preferences`, on planted people."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from planted_judges import Counting, write_judges
from scripted_engine import ScriptedEngine

from localpersona.bench.scoring import EMBEDDING, NAMES, key_of

from .conftest import Shell

PEOPLE, PROMPTS, RESPONSES = 8, 8, 5


@pytest.fixture
def data(tmp_path: Path) -> tuple[str, str]:
    """A file of comparisons by people who like more or less of the first trait, and one of scores."""
    generator = np.random.default_rng(0)
    traits = generator.normal(size=(PROMPTS, RESPONSES, len(NAMES)))
    texts = [(f"prompt {p}", f"response {p} {r}") for p in range(PROMPTS) for r in range(RESPONSES)]
    np.savez(
        tmp_path / "scores.npz",
        keys=np.array([key_of(*text) for text in texts]),
        traits=traits.reshape(-1, len(NAMES)).astype(np.float16),
        embedding=np.zeros((len(texts), EMBEDDING), dtype=np.float16),
    )
    with (tmp_path / "choices.jsonl").open("w", encoding="utf-8") as file:
        for user in range(PEOPLE):
            for prompt in range(PROMPTS):
                for first, second in ((0, 1), (2, 3), (1, 4)):
                    more = traits[prompt, first, 0] > traits[prompt, second, 0]
                    row = {
                        "user": f"u{user}",
                        "prompt": f"prompt {prompt}",
                        "outcome": int(more == (user % 2)),
                    }
                    row |= {"first": f"response {prompt} {first}", "second": f"response {prompt} {second}"}
                    file.write(json.dumps(row) + "\n")
    return str(tmp_path / "choices.jsonl"), str(tmp_path / "scores.npz")


def test_methods_are_compared_as_a_table_and_as_json(
    shell: Shell, data: tuple[str, str], tmp_path: Path
) -> None:
    choices, scores = data
    few = (
        "--methods",
        "pref,pooled",
        "--answers",
        "10,0",
        "--seeds",
        "1",
        "--json",
        str(tmp_path / "all.json"),
    )
    ran = shell("bench", "preferences", "--data", choices, "--scores", scores, *few)
    assert ran.code == 0 and ran.err == ""
    assert "choices.jsonl" in ran.out and "One pooled reward (RLHF)" in ran.out
    found = json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))
    assert found["answers"] == [0, 10]
    pref, pooled = (curve["auc"][1]["value"] for curve in found["curves"])
    assert pref > 0.9 > 0.6 > pooled


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((), 2, "Missing option '--data'"),
        (("--data", "nowhere.jsonl"), 1, "nowhere.jsonl cannot be read: No such file or directory"),
        (("--data", "x", "--methods", "nobody"), 1, "There is no method nobody. Those there are: pref, "),
        (("--data", "x", "--answers", "five"), 2, "such as 0,5,10"),
        (("--data", "x", "--answers", "-1"), 2, "such as 0,5,10"),
        (("--data", "x", "--seeds", "0"), 2, "--seeds"),
        (("--data", "x", "--protocol", "else"), 2, "--protocol"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(
    shell: Shell, arguments: tuple[str, ...], code: int, message: str
) -> None:
    ran = shell("bench", "preferences", *arguments)
    assert ran.code == code and ran.out == ""
    assert message in ran.err and "Traceback" not in ran.err


def test_a_wrong_line_and_wrong_scores_are_named(shell: Shell, data: tuple[str, str]) -> None:
    choices, scores = data
    ran = shell("bench", "preferences", "--data", choices, "--scores", choices)
    assert ran.code == 1 and "holds no scores" in ran.err
    with Path(choices).open("a", encoding="utf-8") as file:
        file.write("{}\n")
    ran = shell("bench", "preferences", "--data", choices, "--scores", scores)
    assert ran.code == 1 and f"line {PEOPLE * PROMPTS * 3 + 1}: there is no user" in ran.err


def test_a_picture_without_matplotlib_fails_before_anything_is_computed(
    shell: Shell, data: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("localpersona.bench.chart.find_spec", lambda name: None)
    ran = shell(
        "bench", "preferences", "--data", data[0], "--scores", data[1], "--methods", "pref", "--png", "x.png"
    )
    assert ran.code == 1 and ran.out == "" and "pip install 'localpersona[bench]'" in ran.err


def test_ways_to_align_are_compared_by_name(
    shell: Shell, engine: ScriptedEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judges = str(write_judges(tmp_path / "judges"))
    engine._version = "selector"
    monkeypatch.setattr("localpersona.rewards.RewardModel.load", Counting)
    few = ("--prompts", "2", "--users", "2", "--tools", "best-4", "--model", str(tmp_path / "some.gguf"))
    kept = ("--answers", str(tmp_path / "answers.jsonl"), "--json", str(tmp_path / "all.json"))
    ran = shell("bench", "alignment", "--judges", judges, *few, *kept)
    assert ran.code == 0 and ran.err == ""
    assert "Which tool wins: some" in ran.out and "best of 4" in ran.out and "best of 8" not in ran.out
    found = json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))
    assert found["prompts"] == 2 and [row["key"] for row in found["rows"]] == ["plain", "best-4"]
    assert engine.closed


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((), 2, "Missing option '--judges'"),
        (("--judges", "nowhere"), 1, "scripts/train_judge.py makes this folder"),
        (("--judges", "x", "--tools", "magic"), 1, "There is no tool magic. Those there are: plain, "),
        (("--judges", "x", "--users", "99"), 2, "--users"),
    ],
)
def test_what_is_wrong_with_alignment_is_said_in_a_line(
    shell: Shell, arguments: tuple[str, ...], code: int, message: str
) -> None:
    ran = shell("bench", "alignment", "--model", "some.gguf", *arguments)
    assert ran.code == code and ran.out == ""
    assert message in ran.err and "Traceback" not in ran.err
