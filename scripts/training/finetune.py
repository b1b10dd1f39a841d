"""Fine-tune the encoder on the ratings: mean squared error, and whether pairs of answers come out in order.

Every answer is seen once an epoch; some of them cut short (so that a beginning can be scored while the rest is
still being decoded), some with another answer's prompt (so that the encoder learns to look at the prompt).
Both kinds of example are free, and both made the scores of whole answers better as well.

One process and one thread a network: two networks side by side on two cores take far less than twice the time
of one that has both, because nothing waits at the end of every small matrix product.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from localpersona.rewards.encoder import LONGEST, LONGEST_PROMPT, Encoder
from training.data import NAMES, Answers, Ints
from training.encoder_gguf import SPECIAL, load_weights, source_folder
from training.network import DROPOUT, FROZEN, SCALE, Network

Tokens = list[int]

EPOCHS, BATCH, SORTED_BATCHES = 4, 16, 16
RATE, HEAD_RATE, WARM_UP, DECAY = 4e-4, 2e-3, 0.06, 0.01
PAIRS, PAIR_SLOPE, LEAST_GAP = 1.0, 2.0, 0.05
CUT, CUT_FROM, CUT_TO = 0.25, 0.25, 0.9
SWAPPED = 0.1
HEADS = 6
QUALITY = NAMES.index("quality")
IN_A_BEGINNING = np.ones(len(NAMES), dtype=np.float32)
"""How much a beginning is to blame for what it does not show yet: length not at all."""
IN_A_BEGINNING[[NAMES.index(name) for name in ("length", "elicitation", "structure")]] = 0.0, 0.5, 0.5
PREFIXES = (0.3, 0.6)


@dataclass(frozen=True, eq=False)
class Task:
    """One network: what it learns from, and what it is tested on."""

    name: str
    train: Ints
    test: Ints
    seed: int
    epochs: int = EPOCHS


@dataclass(frozen=True, eq=False)
class Texts:
    """The answers' tokens without marks."""

    prompts: list[Tokens]
    responses: list[Tokens]

    @classmethod
    def of(cls, answers: Answers, encoder: Encoder) -> Texts:
        """Tokenise with the tokeniser that the app uses."""
        split = [_split(encoder.tokenise(row["prompt"], row["text"])) for row in answers.rows]
        return cls([prompt for prompt, _ in split], [response for _, response in split])

    def pair(self, response: int, prompt: int | None = None, share: float | None = None) -> Tokens:
        """Return what the encoder reads of one answer: to another's prompt, or only its first share."""
        asked = self.prompts[response if prompt is None else prompt]
        answered = self.responses[response]
        if share is not None:
            answered = answered[: max(4, int(share * len(answered)))]
        head = [SPECIAL["[CLS]"], *asked, SPECIAL["[SEP]"]]
        body = answered[: LONGEST - len(head) - 1]
        return [*head, *body, SPECIAL["[SEP]"]] if share is None else [*head, *body]


def run(task: Task, answers: Answers, texts: Texts, cache: Path) -> Path:
    """Fine-tune, test, and return the file with the results; what was done before is not done again."""
    done = cache / f"network-{task.name}-{_settings(task, answers)}.npz"
    if not done.is_file():
        torch.set_num_threads(1)
        network = _train(task, answers, texts, done.with_suffix(".pt"))
        results = _test(network, task, texts)
        results |= {f"encoder {name}": tensor for name, tensor in network.checkpoint().items()}
        partial = done.with_suffix(".part.npz")
        np.savez(partial, **results)
        partial.replace(done)
        done.with_suffix(".pt").unlink(missing_ok=True)
    return done


