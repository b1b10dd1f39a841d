"""The benchmark of alignment, with an engine that says what it is told to and a judge that only counts words."""

from __future__ import annotations

import json
import math
import os
from collections import Counter
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path

import pytest
from planted_judges import PERSON, Counting, write_judges
from scripted_engine import ScriptedEngine

from localpersona.assistant.patience import LEVELS
from localpersona.bench.alignment import Plan, held_out_prompts, run
from localpersona.bench.alignment_answers import BLOCK
from localpersona.bench.alignment_chart import draw, pareto
from localpersona.bench.alignment_figures import Figure, Results, Row
from localpersona.bench.alignment_report import BUDGETS, RAVING, best_within, report
from localpersona.bench.alignment_tools import REFERENCES, SEEDS_APART, chosen_tools
from localpersona.bench.alignment_users import Model, users
from localpersona.bench.protocol import BenchError
from localpersona.engine.protocol import GenerateRequest
from localpersona.rewards import question_bank
from localpersona.shipped import REWARDS
from localpersona.values import Sampling

PLAIN, REFERENCE = 10, 40
"""Words of the plain model's answer, and of the references'."""


def words(count: int) -> str:
    return "words " * (count - 1) + "words."


def scripted(request: GenerateRequest, index: int) -> str:
    """Candidate i has 10 · (i + 1) words, a reference 40; an instructed one says please as well."""
    reference = request.sampling.seed % 100 >= SEEDS_APART
    please = "please " if request.instruction else ""
    return please + words(REFERENCE if reference else PLAIN * (index + 1))


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine(scripted, version="selector")


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    tools = chosen_tools(["best-8", "pruned-8", "instructions"])
    return Plan(
        write_judges(tmp_path / "judges"), tmp_path / "answers", "scripted", tools, prompts=6, users=2
    )


def run_quietly(plan: Plan, engine: ScriptedEngine) -> Results:
    return run(plan, lambda: engine, Counting, lambda what, done, total: None)


def row_of(results: Results, key: str) -> Row:
    return next(row for row in results.rows if row.key == key)


def test_gain_wins_and_movement_are_those_of_the_planted_answers(plan: Plan, engine: ScriptedEngine) -> None:
    results = run_quietly(plan, engine)
    assert [row.key for row in results.rows] == ["plain", "best-8", "pruned-8", "instructions"]
    assert list(results.users) == ["concise", "detailed"] and results.prompts == 6
    # Who likes it short gets 10 words instead of 40, who likes it long 80; the weights are −2 and 2.
    shorter, longer = math.log(40 / 10), math.log(80 / 40)
    best = row_of(results, "best-8")
    assert best.wins == Figure(1.0, 1.0, 1.0)
    assert best.gain.value == pytest.approx(2 * (shorter + longer) / 2, abs=1e-3)
    assert best.selected_gain.value == pytest.approx(best.gain.value, abs=1e-3)
    assert best.traits["length"] == pytest.approx((shorter + longer) / 2, abs=1e-3)
    assert best.apart == pytest.approx(shorter + longer, abs=1e-3)
    assert best.words == 45 and best.different == 1.0
    assert best.quality == Figure(0.0, 0.0, 0.0)
    # The scripted model finds each word 0.01 less probable than none: 10 and 80 words instead of 40.
    assert best.sense.value == pytest.approx(-0.01 * ((10 - 40) + (80 - 40)) / 2, abs=1e-5)
    plain = row_of(results, "plain")
    assert plain.wins_by_user == {"concise": 1.0, "detailed": 0.0}
    assert plain.wins.value == 0.5 and plain.apart == 0.0 and plain.different == 0.0 and plain.times == 1.0


def test_the_judge_may_see_it_otherwise_than_the_selector(plan: Plan, engine: ScriptedEngine) -> None:
    class Contrary(Counting):
        def score(self, prompt, responses, finished=True):  # type: ignore[no-untyped-def]
            scores = super().score(prompt, responses, finished)
            return -scores if self.version == "judge" else scores

    results = run(plan, lambda: engine, Contrary, lambda what, done, total: None)
    best = row_of(results, "best-8")
    assert best.selected_gain.value > 1.0 and best.gain.value == pytest.approx(-best.selected_gain.value)
    assert best.wins.value == 0.0 and results.agreement == pytest.approx(-1.0)
    same = run_quietly(replace(plan, tools=chosen_tools(["plain"])), engine)
    assert same.agreement is None and row_of(same, "plain").apart == 0.0


