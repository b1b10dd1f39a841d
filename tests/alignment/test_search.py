"""Every search against a decoder and a judge that are known: what is found, shown, and held in the cache."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from localpersona.alignment.answer_text import AnswerText
from localpersona.alignment.best_of_n import BestOfN
from localpersona.alignment.decode import Draft
from localpersona.alignment.guided import Guided
from localpersona.alignment.pruning import PrunedBestOfN, Rung, halving
from localpersona.alignment.sampling import Sampler
from localpersona.alignment.search import Search, Step, Values
from localpersona.values import Sampling

from .markov import MarkovDecoder

PROMPT = (2, 1)
DICE = Sampling(temperature=1.0, top_p=1.0, min_p=0.0, repetition_penalty=1.0)
EVEN = {last: [0.3, 0.3, 0.3, 0.1] for last in range(3)}


class Oracle:
    """Says what an answer is worth from its first four letters, so beginnings are worth what answers will be."""

    def __init__(self) -> None:
        self.asked: list[list[tuple[str, bool]]] = []

    def __call__(self, drafts: Sequence[Draft]) -> Values:
        texts = [draft.text.text for draft in drafts]
        self.asked.append([(draft.text.text, draft.whole) for draft in drafts])
        return np.array([sum("abc".index(c) * 4.0**-i for i, c in enumerate(text[:4])) for text in texts])


class LetterJudge:
    """Worth is how many more letters are an a than not; nothing for no answer."""

    def __call__(self, drafts: Sequence[Draft]) -> Values:
        texts = [draft.text.text for draft in drafts]
        return np.array([2.0 * text.count("a") - len(text) if text else -np.inf for text in texts])


def searched(
    search: Search,
    decoder: MarkovDecoder,
    count: int,
    limit: int = 40,
    seed: int = 0,
    stopped: Callable[[], bool] = lambda: False,
    inside: bool = False,
    prompt: Sequence[int] = PROMPT,
) -> list[Step]:
    """Return the steps, having checked what holds for every search."""
    drafts = [Draft(i, Sampler(DICE, seed + i), AnswerText(inside=inside)) for i in range(count)]
    shown: list[int] = []
    steps = []
    for step in search.run(decoder, drafts, limit, stopped):
        committed = step.drafts[step.leader].tokens[: step.committed]
        assert len(committed) == step.committed and committed[: len(shown)] == shown, "text was taken back"
        shown = committed
        steps.append(step)
    leader = steps[-1].drafts[steps[-1].leader]
    assert leader in drafts and shown == leader.tokens and all(draft.finish_reason for draft in drafts)
    assert leader.finish_reason in ("stop", "length", "cancelled")
    held = list(decoder.tokens(leader.sequence))
    assert held in ([*prompt, *leader.tokens], [*prompt, *leader.tokens[:-1]])
    assert decoder.most_cells <= len(prompt) + search.cells(limit)
    return steps


def answer(steps: Sequence[Step]) -> str:
    return steps[-1].drafts[steps[-1].leader].text.text


@pytest.fixture
def decoder() -> MarkovDecoder:
    return MarkovDecoder(EVEN).start(*PROMPT)


@pytest.mark.parametrize("seed", range(0, 80, 8))
def test_the_best_of_all_is_chosen_and_shown_at_the_end(decoder: MarkovDecoder, seed: int) -> None:
    steps = searched(BestOfN(LetterJudge(), 8), decoder, 8, seed=seed)
    values = LetterJudge()(steps[-1].drafts)
    assert steps[-1].leader == int(np.argmax(values))
    assert not any(step.committed for step in steps[:-1])


@pytest.mark.parametrize("seed", range(0, 160, 8))
def test_pruning_keeps_the_winner_when_beginnings_say_what_answers_become(
    decoder: MarkovDecoder, seed: int
) -> None:
    full = searched(BestOfN(Oracle(), 8), decoder, 8, seed=seed)
    whole = sum(len(batch) for batch in decoder.batches)
    pruned = searched(PrunedBestOfN(Oracle(), 8, halving(8, 4)), decoder.start(*PROMPT), 8, seed=seed)
    assert answer(pruned) == answer(full)
    assert sum(len(batch) for batch in decoder.batches) <= whole


def test_drafts_fall_at_their_rungs_and_the_last_one_is_streamed(decoder: MarkovDecoder) -> None:
    decoder.table = {last: np.log(np.array([0.4, 0.3, 0.3, 1e-9], np.float32)) for last in range(3)}
    judge = Oracle()
    steps = searched(PrunedBestOfN(judge, 8, (Rung(5, 4), Rung(8, 2), Rung(12, 1))), decoder, 8, limit=30)
    lengths = sorted(len(draft.tokens) for draft in steps[-1].drafts)
    assert lengths == [5, 5, 5, 5, 8, 8, 12, 30]
    assert [len(batch) for batch in decoder.batches] == [8] * 4 + [4] * 3 + [2] * 4 + [1] * 18
    assert [step.committed for step in steps[:-1]] == [0] * 11 + list(range(12, 31))
    assert [len(asked) for asked in judge.asked] == [8, 4, 2]
    assert not any(finished for asked in judge.asked for _, finished in asked)
    reasons = sorted(draft.finish_reason or "" for draft in steps[-1].drafts)
    assert reasons == ["length"] + ["pruned"] * 7


def test_a_complete_answer_competes_with_beginnings_and_can_win_before_they_end(
    decoder: MarkovDecoder,
) -> None:
    """a is only ever followed by the end, and is worth most."""
    decoder.table = {
        0: np.log(np.array([0, 0, 0, 1], np.float32) + 1e-30),
        1: np.log(np.array([0.1, 0.9, 0, 0], np.float32) + 1e-30),
    }
    steps = searched(PrunedBestOfN(LetterJudge(), 8, (Rung(4, 1),)), decoder, 8, seed=3)
    assert answer(steps).endswith("a") and steps[-1].drafts[steps[-1].leader].finish_reason == "stop"
    assert max(len(draft.tokens) for draft in steps[-1].drafts) <= 5


def test_halving_leaves_half_at_every_doubling_down_to_the_finalists() -> None:
    assert halving(8, 16, last=1) == (Rung(16, 4), Rung(32, 2), Rung(64, 1))
    assert [rung.survivors for rung in halving(5)] == [3, 2] and halving(2) == ()


def test_guided_finds_what_its_number_of_choices_must_find(decoder: MarkovDecoder) -> None:
    """With a block of one token, a is missed only when none of the K draws is an a."""
    found = {}
    for count in (1, 4):
        texts = [
            answer(searched(Guided(LetterJudge(), count, 1), decoder.start(*PROMPT), count, seed=seed * 8))
            for seed in range(60)
        ]
        letters = "".join(texts)
        found[count] = letters.count("a") / len(letters)
    assert found[1] == pytest.approx(1 / 3, abs=0.07)
    # Of four draws with .3 for a: .76. Ends count as drafts, too, which a judge of letters likes less than an a.
    assert found[4] > 0.7


def test_guided_shows_a_block_as_soon_as_it_is_chosen(decoder: MarkovDecoder) -> None:
    decoder.table = {last: np.log(np.array([0.4, 0.3, 0.3, 1e-9], np.float32)) for last in range(3)}
    steps = searched(Guided(LetterJudge(), 3, 5), decoder, 3, limit=17)
    committed = [step.committed for step in steps]
    assert sorted(set(committed)) == [0, 5, 10, 15, 17]
    sizes = [len(batch) for batch in decoder.batches]
    assert sizes == [3] * 4 + [1] + [3] * 4 + [1] + [3] * 4 + [1] + [
        3
    ]  # the winner's last token, then all again
    assert sum(draft.drawn for draft in steps[0].drafts) == 51 and len(steps[-1].drafts) == 1


def test_the_plain_answer_is_decoded_beside_a_guided_one(decoder: MarkovDecoder) -> None:
    for seed in range(0, 80, 8):
        plain = searched(BestOfN(None, 1), decoder.start(*PROMPT), 1, seed=seed)[-1].drafts[0]
        steps = searched(Guided(LetterJudge(), 4, 4, beside=True), decoder.start(*PROMPT), 4, seed=seed)
        beside = steps[-1].drafts[0]
        assert beside.tokens == plain.tokens[: len(beside.tokens)]
        assert beside.finish_reason == "pruned" or beside.tokens == plain.tokens
        guided = steps[-1].drafts[steps[-1].leader]
        assert (
            guided is not beside or len(guided.tokens) <= 4
        )  # it may win in the first block, and only there


def test_a_wide_first_block_is_followed_by_narrow_ones(decoder: MarkovDecoder) -> None:
    """Of six drafts, three go on: the plain one and two branches, the winner of the first block among them."""
    decoder.table = {last: np.log(np.array([0.4, 0.3, 0.3, 1e-9], np.float32)) for last in range(3)}
    for beside, going_on in ((False, 3), (True, 3)):
        steps = searched(
            Guided(LetterJudge(), 6, 5, beside, width=3), decoder.start(*PROMPT), 6, limit=15, seed=3
        )
        sizes = [len(batch) for batch in decoder.batches]
        assert sizes[:4] == [6] * 4 and max(sizes[4:]) == going_on
        fallen = [draft for draft in steps[0].drafts if len(draft.tokens) == 5]
        assert len(fallen) == 3 and {draft.finish_reason for draft in fallen} == {"pruned"}
        assert not any(decoder.tokens(draft.sequence) for draft in fallen)
        first_blocks = [draft.tokens[:5] for draft in steps[0].drafts]
        chosen = steps[-1].drafts[steps[-1].leader]
        most = max(block.count(0) for block in first_blocks)
        assert chosen.tokens[:5].count(0) == most, "the best beginning was not gone on with"


def test_a_single_guided_draft_is_the_plain_answer(decoder: MarkovDecoder) -> None:
    plain = answer(searched(BestOfN(None, 1), decoder, 1, seed=11))
    assert answer(searched(Guided(LetterJudge(), 1, 3), decoder.start(*PROMPT), 1, seed=11)) == plain


@pytest.mark.parametrize(
    "search",
    [PrunedBestOfN(Oracle(), 4, halving(4, 3)), Guided(Oracle(), 4, 3), Guided(Oracle(), 4, 3, True, 2)],
)
def test_reasoning_is_neither_judged_nor_pruned_on(decoder: MarkovDecoder, search: Search) -> None:
    """Token 0 is a piece of reasoning here, token 1 ends it, token 2 is the answer's only letter."""
    decoder.piece = lambda token: (b"hm ", b"</think>", b"c")[token]  # type: ignore[method-assign]
    decoder.table = {
        0: np.log(np.array([0.8, 0.2, 0, 0], np.float32) + 1e-30),
        1: np.log(np.array([0, 0, 1, 0], np.float32) + 1e-30),
        2: np.log(np.array([0, 0, 0.9, 0.1], np.float32) + 1e-30),
    }
    judge = search.judge  # type: ignore[attr-defined]
    judge.asked.clear()
    steps = searched(search, decoder.start(2, 0), 4, inside=True, prompt=(2, 0))
    assert set(answer(steps)) == {"c"} and "hm" in steps[-1].drafts[steps[-1].leader].text.reasoning
    assert judge.asked and all(set(text) <= {"c"} for asked in judge.asked for text, _ in asked)