def _train(task: Task, answers: Answers, texts: Texts, resume: Path) -> Network:
    """Train, going on after the last finished epoch of an interrupted run."""
    lessons = _Lessons.of(task, answers, texts)
    network = Network(load_weights(source_folder()), HEADS, len(NAMES))
    optimiser = _optimiser(network)
    steps = task.epochs * math.ceil(len(task.train) / BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min(1.0, (step + 1) / (WARM_UP * steps)) * (1.0 - step / steps)
    )
    state = {"network": network, "optimiser": optimiser, "schedule": schedule}
    first = _restore(state, resume)
    network.train()
    for epoch in range(first, task.epochs):
        torch.manual_seed(1000 * task.seed + epoch)  # of the dropout
        started, losses = time.perf_counter(), []
        for tokens, goal, blame, counts in lessons.epoch(epoch):
            loss = _loss(network(tokens), goal, blame, counts)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_([p for p in network.parameters() if p.requires_grad], 1.0)
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
        seconds = time.perf_counter() - started
        progress = f"epoch {epoch + 1}/{task.epochs}, loss {np.mean(losses):.3f}, {seconds:.0f} s"
        print(f"  {task.name}: {progress}", flush=True)
        _keep(state, epoch + 1, resume)
    return network


def _restore(state: dict[str, Any], path: Path) -> int:
    """Load what was kept, if anything was; return how many epochs are done."""
    if not path.is_file():
        return 0
    kept = torch.load(path, weights_only=True)
    for name, part in state.items():
        part.load_state_dict(kept[name])
    return int(kept["epochs"])


def _keep(state: dict[str, Any], epochs: int, path: Path) -> None:
    partial = path.with_suffix(".part")
    torch.save({"epochs": epochs, **{name: part.state_dict() for name, part in state.items()}}, partial)
    partial.replace(path)


@dataclass(frozen=True, eq=False)
class _Lessons:
    """What one network is shown."""

    task: Task
    texts: Texts
    prompts: Ints
    targets: Tensor
    """(n, J) ratings in standard deviations."""
    counts: Tensor
    """(n, K): how often each head's bootstrap over prompts drew an answer's prompt."""
    worst: float
    """The target of quality for an answer to another prompt."""

    @classmethod
    def of(cls, task: Task, answers: Answers, texts: Texts) -> _Lessons:
        mean, deviation = answers.ratings[task.train].mean(0), answers.ratings[task.train].std(0)
        drawn = np.random.default_rng((task.seed, 1)).poisson(1.0, (int(answers.prompts.max()) + 1, HEADS))
        return cls(
            task=task,
            texts=texts,
            prompts=answers.prompts,
            targets=torch.tensor((answers.ratings - mean) / deviation, dtype=torch.float32),
            counts=torch.tensor(drawn[answers.prompts], dtype=torch.float32),
            worst=float((1.0 - mean[QUALITY]) / deviation[QUALITY]),
        )

    def epoch(self, number: int) -> Iterator[tuple[list[Tokens], Tensor, Tensor, Tensor]]:
        """Yield tokens, targets (b, J), how much each target counts (b, J) and counts (b, K) by batch."""
        generator = np.random.default_rng((self.task.seed, number))
        for rows in _batches(self.task.train, self.texts, generator):
            goal, blame = self.targets[rows].clone(), torch.ones(len(rows), len(NAMES))
            tokens = [
                self._example(row, goal[at], blame[at], generator) for at, row in enumerate(rows.tolist())
            ]
            yield tokens, goal, blame, self.counts[rows]

    def _example(self, row: int, goal: Tensor, blame: Tensor, generator: np.random.Generator) -> Tokens:
        """Return one answer's tokens, as it is, cut or to another prompt; goal and blame (J,) are changed."""
        kind = generator.random()
        if kind < SWAPPED:
            goal[QUALITY] = self.worst
            return self.texts.pair(row, prompt=self._elsewhere(row, generator))
        if kind < SWAPPED + CUT:
            blame[:] = torch.tensor(IN_A_BEGINNING)
            return self.texts.pair(row, share=generator.uniform(CUT_FROM, CUT_TO))
        return self.texts.pair(row)

    def _elsewhere(self, row: int, generator: np.random.Generator) -> int:
        while True:
            other = int(generator.choice(self.task.train))
            if self.prompts[other] != self.prompts[row]:
                return other


