"""Write the model card from the results, so that no figure in it can be stale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TEXT = """\
# The reward model

<!-- Written by scripts/train_rewards.py from results.json: do not edit. -->

Version `{version}`. It scores an English answer to a prompt on twelve traits:
{traits}.
A score of 0 is the mean of the training answers, 1 their standard deviation (of scores by models that had
not seen the answer's prompt). `spread` is the disagreement of {heads} heads.

## What it is

* `encoder.gguf`: all-MiniLM-L6-v2 (a sentence encoder of 22.7 million parameters), fine-tuned to read prompt
  and answer as one text, its matrices in Q8_0, run by llama.cpp. Its four upper layers were trained; as
  shipped, 8-bit, the final scores are {faithful:.3f} standard deviations from the trained ones, on average.
* `heads.npz`: {heads} heads, each trained on its own resample of the prompts. Each has a part that reads the
  encoder's two mean vectors (over the answer, over the prompt) and a part that counts {surface} exact features
  of the surface and {terms:,} words and pairs of words; a mixer makes the score of both: a network with one
  hidden layer, and for quality a forest of {trees} trees, which also sees the features of the surface. There are
  two mixers: for finished answers and for beginnings of answers.
* `prior.json`: where a new user starts, the mean and covariance of the weights of {people} simulated
  people.
* `unseen.npz`: scores of the training answers by models that never saw their prompt, for honest benchmarks.
* `../questions.json`: {questions} questions to get to know a new user.

## What it was trained on

Synthetic data only: everyday prompts, answers in assigned styles and answers sampled from
SmolLM2-135M-Instruct, rated by a large language model that did not see the assignment ({answers:,}
answers); choices between them by {people} simulated people ({choices:,} choices). No real person's text
or choice is in it. Of the answers shown in training a tenth stood under another answer's prompt (quality: 1)
and a quarter were cut short.

## How well it does

All figures come from `.venv/bin/python scripts/train_rewards.py`, seed {seed}.

**Order.** The share of pairs of answers with different ratings that the scores put in the right order,
over all answers of a fold, by models that saw neither the fold nor its prompts. In brackets the 95 %
interval over prompts. A second, independent rater reaches 0.926 on average. The small model's answers are
harder: most are bad, and bad in ways that a style has no name for. These figures flatter a little: the network's
settings (learning rate, layers, two means) were chosen on folds 2, 3 and 9, and the mixer's among ten that were
tried on all folds; those ten differed by 0.002 in the mean and by 0.011 in quality. Of forests some thirty were
tried on all folds (kinds, sizes, inputs): quality was 0.850 to 0.860 with any of them, a bad answer below a good one
in 0.945 to 0.961; this one is among the plainest.

{concordance}

A bad written answer (quality 1–2) is scored below a good one (4–5) to the same prompt in {bad:.1%} of
pairs. On written answers what the encoder read is in order in {read:.3f} of all pairs (mean over traits), what
was counted in {counted:.3f}, the sum of both in {both:.3f}, and mixed as shipped in {mixed:.3f}. The frozen
encoder with the same counting reached 0.901.

Tried for quality and left out: counting quality three times in the network's loss (what the encoder reads of
quality: +0.013, −0.015, +0.015 and +0.012 on four groups, the other traits −0.003); the mean of the weights of such
a network and a plain one (no gain on four groups); on one group, bootstraps of the heads half as strong (no
difference), pairs of answers that people judged from PandaLM and LLMBar beside ours (−0.02 against without), and
swapping prompts within a subject with pairs of one source only (bad below good fell by 0.04).

**Beginnings.** How well the scores of the first part of a written answer order the finished answers, which is
what dropping candidates while they are being decoded needs.

{beginnings}

**Spread.** The rank correlation of the heads' disagreement with the absolute error, over all answers: {spread}.
When a person's weights choose among the small model's answers to a prompt, the chosen ones' rated quality (1–5) is
{careful} with the spread's penalty and {plain} without; by chance {chance}. Difference: {difference}.

**Strangers.** ROC-AUC of predicted choices of simulated people who were not in the prior's training,
between answers to prompts that neither the heads nor the prior nor the questions had seen; mean of {runs}
random splits (lowest – highest). "Active" questions are chosen one by one by what their answer would
teach; "active, rated" are, too, and the answers shown have the mean of scores and ratings as their traits,
which is what the question bank carries. "Pooled" is one set of weights for everyone. "Another's" predicts with
the weights that someone else's answers gave: personal predictions have to beat both.

