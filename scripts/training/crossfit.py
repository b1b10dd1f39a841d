"""One network for every group of folds, trained on the others, and one on everything: that one ships.

Everything after the network (how to mix what it says with what is counted, the prior, the intervals) is learned
from what the group networks say of answers to prompts that they never saw, because on its own training answers
a network is nearly always right.
"""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from localpersona.rewards.encoder import Encoder
from training.data import Answers, Ints
from training.finetune import Task, Texts, run

GROUPS = 5


def groups_of(prompts: Ints, folds: Ints) -> Ints:
    """Return (n,) a group for every answer: folds that share a prompt are in one, sizes about equal."""
    apart: list[set[int]] = []
    for fold in np.unique(folds):
        joined = {int(fold)}
        mine = set(prompts[folds == fold].tolist())
        for other in [known for known in apart if mine & set(prompts[np.isin(folds, list(known))].tolist())]:
            joined |= other
            apart.remove(other)
        apart.append(joined)
    sizes = [0] * min(GROUPS, len(apart))
    groups = np.zeros(len(folds), dtype=np.int64)
    for one in sorted(apart, key=lambda one: (-int(np.isin(folds, list(one)).sum()), min(one))):
        smallest = int(np.argmin(sizes))
        members = np.isin(folds, list(one))
        sizes[smallest] += int(members.sum())
        groups[members] = smallest
    return groups


def networks(answers: Answers, groups: Ints, encoder: Path, cache: Path, seed: int) -> list[Path]:
    """Return the results' files: one a group, then the one trained on everything. Resumes what was begun."""
    cache.mkdir(exist_ok=True)
    tokeniser = Encoder(encoder, threads=1)
    texts = Texts.of(answers, tokeniser)
    tokeniser.close()
    everything = np.arange(len(groups))
    tasks = [
        Task(f"without group {group}", np.flatnonzero(groups != group), np.flatnonzero(groups == group), seed)
        for group in np.unique(groups)
    ]
    tasks.append(Task("everything", everything, everything[:0], seed))
    os.environ["OMP_NUM_THREADS"] = "1"  # for the processes: one thread each
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=os.cpu_count(), mp_context=context) as pool:
        return list(pool.map(run, tasks, *([one] * len(tasks) for one in (answers, texts, cache))))