def _loss(scores: Tensor, goal: Tensor, blame: Tensor, counts: Tensor) -> Tensor:
    """Return the squared error plus the pairwise logistic loss; scores are (n, K, J), counts (n, K)."""
    weight = counts.unsqueeze(2) * blame.unsqueeze(1)
    squared = ((scores - goal.unsqueeze(1)) ** 2 * weight).sum() / weight.sum().clamp(min=1.0)
    apart = scores.unsqueeze(1) - scores.unsqueeze(0)
    above = (goal.unsqueeze(1) - goal.unsqueeze(0) > LEAST_GAP).unsqueeze(2)
    both = weight.unsqueeze(1) * weight.unsqueeze(0) * above
    ordered = (torch.nn.functional.softplus(-PAIR_SLOPE * apart) * both).sum() / both.sum().clamp(min=1.0)
    return squared + PAIRS * ordered


def _optimiser(network: Network) -> torch.optim.Optimizer:
    learned = [(name, p) for name, p in network.named_parameters() if p.requires_grad]
    body = [p for name, p in learned if not name.startswith("heads.")]
    return torch.optim.AdamW(
        [
            {"params": [p for p in body if p.ndim > 1], "lr": RATE, "weight_decay": DECAY},
            {"params": [p for p in body if p.ndim == 1], "lr": RATE, "weight_decay": 0.0},
            {"params": network.heads.parameters(), "lr": HEAD_RATE, "weight_decay": DECAY},
        ],
        betas=(0.9, 0.98),
    )


def _batches(rows: Ints, texts: Texts, generator: np.random.Generator) -> Iterator[Ints]:
    """Yield batches of about equally long texts (padding is paid for), in random order."""
    shuffled, batches = generator.permutation(rows), []
    for start in range(0, len(rows), BATCH * SORTED_BATCHES):
        some = sorted(shuffled[start : start + BATCH * SORTED_BATCHES], key=lambda row: len(texts.pair(row)))
        batches += [np.array(some[at : at + BATCH]) for at in range(0, len(some), BATCH)]
    for index in generator.permutation(len(batches)):
        yield batches[index]


@torch.inference_mode()
def _test(network: Network, task: Task, texts: Texts) -> dict[str, NDArray[np.float32]]:
    """Return embeddings (n, 2 · width) of the test answers, whole and their beginnings, and the heads.

    With no test answers, of all training answers: they are what the next steps standardise by.
    """
    network.eval()
    rows = task.test if len(task.test) else task.train
    found: dict[str, NDArray[np.float32]] = {"rows": rows.astype(np.float32)}
    for share in (None, *PREFIXES):
        tokens = [texts.pair(int(row), share=share) for row in rows]
        order = np.argsort([len(one) for one in tokens])
        embeddings = np.zeros((len(rows), network.heads.in_features), dtype=np.float32)
        for start in range(0, len(order), BATCH):
            some = order[start : start + BATCH]
            embeddings[some] = network.embed([tokens[index] for index in some]).numpy()
        name = "whole" if share is None else f"first {share:.0%}"
        found[f"embeddings {name}"] = embeddings / SCALE
    found["head weights"] = network.heads.weight.numpy().T.reshape(-1, *network.shape) * np.float32(SCALE)
    found["head bias"] = network.heads.bias.numpy().reshape(network.shape)
    return found


def _split(tokens: Sequence[int]) -> tuple[Tokens, Tokens]:
    """Return prompt and response of [CLS] prompt [SEP] response [SEP]."""
    middle = tokens.index(SPECIAL["[SEP]"])
    assert middle <= LONGEST_PROMPT + 1
    return list(tokens[1:middle]), list(tokens[middle + 1 : -1])


def _settings(task: Task, answers: Answers) -> str:
    """Return a hash of all that the result depends on."""
    chosen = (
        task.epochs,
        BATCH,
        SORTED_BATCHES,
        RATE,
        HEAD_RATE,
        WARM_UP,
        DECAY,
        PAIRS,
        PAIR_SLOPE,
        LEAST_GAP,
    )
    chosen = (*chosen, CUT, CUT_FROM, CUT_TO, SWAPPED, LONGEST, HEADS, FROZEN, DROPOUT, task.seed)
    digest = hashlib.sha256(repr(chosen).encode())
    for array in (task.train, task.test, answers.ratings, IN_A_BEGINNING):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:12]
