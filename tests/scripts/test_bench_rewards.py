"""The comparison of run times: what is compared with what, which packages count, and fair texts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from runtimes.installed import megabytes_beyond, own_requirements
from runtimes.report import Measurement, differences, figures, markdown, ratios
from runtimes.runtime import Places, Reader, Runtime
from runtimes.texts import batches, of_length


def runtime(name: str, module: str = "json") -> Runtime:
    def load(places: Places, threads: int) -> Reader:
        raise NotImplementedError

    return Runtime(name, (module,), (), "simple", load, lambda places: [])


def measured(name: str, seconds: list[float], scores: list[float]) -> Measurement:
    return Measurement(
        runtime(name),
        installed=10.0,
        model=5.0,
        starts=[1.0, 3.0, 2.0],
        seconds={"embed": seconds},
        memory=50.0,
        scores=np.array([scores], dtype=np.float32),
    )


def install(folder: Path, name: str, size: int, requires: list[str]) -> None:
    """Put a distribution of one file there, as pip would."""
    (folder / f"{name}.bin").write_bytes(b"x" * size)
    about = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    about.mkdir()
    lines = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.0"]
    extras = ["Provides-Extra: fast"] if any("extra" in one for one in requires) else []
    (about / "METADATA").write_text("\n".join([*lines, *extras, *(f"Requires-Dist: {r}" for r in requires)]))
    (about / "RECORD").write_text(f"{name}.bin,,\n")


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "toy-rival", 4_000_000, ["Toy_Common>=0.5", "toy-own", "toy-absent"])
    install(tmp_path, "toy-common", 2_000_000, ["toy-rival", 'toy-extra; extra == "fast"'])
    install(tmp_path, "toy-extra", 1_000_000, [])
    install(tmp_path, "toy-own", 8_000_000, ['toy-elsewhere; python_version < "3"'])
    install(tmp_path, "toy-elsewhere", 500_000, [])
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.usefixtures("packages")
def test_packages_count_with_what_they_bring_less_what_the_app_has() -> None:
    assert megabytes_beyond(["toy-rival"], own=["toy-own"]) == pytest.approx(6.0)
    assert megabytes_beyond(["toy-own"], own=["toy-own"]) == 0.0


@pytest.mark.usefixtures("packages")
def test_an_extra_counts_only_where_it_is_asked_for_and_a_marker_only_where_it_holds() -> None:
    assert megabytes_beyond(["toy-common[fast]"], own=["toy-own"]) == pytest.approx(7.0)
    assert megabytes_beyond(["toy-own"], own=[]) == pytest.approx(8.0)


def test_the_apps_own_packages_are_those_of_the_project() -> None:
    names = own_requirements(Path(__file__).parents[2] / "pyproject.toml")
    assert any(name.startswith("llama-cpp-python") for name in names)


def test_ratios_compare_rounds_of_the_same_texts() -> None:
    ours, yardstick = measured("ours", [1.0, 8.0, 6.0], [0.0]), measured("yardstick", [2.0, 4.0, 12.0], [0.0])
    found = ratios(ours, yardstick)
    assert found["embed, fastest"] == 1.0 / 2.0
    assert found["embed, median"] == 0.5  # of 0.5, 2 and 0.5; the ratio of medians would be 1.5
    assert found["memory"] == 1.0


def test_differences_are_between_single_scores() -> None:
    found = differences(np.array([[0.5, -1.0]], np.float32), np.array([[0.0, 1.0]], np.float32))
    assert found["largest"] == 2.0
    assert found["mean"] == 1.25


def test_scores_are_compared_with_the_first_reference_that_was_measured() -> None:
    ours, exact = measured("ours", [1.0], [1.0]), measured("exact", [1.0], [1.5])
    report = figures([ours, exact], runtime("yardstick"), [runtime("absent"), exact.runtime, ours.runtime])
    assert report["reference"] == "exact"
    assert report["differences"]["ours"]["largest"] == 0.5
    assert "ratios" not in report  # the yardstick was not measured


def test_without_any_reference_nothing_can_be_compared() -> None:
    with pytest.raises(ValueError, match="none of the references"):
        figures([measured("ours", [1.0], [1.0])], runtime("yardstick"), [runtime("absent")])


def test_the_table_shows_a_dash_for_what_was_not_measured() -> None:
    rows = {"yardstick": {"start": 1.0}, "ours": {"start": 0.25, "embed, median": 0.5}}
    table = markdown(rows, {"ours": {"largest": 0.0123}}).splitlines()
    assert len({line.count("|") for line in table}) == 1
    assert "0.25" in table[3] and "0.0123" in table[3] and "–" in table[2]


def test_texts_have_the_length_asked_for_and_keep_their_line_breaks() -> None:
    texts = of_length(["one\n- two", "three four five six seven"], words=3)
    assert texts == ["one\n- two", "three four five"]
    assert batches(texts, size=3, count=2) == [[texts[0], texts[1], texts[0]], [texts[1], texts[0], texts[1]]]


def test_a_run_time_says_which_modules_it_misses() -> None:
    assert runtime("there").missing() == []
    assert runtime("not there", "no_such_module").missing() == ["no_such_module"]
