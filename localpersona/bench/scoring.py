"""From texts to features: trait scores and an embedding of every response.

Texts that the shipped reward model was trained on are not scored by it: `unseen.npz` holds what models that never
saw their prompt said, and the embedding of an encoder that was not trained on them. Other texts are scored once
for each version of the reward model and kept. Embeddings of the two kinds are not mixed: in a data set with other
texts, too, all embeddings are the reward model's.
"""

from __future__ import annotations

import hashlib
import secrets
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from localpersona import paths, shipped
from localpersona.bench.data import Dataset
from localpersona.bench.judgements import Judgements
from localpersona.bench.protocol import BenchError
from localpersona.rewards.traits import TRAITS
from localpersona.text import one_line

NAMES = tuple(trait.name for trait in TRAITS)
EMBEDDING = 64
"""E: numbers in an embedding."""
CHUNK = 256
"""Texts between two saves, so that an interrupted run loses little."""

Halves = NDArray[np.float16]
Progress = Callable[[str, int, int], None]
"""Told what is done, how much of it and of how many."""


class Scorer(Protocol):
    """What is needed of a `RewardModel`."""

    @property
    def version(self) -> str: ...

    def score(self, prompt: str, responses: list[str]) -> NDArray[np.float32]: ...

    def embed(self, prompt: str, responses: list[str]) -> NDArray[np.float32]: ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class Scores:
    """Features by the text's key."""

    traits: dict[str, Halves]
    """(J,) each, standardised."""
    embedding: dict[str, Halves]
    """(E,) each."""


def key_of(prompt: str, text: str) -> str:
    """Return what a response is called in files of scores."""
    return hashlib.sha256(f"{prompt}\x00{text}".encode("utf-8", "surrogatepass")).hexdigest()[:16]


def load_scores(path: Path) -> Scores:
    """Return the scores in an .npz of keys (n,), traits (n, J), embedding (n, E). Raises BenchError."""
    shown = one_line(str(path), 160)
    try:
        with np.load(path, allow_pickle=False) as stored:
            keys, traits, embedding = stored["keys"], stored["traits"], stored["embedding"]
    except OSError as error:
        raise BenchError(f"{shown} cannot be read: {error.strerror or error}") from None
    except (KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise BenchError(
            f"{shown} holds no scores: it must be an .npz of keys, traits and embedding ({error})"
        ) from None
    if traits.shape != (len(keys), len(NAMES)) or embedding.shape != (len(keys), EMBEDDING):
        raise BenchError(
            f"{shown} holds scores of another kind: {len(NAMES)} traits and {EMBEDDING} numbers of embedding"
            f" are needed, not shapes {traits.shape} and {embedding.shape}"
        )
    names = keys.tolist()
    return Scores(dict(zip(names, traits, strict=True)), dict(zip(names, embedding, strict=True)))


def dataset_of(
    judgements: Judgements, unseen: Path | None, load_model: Callable[[], Scorer], progress: Progress
) -> Dataset:
    """Return the comparisons with the features of their responses.

    unseen: a file of scores that come before the reward model's; by default the shipped one, if it is there.
    load_model: called only if some texts are scored nowhere. Raises BenchError and the model's own errors.
    """
    if unseen is None and (shipped.reward_model() / "unseen.npz").is_file():
        unseen = shipped.reward_model() / "unseen.npz"
    known = load_scores(unseen) if unseen is not None else Scores({}, {})
    texts = {key_of(judgements.prompts[at], text): (at, text) for at, text in judgements.responses}
    if texts.keys() - known.traits.keys():
        scored = _score(texts, judgements.prompts, load_model(), progress)
        known = Scores({**scored.traits, **known.traits}, scored.embedding)
    different = {
        text: number for number, text in enumerate(dict.fromkeys(t for _, t in judgements.responses))
    }
    keys = [key_of(judgements.prompts[at], text) for at, text in judgements.responses]
    return Dataset(
        users=judgements.users,
        prompts=np.array([at for at, _ in judgements.responses], dtype=np.int64)[judgements.first],
        first=judgements.first,
        second=judgements.second,
        outcomes=judgements.outcomes,
        traits=np.stack([known.traits[key] for key in keys]).astype(float),
        embedding=np.stack([known.embedding[key] for key in keys]).astype(float),
        names=NAMES,
        texts=np.array([different[text] for _, text in judgements.responses], dtype=np.int64),
    )


def _score(
    texts: Mapping[str, tuple[int, str]], prompts: tuple[str, ...], model: Scorer, progress: Progress
) -> Scores:
    """Score texts (key: prompt's number, text) that are not in the cache; the cache is kept up to date."""
    try:
        path = paths.cache() / f"scores-{model.version}.npz"
        known = _cached(path)
        todo = sorted(texts.keys() - known.traits.keys(), key=lambda key: (texts[key][0], key))
        for start in range(0, len(todo), CHUNK):
            progress("texts scored", start, len(todo))
            for prompt, keys in groupby(todo[start : start + CHUNK], key=lambda key: texts[key][0]):
                _score_prompt(model, prompts[prompt], {key: texts[key][1] for key in keys}, known)
            _save(path, known)
        return known
    finally:
        model.close()


def _score_prompt(model: Scorer, prompt: str, texts: Mapping[str, str], known: Scores) -> None:
    responses = list(texts.values())
    known.traits.update(zip(texts, model.score(prompt, responses).astype(np.float16), strict=True))
    known.embedding.update(zip(texts, model.embed(prompt, responses).astype(np.float16), strict=True))


def _cached(path: Path) -> Scores:
    """Return what was scored before; a cache that cannot be read is made anew."""
    try:
        return load_scores(path)
    except BenchError:
        return Scores({}, {})


def _save(path: Path, scores: Scores) -> None:
    paths.make_private(path.parent)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    with temporary.open("wb") as file:
        np.savez(
            file,
            keys=np.array(list(scores.traits)),
            traits=np.stack(list(scores.traits.values())),
            embedding=np.stack(list(scores.embedding.values())),
        )
    temporary.replace(path)
