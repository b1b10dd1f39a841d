"""The whole benchmark on planted people: what it reports is what was planted, and it can be read."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from planted_people import planted

from localpersona.bench import chart
from localpersona.bench.methods import chosen
from localpersona.bench.protocol import BenchError
from localpersona.bench.report import focus, report
from localpersona.bench.results import Results
from localpersona.bench.run import Plan, run

TASTES = np.random.default_rng(3).normal(size=(12, 3)) * [2.0, 1.0, 0.5]
WORLD = planted(TASTES, each=50)
PLAN = Plan(chosen(["pref", "pref-random", "pooled", "shuffled"]), (0, 5, 10), splits=2, parts=2)
FAST = replace(PLAN, entries=chosen(["per-user", "neighbours"]), splits=1)
said: list[tuple[str, int, int]] = []


@pytest.fixture(scope="module")
def results() -> Results:
    said.clear()
    return run("planted people", WORLD.data, PLAN, lambda *now: said.append(now))


def test_each_method_has_figures_for_each_number_of_answers(results: Results) -> None:
    assert [curve.key for curve in results.curves] == ["pref", "pref-random", "pooled", "shuffled"]
    assert (results.people, results.left_out, results.splits) == (12, 0, 2)
    for curve in results.curves:
        for figure in (*curve.auc, *curve.log_loss):
            assert figure.low <= figure.value <= figure.high
            assert figure.smallest <= figure.value <= figure.largest


def test_differences_are_to_the_first_and_have_intervals_of_their_own(results: Results) -> None:
    first, _, pooled, control = results.curves
    assert all(
        difference.value == difference.low == difference.high == 0 for difference in first.auc_difference
    )
    for curve in (pooled, control):
        assert curve.auc_difference[2].value == pytest.approx(curve.auc[2].value - first.auc[2].value)
        assert curve.auc_difference[2].high < 0 < curve.log_loss_difference[2].low


def test_methods_without_answers_know_the_same(results: Results) -> None:
    active, drawn, _, control = results.curves
    assert active.auc[0] == drawn.auc[0] == control.auc[0]


def test_the_same_seed_gives_the_same_figures() -> None:
    first, again = (run("planted people", WORLD.data, FAST, lambda *_: None) for _ in range(2))
    assert first == again


def test_more_processes_give_the_same_figures() -> None:
    few = replace(FAST, answers=(0, 5))
    alone, together = (
        run("planted people", WORLD.data, replace(few, jobs=jobs), lambda *_: None) for jobs in (1, 2)
    )
    assert alone == together


def test_progress_is_told_part_by_part(results: Results) -> None:
    assert [(done, total) for _, done, total in said] == [(done, 4) for done in range(5)]


def test_people_with_too_few_answers_are_left_out_and_counted() -> None:
    rows = np.flatnonzero((WORLD.data.users != 0) | (np.cumsum(WORLD.data.users == 0) <= 9))
    data = replace(
        WORLD.data,
        **{
            name: getattr(WORLD.data, name)[rows]
            for name in ("users", "prompts", "first", "second", "outcomes")
        },
    )
    found = run("fewer", data, replace(PLAN, entries=PLAN.entries[:1], splits=1), lambda *_: None)
    assert (found.people, found.left_out) == (11, 1)
    assert "1 people have too few comparisons for 10 answers" in report(found)


def test_answers_that_nobody_can_give_are_refused() -> None:
    with pytest.raises(BenchError, match=r"Nobody has 500 comparisons .*--answers"):
        run("planted", WORLD.data, replace(PLAN, answers=(0, 500), splits=1), lambda *_: None)


def test_the_table_shows_every_method_and_says_who_is_below(results: Results) -> None:
    text = report(results)
    for curve in results.curves:
        assert curve.title in text
        assert f"{curve.auc[2].value:.3f}"[1:] in text
    assert "Below PReF, named traits beyond the interval: " in text
    assert "After 5 answers" in text and "After 10 answers" in text
    assert focus(replace(results, answers=(0, 3, 7))) == (7,)


def test_the_table_can_be_pasted_into_markdown(results: Results) -> None:
    lines = report(results, markdown=True).splitlines()
    tables = [line for line in lines if line.startswith("|")]
    assert tables and all(line.count("|") == tables[0].count("|") for line in tables[:6])
    assert any(line.startswith("| --- | ---: |") for line in lines)
    assert "| One pooled reward (RLHF) |" in "\n".join(lines)


def test_a_picture_is_drawn(results: Results, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    chart.draw(results, tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(BenchError, match="cannot be written"):
        chart.draw(results, tmp_path / "nowhere" / "curves.png")


def test_without_matplotlib_it_is_said_what_to_install(
    results: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setattr(chart, "find_spec", lambda name: None)
    with pytest.raises(
        BenchError, match=r"matplotlib, which is not installed: pip install 'localpersona\[bench\]'"
    ):
        chart.draw(results, tmp_path / "curves.png")


@pytest.mark.parametrize("seed", range(5))
def test_labels_keep_their_order_and_distance(seed: int) -> None:
    wanted = np.random.default_rng(seed).random(9).tolist()
    places = chart.spread(wanted, 0.08)
    assert np.argsort(places).tolist() == np.argsort(wanted).tolist()
    assert np.diff(np.sort(places)).min() > 0.08 - 1e-9
    assert np.mean(places) == pytest.approx(np.mean(wanted), abs=0.15)


def test_labels_with_room_stay_where_they_belong() -> None:
    assert chart.spread([0.9, 0.1, 0.5], 0.1) == [0.9, 0.1, 0.5]