@pytest.mark.parametrize(
    "search",
    [
        BestOfN(Oracle(), 4),
        PrunedBestOfN(Oracle(), 4, halving(4, 3)),
        Guided(Oracle(), 4, 4),
        Guided(Oracle(), 4, 4, beside=True, width=2),
    ],
)
@pytest.mark.parametrize("after", [0, 1, 2, 3, 4, 5, 9])
def test_a_search_can_be_stopped_anywhere(decoder: MarkovDecoder, search: Search, after: int) -> None:
    decoder.table = {last: np.log(np.array([0.4, 0.3, 0.3, 1e-9], np.float32)) for last in range(3)}
    steps = searched(search, decoder, 4, stopped=lambda: len(decoder.batches) >= after)
    leader = steps[-1].drafts[steps[-1].leader]
    assert leader.finish_reason == "cancelled" and len(leader.tokens) <= after + 1
    decoder.start(*PROMPT).stop_after = after
    steps = searched(search, decoder, 4)
    assert steps[-1].drafts[steps[-1].leader].finish_reason == "cancelled"


def test_when_cells_run_out_drafts_fall_early(decoder: MarkovDecoder) -> None:
    """Reasoning of unknown length keeps rungs waiting; the pool is only as large as the rungs need."""
    decoder.piece = lambda token: (b"hm ", b"hm ", b"hm ")[token]  # type: ignore[method-assign]
    decoder.table = {last: np.log(np.array([0.4, 0.3, 0.3, 1e-9], np.float32)) for last in range(3)}
    search = PrunedBestOfN(Oracle(), 8, halving(8, 4))
    steps = searched(search, decoder, 8, limit=100, inside=True)
    assert search.cells(100) == 2 * 100 and len(steps[-1].drafts[steps[-1].leader].tokens) == 100
