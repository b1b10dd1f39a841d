"""What drafts are worth: read once each, beginnings as such, and nothing for nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from localpersona.alignment.decode import Draft
from localpersona.alignment.sampling import Sampler
from localpersona.alignment.sense import Probe, Reading
from localpersona.engine.judging import TasteJudge, judged, values_of
from localpersona.engine.protocol import Scores, Taste
from localpersona.rewards import TRAITS
from localpersona.values import Candidate, Sampling

J = len(TRAITS)
QUALITY, HUMOUR = (
    next(i for i, trait in enumerate(TRAITS) if trait.name == name) for name in ("quality", "humour")
)


class Scorer:
    """Gives each text as many points, in quality and humour, as it has exclamation marks."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, tuple[str, ...], bool]] = []

    def __call__(self, prompt: str, texts: Sequence[str], finished: bool) -> Scores:
        self.calls.append((prompt, tuple(texts), finished))
        rows = tuple(
            tuple(float(text.count("!")) if index in (QUALITY, HUMOUR) else 0.0 for index in range(J))
            for text in texts
        )
        return Scores(rows, ((0.0,) * J,) * len(texts), "v")


def draft(text: str, whole: bool = True, nats: float = -1.0) -> Draft:
    """A draft with this mean log-probability."""
    made = Draft(0, Sampler(Sampling(), 0), tokens=[1, 2], log_probability=2 * nats)
    made.text.feed(text.encode())
    made.finish_reason = "stop" if whole else None
    return made


def drafts(texts: Sequence[str], whole: Sequence[bool]) -> list[Draft]:
    return [draft(text, ended) for text, ended in zip(texts, whole, strict=True)]


def judge(scorer: Scorer, begun: str = "", **weights: float) -> TasteJudge:
    mean = tuple(weights.get(trait.name, 0.0) for trait in TRAITS)
    return TasteJudge(scorer, Taste(mean, ((0.0,) * J,) * J, "v", 0.5), "Why?", begun)


def test_whole_texts_are_read_once_and_beginnings_as_beginnings() -> None:
    scorer = Scorer()
    found = judge(scorer, humour=1.0)
    assert found(drafts(["a!", "b!!"], [True, False])).tolist() == [1.0, 2.0]
    assert found(drafts(["a!", "c"], [True, True])).tolist() == [1.0, 0.0]
    assert scorer.calls == [("Why?", ("a!",), True), ("Why?", ("b!!",), False), ("Why?", ("c",), True)]
    assert found.row("a!")[0][HUMOUR] == 1.0 and found.row("never seen") == ((), ())


def test_what_a_beginning_cannot_tell_counts_less() -> None:
    texts = ["a", "b!!"]
    whole = judge(Scorer(), quality=1.0)(drafts(texts, [True, True]))
    begun = judge(Scorer(), quality=1.0)(drafts(texts, [False, False]))
    assert 0 < begun[1] - begun[0] < 0.5 * (whole[1] - whole[0])


def test_nothing_cannot_be_chosen_and_a_continued_answer_is_judged_as_a_whole() -> None:
    scorer = Scorer()
    values = judge(scorer, "It is ", humour=1.0)(drafts([" ", "so!"], [True, True]))
    assert values[0] == -np.inf and values[1] == pytest.approx(1.0)
    assert scorer.calls[0][1] == ("It is ", "It is so!")


def test_of_equal_answers_the_one_that_the_model_finds_probable_is_worth_more() -> None:
    """0.3 standard deviations of quality for a nat; a beginning of eight words has a tenth of that to say."""
    long = "so " * 80
    likely, unlikely = (draft(long, nats=nats) for nats in (-1.0, -2.0))
    values = judge(Scorer(), quality=2.0)([unlikely, likely])
    assert values[1] - values[0] == pytest.approx(2.0 * 0.3)
    begun = judge(Scorer(), quality=2.0)([draft("so " * 8, False, nats) for nats in (-1.0, -2.0)])
    assert begun[0] - begun[1] == pytest.approx(2.0 * 0.3 / 10)
    assert not np.ptp(judge(Scorer(), humour=1.0)([unlikely, likely]))
    stored = [Candidate(long, mean_log_probability=nats, traits=(0.0,) * J) for nats in (-2, -1)]
    mean = tuple(2.0 * (trait.name == "quality") for trait in TRAITS)
    assert values_of(stored, Taste(mean, ((0.0,) * J,) * J, "v")).tolist() == pytest.approx(values.tolist())


def test_where_a_probe_reads_the_model_its_readings_are_the_quality() -> None:
    """The scorer finds the second better, the readings the first; an empty draft has no reading and no value."""

    def read(text: str, quality: float | None, whole: bool = True) -> Draft:
        made = draft(text, whole, nats=-5.0 if quality == 1.0 else -1.0)
        made.reading = Reading(Probe(np.zeros(1, np.float32), np.zeros(1, np.float32), quality or 0.0))
        if quality is not None:
            made.reading.hear(np.zeros(1, np.float32))
        return made

    said = [read("so " * 80, 1.0), read("so! " * 80, 0.0), read("", None)]
    values = judge(Scorer(), quality=2.0)(said)
    assert values[0] - values[1] == pytest.approx(2.0 * 1.15) and values[2] == -np.inf
    begun = judge(Scorer(), quality=2.0)([read("so " * 20, 1.0, False), read("so! " * 20, 0.0, False)])
    assert 0 < begun[0] - begun[1] < 2.0
    liked = judge(Scorer(), humour=1.0)(said)
    assert liked[1] - liked[0] == pytest.approx(80.0)
    stored = [
        Candidate("so " * 80, reading=1.0, traits=(0.0,) * J),
        Candidate("so!", reading=0.0, traits=(9.0,) * J),
    ]
    mean = tuple(2.0 * (trait.name == "quality") for trait in TRAITS)
    weights = Taste(mean, ((0.0,) * J,) * J, "v")
    values = values_of(stored, weights)
    assert values[0] - values[1] == pytest.approx(2.0 * 1.15)
    rows = judged(stored, weights)
    assert rows[0, QUALITY] - rows[1, QUALITY] == pytest.approx(1.15)
    assert rows[:, HUMOUR].tolist() == [0.0, 9.0] and stored[1].traits == (9.0,) * J