def test_users_can_take_turns(plan: Plan, engine: ScriptedEngine) -> None:
    turns = replace(plan, prompts=2 * BLOCK, users=4, each=2)
    results = run_quietly(turns, engine)
    asked = Counter(request.turns[-1].content for request in engine.requests if request.search.pruned)
    assert set(asked.values()) == {2} and len(asked) == 2 * BLOCK
    assert list(results.users) == ["concise", "detailed", "casual", "formal"] and results.each == 2
    best = row_of(results, "best-8")
    assert best.wins_by_user["concise"] == best.wins_by_user["detailed"] == 1.0
    assert best.traits["length"] == pytest.approx((math.log(40 / 10) + math.log(80 / 40)) / 2, abs=1e-3)
    assert "8 prompts × 2 of 4 users in turn" in report(results)


def test_intervals_are_over_prompts(plan: Plan) -> None:
    long_for = set(held_out_prompts()[:3])

    def sometimes(request: GenerateRequest, index: int) -> str:
        if request.candidates == 1:
            return words(40)
        return words(80 if request.turns[-1].content in long_for else 20)

    results = run_quietly(replace(plan, users=1), ScriptedEngine(sometimes, version="selector"))
    best = row_of(results, "best-8")
    assert best.wins.value == 0.5 and best.wins.low < 0.3 and best.wins.high > 0.7
    assert best.gain.value == pytest.approx(0.0, abs=1e-3) and best.gain.low < -0.3 and best.gain.high > 0.3
    assert row_of(results, "plain").wins == Figure(0.5, 0.5, 0.5)  # ties


def test_what_is_the_same_for_everybody_is_made_once(plan: Plan, engine: ScriptedEngine) -> None:
    run_quietly(plan, engine)
    asked = Counter(
        (request.candidates, request.search.pruned, bool(request.instruction))
        for request in engine.requests[1:]
    )
    assert asked == {
        (1, False, False): 3 * plan.prompts,  # the plain model and two references
        (8, False, False): plan.prompts,
        (8, True, False): 2 * plan.prompts,
        (1, False, True): 2 * plan.prompts,
    }


def test_no_prompt_follows_itself(plan: Plan, engine: ScriptedEngine) -> None:
    """Its tokens would still be in the cache, and the second tool would look quicker than the first."""
    run_quietly(plan, engine)
    asked = [request.turns[-1].content for request in engine.requests]
    assert plan.prompts > BLOCK and all(one != other for one, other in pairwise(asked))


def test_a_stopped_run_goes_on_where_it_was(plan: Plan, engine: ScriptedEngine) -> None:
    whole = run_quietly(plan, engine)
    lines = plan.answers.read_bytes().split(b"\n")
    plan.answers.write_bytes(b"\n".join(lines[:-5]) + b"\n" + lines[-5][:20])
    again = ScriptedEngine(scripted, version="selector")
    resumed = run_quietly(plan, again)
    assert 0 < len(again.requests) - 1 <= 4
    assert plan.answers.read_bytes().count(b"\n") == len(lines) - 1
    untimed = {"seconds": 0.0, "first_seconds": 0.0, "times": 0.0}
    assert [replace(row, **untimed) for row in resumed.rows] == [
        replace(row, **untimed) for row in whole.rows
    ]


def test_a_complete_file_needs_no_engine_and_no_judge(plan: Plan, engine: ScriptedEngine) -> None:
    first = run_quietly(plan, engine)

    def never(*_: object) -> ScriptedEngine:
        raise AssertionError("everything is there")

    assert run(plan, never, never, lambda what, done, total: None) == first  # type: ignore[arg-type]
    fewer = run(replace(plan, prompts=4), never, never, lambda what, done, total: None)  # type: ignore[arg-type]
    assert fewer.prompts == 4


def test_answers_of_other_settings_are_not_mixed(plan: Plan, engine: ScriptedEngine) -> None:
    run_quietly(plan, engine)
    with pytest.raises(BenchError, match=r"other settings[\s\S]*--answers"):
        run_quietly(replace(plan, seed=2), engine)
    plan.answers.write_text("something else\n", encoding="utf-8")
    with pytest.raises(BenchError, match="something else"):
        run_quietly(plan, engine)


def test_the_engine_is_started_with_the_selecting_model(plan: Plan, engine: ScriptedEngine) -> None:
    seen: list[str | None] = []

    def start() -> ScriptedEngine:
        seen.append(os.environ.get(REWARDS))
        return engine

    run(plan, start, Counting, lambda what, done, total: None)
    assert seen == [str(plan.judges / "selector")] and REWARDS not in os.environ


def test_users_are_described_to_both_models(plan: Plan) -> None:
    models = Model.read(plan.judges, "selector"), Model.read(plan.judges, "judge")
    everybody = {user.name: user for user in users(*models, 12)}
    formal, casual, person = everybody["formal"], everybody["casual"], everybody["u40"]
    at = formal.weights.names.index("formality")
    assert formal.judged[at] == pytest.approx(2.0) and casual.judged[at] == pytest.approx(-2.0)
    assert formal.weights.mean == pytest.approx(formal.judged, abs=1e-6)
    assert person.judged == pytest.approx(PERSON) and person.weights.mean == pytest.approx(PERSON)
    (instructions,) = (tool for tool in chosen_tools(["instructions"]) if tool.key == "instructions")
    asked = instructions.request("Why?", person, models[0].prior, Sampling(), "")
    assert "concise" in asked.instruction and asked.turns[0].content == "Why?" and not asked.late


