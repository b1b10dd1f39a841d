"""A faster copy is kept only when it is worth it, and nothing else is ever left behind."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from gguf_maker import MODEL, gguf, write

from localpersona.library.optimise import (
    Copy,
    Measured,
    NotWorthIt,
    copy_of,
    facts_of,
    forget_stale_copies,
    optimise,
    undo,
)

ORIGINAL = Measured(one=10.0, eight=40.0, perplexity=20.0)
WORSE = Measured(one=20.0, eight=80.0, perplexity=40.0)
F32 = {"token_embd.weight": (0, (64, 300)), "output_norm.weight": (0, (64,))}


class Scripted:
    """Copies the file and adds the name of the format; measures what the test says."""

    def __init__(self, **copies: Measured) -> None:
        self.copies: Mapping[str, Measured] = copies
        self.made: list[str] = []
        self.fails = ""

    def measure(self, path: Path, *, read_page: bool) -> Measured:
        found = [kind for kind in self.made if path.name.endswith(f".{kind}.gguf")]
        return self.copies.get(found[0], WORSE) if found else ORIGINAL

    def quantise(self, source: Path, target: Path, kind: str, tell: Callable[[float], None]) -> None:
        target.write_bytes(source.read_bytes() + kind.encode())
        if kind == self.fails:
            raise RuntimeError("it broke")
        self.made.append(kind)
        tell(1.0)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write(tmp_path / "Tiny-1B.F32.gguf", gguf(MODEL | {"general.file_type": 0}, F32))


def left_in(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "optimised").rglob("*") if path.is_file())


def test_a_faster_copy_that_is_as_good_answers_in_place_of_the_original(
    model: Path, private_home: Path
) -> None:
    before, told = model.read_bytes(), []
    copy = optimise(
        model, Scripted(Q8_0=Measured(5.0, 20.0, 20.1)), lambda what, done: told.append((what, done))
    )
    assert (copy.kind, copy.gain_one, copy.gain_eight, round(copy.rise, 4)) == ("Q8_0", 2.0, 2.0, 0.005)
    assert str(copy) == "Q8_0: 2.00 times as fast (2.00 for eight answers at once), perplexity +0.5%"
    made = copy_of(model)
    assert (
        made is not None and made.name == "Tiny-1B (optimised).gguf" and made.read_bytes() == before + b"Q8_0"
    )
    assert facts_of(model) == copy and model.read_bytes() == before
    assert left_in(private_home) == ["Tiny-1B (optimised).gguf", "copy.json"]
    assert told[0] == ("Measuring the model as it is", 0.0) and ("Making a copy as Q8_0", 1.0) in told


def test_the_fastest_of_those_that_are_worth_it_is_kept(model: Path, private_home: Path) -> None:
    jobs = Scripted(
        Q8_0=Measured(5.0, 20.0, 20.0), Q4_0=Measured(4.0, 10.0, 20.3), IQ4_NL=Measured(4.0, 15.0, 20.2)
    )
    assert optimise(model, jobs).kind == "Q4_0" and jobs.made == ["Q8_0", "Q4_0", "IQ4_NL"]
    made = copy_of(model)
    assert made is not None and made.read_bytes().endswith(b"Q4_0") and len(left_in(private_home)) == 2


@pytest.mark.parametrize(
    "copy",
    [
        Measured(9.0, 10.0, 20.0),  # eight answers are quicker, one is not
        Measured(5.0, 39.0, 20.0),
        Measured(5.0, 20.0, 20.5),  # 2.5 % more perplexity
    ],
)
def test_a_copy_that_is_not_worth_it_is_refused_with_the_figures(
    copy: Measured, model: Path, private_home: Path
) -> None:
    with pytest.raises(NotWorthIt, match=r"Tiny-1B.*Q8_0: .* times as fast") as refusal:
        optimise(model, Scripted(Q8_0=copy))
    assert len(str(refusal.value).splitlines()) == 2 and refusal.value.tried[0].kind == "Q8_0"
    assert copy_of(model) is None and left_in(private_home) == []


def test_after_a_format_that_loses_much_no_coarser_one_is_tried(model: Path) -> None:
    jobs = Scripted(Q8_0=Measured(5.0, 20.0, 20.0), Q4_0=Measured(1.0, 1.0, 25.0))
    assert optimise(model, jobs).kind == "Q8_0" and jobs.made == ["Q8_0", "Q4_0"]


def test_what_fails_leaves_nothing_and_keeps_the_older_copy(model: Path, private_home: Path) -> None:
    jobs = Scripted(Q8_0=Measured(5.0, 20.0, 20.0))
    optimise(model, jobs)
    jobs.fails = "Q4_0"
    with pytest.raises(RuntimeError):
        optimise(model, jobs)
    assert copy_of(model) is not None and len(left_in(private_home)) == 2


def test_undo_deletes_the_copy_and_nothing_else(model: Path, private_home: Path) -> None:
    optimise(model, Scripted(Q8_0=Measured(5.0, 20.0, 20.0)))
    assert undo(model) and not undo(model)
    assert copy_of(model) is None and model.exists() and left_in(private_home) == []


def test_another_file_at_the_same_path_is_not_answered_for(model: Path, private_home: Path) -> None:
    optimise(model, Scripted(Q8_0=Measured(5.0, 20.0, 20.0)))
    model.write_bytes(model.read_bytes() + b"more")
    assert copy_of(model) is None and facts_of(model) is None
    forget_stale_copies()
    assert left_in(private_home) == []


def test_copies_of_other_models_are_left_alone(model: Path, tmp_path: Path) -> None:
    other = write(tmp_path / "Other.gguf", model.read_bytes() + b"other")
    for path in (model, other):
        optimise(path, Scripted(Q8_0=Measured(5.0, 20.0, 20.0)))
    undo(other)
    assert copy_of(model) is not None and copy_of(other) is None


def test_a_full_disk_is_noticed_before_anything_is_written(
    model: Path, private_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(100, 0, 100))  # type: ignore[attr-defined]
    jobs = Scripted(Q8_0=Measured(5.0, 20.0, 20.0))
    with pytest.raises(OSError, match=r"needs 0\.5 GB, and only 0\.0 GB are free"):
        optimise(model, jobs)
    assert jobs.made == [] and left_in(private_home) == []


@pytest.mark.parametrize(
    ("entries", "why"), [({"general.file_type": 2}, "already"), ({"split.count": 3}, "parts")]
)
def test_what_cannot_gain_is_not_even_measured(tmp_path: Path, entries: dict[str, int], why: str) -> None:
    path = write(tmp_path / "model.gguf", gguf(MODEL | entries))
    with pytest.raises(NotWorthIt, match=why):
        optimise(path, Scripted())


def test_a_model_of_few_bits_is_not_copied_into_more(tmp_path: Path) -> None:
    jobs = Scripted(Q4_0=Measured(5.0, 20.0, 20.0))
    assert optimise(write(tmp_path / "model.gguf"), jobs).kind == "Q4_0"
    assert "Q8_0" not in jobs.made


def test_a_model_that_is_gone_has_no_copy(tmp_path: Path) -> None:
    assert copy_of(tmp_path / "gone.gguf") is None and facts_of(tmp_path / "gone.gguf") is None
    assert Copy("Q8_0", 1.3, 1.3, 0.019).worth_it and not Copy("Q8_0", 1.3, 1.29, 0.0).worth_it
