"""How close decoding is to the least it can take: alone, side by side, and with a long conversation behind it."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from importlib import resources

from engine_bench.ours import Ours
from engine_bench.rivals import BareLoop, HighLevel
from localpersona.engine.protocol import SearchSpec
from localpersona.values import Statistics, Turn

STORY = "Write a very long story about a lighthouse keeper, with many chapters."
Tell = Callable[[str], None]


def side_by_side(ours: Ours, bare: BareLoop, counts: Sequence[int], tokens: int, rounds: int) -> list[str]:
    """Return a line for each number of candidates.

    Each of our answers is compared with the bare loops just before and after it, because the speed of a virtual
    machine drifts; the ratio is the median of those.
    """
    took: dict[int, list[float]] = {count: [] for count in counts}
    ratios: dict[int, list[float]] = {count: [] for count in counts}
    for _ in range(rounds):
        for count in counts:
            before = bare.seconds(count, tokens)
            spent = ours.ask([Turn("user", STORY)], tokens, (count, SearchSpec())).done.statistics
            after = bare.seconds(count, tokens)
            took[count].append(spent.decode_seconds / spent.generated_tokens)
            ratios[count].append((before + after) / 2 / tokens / count / took[count][-1])
    return [
        f"{count:2d} at once: {1 / statistics.median(took[count]):6.0f} tokens/s, "
        f"{statistics.median(ratios[count]):.2f} of the bare loop "
        f"({min(ratios[count]):.2f} – {max(ratios[count]):.2f})"
        for count in counts
    ]


def with_context(ours: Ours, bare: BareLoop, lengths: Sequence[int], tokens: int, rounds: int) -> list[str]:
    """Return a line for each length of what came before."""
    lines = []
    for length in lengths:
        mine, least, read = [], [], 0
        for _ in range(rounds):
            turns = [Turn("user", f"{_page(ours, length - 60)}\n\n{STORY}")]
            spent = _talkative(ours, turns, tokens)
            read = spent.prompt_tokens
            mine.append(spent.decode_seconds / spent.generated_tokens)
            least.append(bare.seconds(1, tokens, read) / tokens)
        took = statistics.median(mine)
        ratio = statistics.median(least) / took
        lines.append(f"after {read:5d} tokens: {1 / took:6.0f} tokens/s, {ratio:.2f} of the bare loop")
    return lines


def _page(ours: Ours, tokens: int) -> str:
    """Return plain English of about so many tokens, rather fewer."""
    words = resources.files("localpersona.engine").joinpath("perplexity.txt").read_text("utf-8").split()
    number = max(int(0.95 * tokens * len(words) / ours.engine.count_tokens(" ".join(words))), 0)
    return " ".join((words * (number // len(words) + 1))[:number])


def _talkative(ours: Ours, turns: Sequence[Turn], tokens: int) -> Statistics:
    """Return what an answer of at least half the tokens took; after a long text the model may end at once."""
    for seed in range(20):
        spent = ours.ask(turns, tokens, seed=seed).done.statistics
        if spent.generated_tokens >= tokens // 2:
            return spent
    raise SystemExit("The model says nothing here: name another one with --model.")


def first_text(ours: Ours, rival: HighLevel, rounds: int) -> list[str]:
    """Return how soon a plain answer begins, nothing being cached for either."""
    mine, theirs = [], []
    for number in range(rounds):
        turns = [Turn("system", f"{number + 1000} helpers work here. You are one."), Turn("user", STORY)]
        mine.append(ours.ask(turns, 4).first)
        theirs.append(rival.ask(turns, 4)[1])
    took, other = statistics.median(mine), statistics.median(theirs)
    return [
        f"first text of a plain answer: {1000 * took:.0f} ms, {took / other:.2f} of create_chat_completion's"
    ]


def in_conversation(ours: Ours, rival: HighLevel, turns: int) -> list[str]:
    """Return how soon an answer begins as a conversation gets longer, and how much of it is read again."""
    mine, theirs = _conversation(turns), _conversation(turns)
    lines = []
    for number in range(1, turns + 1):
        question = Turn("user", f"Tell me fact number {number} about lighthouses.")
        mine.append(question)
        theirs.append(question)
        run = ours.ask(mine, 12)
        said, first, _ = rival.ask(theirs, 12, cold=number == 1)
        mine.append(Turn("assistant", run.text))
        theirs.append(Turn("assistant", said))
        if number in (1, 2, 5, 10, 20, 50, 100, turns):
            spent = run.done.statistics
            new = spent.prompt_tokens - spent.reused_tokens
            lines.append(
                f"turn {number:3d}: first text after {1000 * run.first:.0f} ms, {run.first / first:.2f} of "
                f"create_chat_completion's; {new} of {spent.prompt_tokens} tokens read"
            )
    return lines


def _conversation(turns: int) -> list[Turn]:
    return [Turn("system", f"You tell {turns} facts, each in a sentence.")]
