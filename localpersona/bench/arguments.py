"""UKPConvArg1: which of two arguments is more convincing, by real people, of whom each is known by an id.

84,445 judgements by 3,815 crowd workers over 1,052 arguments to 32 pairs of a topic and a stance, a fifth of
them ties. Two people agree on 73 % of the pairs that neither calls a tie. From I. Habernal and I. Gurevych,
"Which argument is more convincing?", ACL 2016; CC-BY 4.0.

To get it: `data/UKPConvArg1-full-XML` in https://github.com/UKPLab/acl2016-convincing-arguments is the folder to
name. Its contents as JSONL are recognised as well: arguments.jsonl {"id", "text"} beside judgments.jsonl.gz {"user",
"topic", "stance", "first", "second", "outcome"}, where first and second are ids.

The prompt is the topic with the stance that both arguments are for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from localpersona.bench.judgements import Collector, Judgements, lines, named, outcome_of, text_of, user_of
from localpersona.bench.protocol import BenchError

FEWEST = 30
"""People with fewer judgements are left out: there is too little to learn from and to test on."""
_OUTCOMES = {"a1": 1.0, "a2": 0.0, "equal": 0.5}


class _Judgement(NamedTuple):
    user: str | int
    prompt: str
    first: str
    second: str
    outcome: float


def is_there(folder: Path) -> bool:
    """Whether folder holds the corpus in one of its two forms."""
    return (folder / "arguments.jsonl").is_file() or any(_xml_files(folder))


def read(folder: Path) -> Judgements:
    """Return the judgements of people with at least FEWEST. Raises BenchError."""
    judged = list(_from_jsonl(folder) if (folder / "arguments.jsonl").is_file() else _from_xml(folder))
    counts = Counter(judgement.user for judgement in judged)
    collector = Collector()
    for judgement in judged:
        if counts[judgement.user] >= FEWEST:
            collector.add(*judgement)
    return collector.judgements("UKPConvArg1, real people")


def _from_jsonl(folder: Path) -> Iterator[_Judgement]:
    texts = {
        text_of(row, "id", place): text_of(row, "text", place)
        for place, row in lines(folder / "arguments.jsonl")
    }
    plain = folder / "judgments.jsonl"
    for place, row in lines(plain if plain.is_file() else plain.with_suffix(".jsonl.gz")):
        first, second = (named(texts, row, which, place, "arguments.jsonl") for which in ("first", "second"))
        prompt = f"{text_of(row, 'topic', place)}: {text_of(row, 'stance', place)}"
        yield _Judgement(user_of(row, place), prompt, first, second, outcome_of(row, place))


def _from_xml(folder: Path) -> Iterator[_Judgement]:
    for path in _xml_files(folder):
        try:
            for _, element in ElementTree.iterparse(path):
                if element.tag == "annotatedArgumentPair":
                    yield from _of_pair(element)
                    element.clear()
        except (ElementTree.ParseError, KeyError) as error:
            raise BenchError(f"{path.name} is not as UKPConvArg1 publishes it: {error}") from None
        except OSError as error:
            raise BenchError(f"{path.name} cannot be read: {error.strerror or error}") from None


def _of_pair(pair: ElementTree.Element) -> Iterator[_Judgement]:
    prompt = f"{_text(pair, 'debateMetaData/title')}: {_text(pair, 'arg1/stance')}"
    first, second = _text(pair, "arg1/text"), _text(pair, "arg2/text")
    for assignment in pair.iterfind("mTurkAssignments/mTurkAssignment"):
        outcome = _OUTCOMES[_text(assignment, "value")]
        yield _Judgement(_text(assignment, "turkID"), prompt, first, second, outcome)


def _text(element: ElementTree.Element, path: str) -> str:
    text = element.findtext(path)
    if text is None:
        raise KeyError(path)
    return text.strip()


def _xml_files(folder: Path) -> list[Path]:
    """Return the corpus's files: debate_stance.xml, one for each side of a debate."""
    return sorted(path for path in folder.glob("*_*.xml") if path.is_file())