{strangers}

**Questions.** {planted:.0f} planted users, drawn from the prior, were asked ten questions of the bank
each: these differed clearly in {asked:.1f} of the 11 taste traits (never fewer than {least:.0f}), and
raised the share of correctly predicted preferences between other answers from {before:.1%} to
{after:.1%}.

**Cost.** On {machine}: {load:.2f} s to load, imports included; {memory:.0f} MB more resident than NumPy
alone; {score:.2f} s at best for 8 answers of {words} words on 2 threads.

## Limits

* English only. In other languages the counted features still work, the rest does not.
* The style data was written and rated by one large language model: it has that model's idea of a joke, of
  warmth and of good advice, and its vocabulary. People vary more.
* Quality is weak: it notices evasion, filler, rambling and wrong topics, hardly a wrong fact. Never use
  it to decide whether an answer is true. Among the embedded model's own answers, where it is weakest,
  the app reads the language model's logits instead (`../sense.npz`), which order 79 % of the pairs by quality
  (76 – 83 %, prompts never seen; `scripts/train_sense.py`).
* Of prompt and answer together the encoder reads the first 320 tokens; the counted features read all.
* Thirty-six simulated people are few, and simulated. The prior is a start, not a finding about anyone.

## Licence

The encoder is by its authors (sentence-transformers, Microsoft's MiniLM), Apache-2.0, fine-tuned and
converted. Heads, prior and this card: Apache-2.0. Training data and questions: CC0.
"""


def write_card(results: Mapping[str, Any]) -> str:
    """Return the text of CARD.md."""
    cost, questions = results["cost"], results["questions"]
    return _TEXT.format(
        **results["model"],
        traits=", ".join(results["concordance"]["written"]["traits"]),
        concordance=_concordance(results["concordance"]),
        bad=results["concordance"]["bad below good"],
        mixed=results["concordance"]["written"]["mean"][0],
        **results["alone"],
        beginnings=_beginnings(results),
        spread=", ".join(f"{trait} {value:.2f}" for trait, value in results["spread"].items()),
        **{name: _interval(values) for name, values in results["choice"].items()},
        strangers=_strangers(results["strangers"]),
        runs=results["strangers"]["splits"],
        planted=questions["planted users"],
        asked=questions["taste traits asked about in ten questions, mean"],
        least=questions["taste traits asked about in ten questions, least"],
        before=questions["preferences predicted before"],
        after=questions["preferences predicted after ten answers"],
        **cost,
    )


def _concordance(results: Mapping[str, Any]) -> str:
    written, small = results["written"], results["small model"]
    rows = [_row("**mean**", written["mean"], small["mean"])]
    rows += [_row(trait, values, small["traits"][trait]) for trait, values in written["traits"].items()]
    return "\n".join(
        ["| trait | written answers | the small model's answers |", "| --- | --- | --- |", *rows]
    )


def _beginnings(results: Mapping[str, Any]) -> str:
    parts = [*results["beginnings"].items(), ("whole", results["concordance"]["written"])]
    lines = [
        "| trait | " + " | ".join(_share(name) for name, _ in parts) + " |",
        "| --- |" + " --- |" * len(parts),
    ]
    lines.append(_row("**mean**", *(part["mean"] for _, part in parts)))
    lines += [_row(trait, *(part["traits"][trait] for _, part in parts)) for trait in parts[-1][1]["traits"]]
    return "\n".join(lines)


def _share(name: str) -> str:
    return f"the first {name[:-1]} %" if name.endswith("%") else name


def _interval(values: list[float]) -> str:
    at, low, high = values
    return f"{at:.3f} ({low:.3f} – {high:.3f})"


def _row(name: str, *cells: list[float]) -> str:
    return f"| {name} | " + " | ".join(f"{at:.3f} ({low:.3f} – {high:.3f})" for at, low, high in cells) + " |"


def _strangers(results: Mapping[str, Any]) -> str:
    table = results["auc"]
    counts = list(table["active"])
    names = {
        "bank": "active, rated",
        "active": "active",
        "random": "random",
        "pooled": "pooled",
        "active, shuffled": "another's, active",
        "random, shuffled": "another's, random",
    }
    head = "| method | " + " | ".join(f"{count} answers" for count in counts) + " |"
    lines = [head, "| --- |" + " --- |" * len(counts)]
    for method, label in names.items():
        cells = [table[method].get(count, table[method]["0"]) for count in counts]
        lines.append(_row(label, *cells))
    return "\n".join(lines)