def test_tools_become_requests(plan: Plan) -> None:
    model = Model.read(plan.judges, "selector")
    (casual,) = (user for user in users(model, Model.read(plan.judges, "judge"), 12) if user.name == "casual")
    keys = ["instructions-late", "contrast-2+guided-4", "steering-0.02"]
    late, steered, both = (
        tool.request("Why?", casual, model.prior, Sampling(), "file.npz")
        for tool in chosen_tools(keys, "file.npz")
        if tool.key in keys
    )
    assert late.late and "casual" in late.instruction and late.taste is None
    assert both.contrast == 2.0 and both.search.method == "guided" and both.candidates == 4
    assert both.taste is not None and both.taste.version == "selector"
    wanted = dict.fromkeys(model.prior.names, 0.0) | {"formality": -0.04}
    assert steered.steering is not None and steered.steering.path == "file.npz"
    assert steered.steering.weights == pytest.approx(list(wanted.values()), abs=1e-6)


def test_what_train_judge_did_not_write_is_said(tmp_path: Path, plan: Plan, engine: ScriptedEngine) -> None:
    with pytest.raises(BenchError, match=r"train_judge\.py"):
        run_quietly(replace(plan, judges=tmp_path / "nowhere"), engine)
    people = plan.judges / "judge" / "people.json"
    people.write_text(people.read_text(encoding="utf-8").replace('"judge"', '"older"'), encoding="utf-8")
    with pytest.raises(BenchError, match="another version"):
        run_quietly(plan, engine)


def test_tools_are_chosen_by_name() -> None:
    assert [tool.key for tool in chosen_tools(["best-4"])] == [*REFERENCES, "plain", "best-4"]
    with pytest.raises(BenchError, match=r"no tool magic\. Those there are: plain, best-4"):
        chosen_tools(["magic"])
    assert "steering-0.02" not in {tool.key for tool in chosen_tools([])}
    assert "steering-0.02" in {tool.key for tool in chosen_tools([], "file.npz")}
    with pytest.raises(BenchError, match="--vectors"):
        chosen_tools(["steering-0.02"])


def test_the_prompts_are_many_and_not_those_of_the_question_bank() -> None:
    prompts = held_out_prompts()
    assert len(set(prompts)) == len(prompts) >= 60
    assert not set(prompts) & set(question_bank().prompt)


def test_the_report_says_who_judged_and_what_follows(tmp_path: Path, engine: ScriptedEngine) -> None:
    order = {"mean": [0.9], "traits": {"quality": [0.8]}}
    judges = write_judges(tmp_path / "j", order={"written": order, "small model": order}, choices=0.85)
    plan = Plan(judges, tmp_path / "answers", "scripted", chosen_tools(["best-8"]), prompts=4, users=2)
    results = run_quietly(plan, engine)
    text = report(results)
    assert "best of 8  " in text and "100% (100%–100%)" in text
    assert (
        "90.0% of the pairs" in text
        and "ROC-AUC 0.85" in text
        and "Selected by reward model selector" in text
    )
    markdown = report(results, markdown=True)
    assert "| best of 8 | 100% (100%–100%) |" in markdown and "### Wins by user" in markdown
    assert json.loads(json.dumps(asdict(results)))["rows"][1]["key"] == "best-8"
    picture = tmp_path / "gain.png"
    pytest.importorskip("matplotlib")
    draw(results, picture)
    assert picture.read_bytes().startswith(b"\x89PNG") and picture.stat().st_size > 10_000


def test_the_default_is_the_largest_gain_in_time_that_costs_no_quality(
    plan: Plan, engine: ScriptedEngine
) -> None:
    row = run_quietly(plan, engine).rows[1]

    def like(gain: float, times: float, quality: float = 0.0, sense: float = 0.0) -> Row:
        figure, sensible = Figure(quality, quality - 0.1, quality + 0.1), Figure(sense, sense, sense)
        won = Figure(gain, gain, gain)
        return replace(row, gain=won, seconds=times, times=times, quality=figure, sense=sensible)

    quick, slow, slower, careless = like(1.0, 1.2), like(2.0, 3.0), like(1.9, 4.0), like(9.0, 2.0, -0.2)
    rows = [slower, careless, slow, quick, like(9.0, 1.2, 0.2, 2 * RAVING)]
    assert (
        best_within(rows, 1.5) is quick and best_within(rows, 10.0) is slow and best_within(rows, 1.0) is None
    )
    assert pareto([slower, slow, quick]) == [quick, slow]
    assert dict(BUDGETS) == {name: level.times for name, level in LEVELS.items()}
