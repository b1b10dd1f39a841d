"""Comparisons are read in each form, and what is wrong with a file is said with its line."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from localpersona.bench import arguments, judgements
from localpersona.bench.judgements import Judgements
from localpersona.bench.protocol import BenchError
from localpersona.bench.sources import read

GOOD = {"user": "ada", "prompt": "Why?", "first": "Because.", "second": "So it is.", "outcome": 1}


def write(path: Path, *rows: Any) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def said(found: Judgements) -> list[tuple[int, str, str, str, float]]:
    """Return (user, prompt, first, second, outcome) of each comparison."""
    return [
        (
            int(user),
            found.prompts[found.responses[first][0]],
            found.responses[first][1],
            found.responses[second][1],
            float(outcome),
        )
        for user, first, second, outcome in zip(
            found.users, found.first, found.second, found.outcomes, strict=True
        )
    ]


def test_a_jsonl_file_is_read_and_its_texts_are_stored_once(tmp_path: Path) -> None:
    other = {**GOOD, "user": 7, "prompt": "How?", "outcome": 0.5}
    found = read(write(tmp_path / "c.jsonl", GOOD, {**GOOD, "first": "Ünï", "outcome": 0}, other))
    assert said(found) == [
        (0, "Why?", "Because.", "So it is.", 1.0),
        (0, "Why?", "Ünï", "So it is.", 0.0),
        (1, "How?", "Because.", "So it is.", 0.5),
    ]
    assert len(found.responses) == 5


def test_a_packed_file_and_empty_lines_are_read(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl.gz"
    other = {**GOOD, "user": "bob", "prompt": "How?"}
    path.write_bytes(gzip.compress(f"{json.dumps(GOOD)}\n\n{json.dumps(other)}".encode()))
    assert len(said(read(path))) == 2


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({**GOOD, "outcome": 2}, "line 2: the outcome must be 1 (first), 0 (second) or 0.5 (a tie), not 2"),
        ({**GOOD, "outcome": True}, "line 2: the outcome must be"),
        ({**GOOD, "outcome": None}, "line 2: the outcome must be"),
        ({**GOOD, "user": ""}, "line 2: the user must be a name or a whole number"),
        ({**GOOD, "user": [1]}, "line 2: the user must be a name or a whole number, not [1]"),
        ({**GOOD, "first": 3}, "line 2: first must be a text, not 3"),
        ({"user": "ada", "prompt": "x"}, "line 2: there is no first. Each line needs user, prompt, first"),
        ({"prompt": "x"}, "line 2: there is no user. Each line needs"),
        (["ada"], "line 2: it is no JSON object"),
    ],
)
def test_a_wrong_line_is_named_with_what_is_needed(tmp_path: Path, row: Any, message: str) -> None:
    path = write(tmp_path / "c.jsonl", GOOD, row)
    with pytest.raises(BenchError) as failed:
        read(path)
    assert f"c.jsonl, {message}" in str(failed.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"user": 1', "line 1: it is not JSON"),
        (b"[" * 100_000, "line 1: it is not JSON"),
        (b'{"user": "\xff"}', "line 1: it is not UTF-8"),
        (b'"' + b"x" * judgements.LONGEST_LINE + b'"', "line 1: it is longer than 1,000,000 bytes"),
    ],
    ids=["cut", "nested", "latin", "long"],
)
def test_what_is_no_jsonl_is_said(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "c.jsonl"
    path.write_bytes(content)
    with pytest.raises(BenchError, match=message):
        read(path)


def test_one_person_or_prompt_cannot_be_split(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="at least two of each"):
        read(write(tmp_path / "c.jsonl", GOOD))
    with pytest.raises(BenchError, match="Only 0 person"):
        read(write(tmp_path / "empty.jsonl"))


def test_too_much_for_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "c.jsonl", GOOD, {**GOOD, "user": "bob", "prompt": "x" * 50})
    monkeypatch.setattr(judgements, "MOST_CHARACTERS", 60)
    with pytest.raises(BenchError, match="too large for memory"):
        read(path)
    monkeypatch.setattr(judgements, "MOST_COMPARISONS", 1)
    with pytest.raises(BenchError, match="more than 1 comparisons"):
        read(path)


def test_a_path_without_comparisons_says_what_can_be_named(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"no comparisons in .*JSONL.*styles.*UKPConvArg1"):
        read(tmp_path)
    with pytest.raises(BenchError, match="nothing cannot be read"):
        read(tmp_path / "nothing")
    damaged = tmp_path / "c.jsonl.gz"
    damaged.write_bytes(b"no gzip")
    with pytest.raises(BenchError, match="damaged or not gzip"):
        read(damaged)


def test_the_simulated_peoples_folder_is_recognised(tmp_path: Path) -> None:
    write(
        tmp_path / "responses.jsonl",
        *({"response_id": f"r{n}", "prompt": f"prompt {n // 2}", "text": f"text {n}"} for n in range(4)),
    )
    write(
        tmp_path / "choices.jsonl",
        {"user": "u1", "first": "r1", "second": "r0", "outcome": 1},
        {"user": "u2", "first": "r2", "second": "r3", "outcome": 0},
    )
    assert said(read(tmp_path)) == [
        (0, "prompt 0", "text 1", "text 0", 1.0),
        (1, "prompt 1", "text 2", "text 3", 0.0),
    ]
    write(tmp_path / "choices.jsonl", {"user": "u1", "first": "r1", "second": "r9", "outcome": 1})
    with pytest.raises(BenchError, match=r"choices.jsonl, line 1: responses.jsonl has no 'r9'"):
        read(tmp_path)
    write(tmp_path / "choices.jsonl", {"user": "u1", "first": "r1", "second": "r2", "outcome": 1})
    with pytest.raises(BenchError, match="different prompts"):
        read(tmp_path)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arguments, "FEWEST", 2)


ARGUED = [
    (0, "TV or books: TV", "It moves.", "It is loud.", 1.0),
    (1, "TV or books: TV", "It moves.", "It is loud.", 0.5),
    (0, "TV or books: books", "They smell.", "They last.", 0.0),
    (1, "TV or books: books", "They smell.", "They last.", 0.0),
]


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("packed", [False, True])
def test_arguments_are_read_from_jsonl_without_people_who_judged_little(tmp_path: Path, packed: bool) -> None:
    texts = ["It moves.", "It is loud.", "They smell.", "They last."]
    write(tmp_path / "arguments.jsonl", *({"id": f"a{n}", "text": text} for n, text in enumerate(texts)))
    rows = [
        {"user": f"t{user}", "topic": "TV or books", "stance": prompt.split(": ")[1],
         "first": f"a{texts.index(first)}", "second": f"a{texts.index(second)}", "outcome": outcome}
        for user, prompt, first, second, outcome in ARGUED
    ]  # fmt: skip
    path = write(tmp_path / "judgments.jsonl", *rows, {**rows[0], "user": "once"})
    if packed:
        (tmp_path / "judgments.jsonl.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    assert said(read(tmp_path)) == ARGUED


def xml_of(stance: str, first: str, second: str, values: list[str]) -> str:
    judged = "".join(
        f"<mTurkAssignment><turkID>A{n}</turkID><value>{value}</value></mTurkAssignment>"
        for n, value in enumerate(values)
    )
    return (
        "<?xml version='1.0'?><list><annotatedArgumentPair>"
        f"<arg1><stance>{stance}</stance><text>{first}</text></arg1>"
        f"<arg2><stance>{stance}</stance><text>{second}</text></arg2>"
        "<debateMetaData><title>TV or books</title></debateMetaData>"
        f"<mTurkAssignments>{judged}</mTurkAssignments></annotatedArgumentPair></list>"
    )


@pytest.mark.usefixtures("few")
def test_arguments_are_read_as_published(tmp_path: Path) -> None:
    (tmp_path / "tv_b.xml").write_text(
        xml_of("books", "They smell.", "They last.", ["a2", "a2"]), encoding="utf-8"
    )
    (tmp_path / "tv_a.xml").write_text(
        xml_of("TV", "It moves.", "It is loud.", ["a1", "equal", "a1"]), encoding="utf-8"
    )
    assert said(read(tmp_path)) == ARGUED


@pytest.mark.parametrize(
    "content", ["<list><annotatedArgumentPair/></list>", "<list>", xml_of("a", "b", "c", ["a3"])]
)
def test_arguments_that_are_not_as_published_are_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "debate_side.xml").write_text(content, encoding="utf-8")
    with pytest.raises(BenchError, match=r"debate_side.xml is not as UKPConvArg1 publishes it"):
        read(tmp_path)
