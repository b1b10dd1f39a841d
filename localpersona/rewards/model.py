"""The reward model: from a prompt and responses to φ, standardised trait scores with their uncertainty.

Trained by scripts/train_rewards.py; models/reward/CARD.md says on what, how well, and where its limits are.
"""

from __future__ import annotations

import hashlib
import json
import threading
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from localpersona import shipped
from localpersona.preferences import Weights
from localpersona.rewards.encoder import Encoder
from localpersona.rewards.errors import RewardModelError
from localpersona.rewards.features import SURFACE, extract
from localpersona.rewards.heads import Heads

Array = NDArray[np.float32]

_MOST_CHARACTERS = 50_000  # of a prompt or response; nobody reads further to judge its style


class RewardModel:
    """The shipped reward model, or another of the same format. Safe to share between threads."""

    def __init__(self, encoder: Encoder, heads: Heads, version: str, prior: Weights) -> None:
        self._encoder, self._heads, self._lock = encoder, heads, threading.Lock()
        self.names: tuple[str, ...] = heads.names
        """The J traits, in the order of the columns."""
        self.version = version
        """Scores of different versions must never be mixed."""
        self.prior = prior
        """The weights of a new user, for scores of this version."""

    @classmethod
    def load(cls, path: str | Path | None = None, threads: int = 0) -> RewardModel:
        """Load the folder at path, by default the shipped one: about 0.2 s and 120 MB, nothing is downloaded.

        threads: for the encoder; 0 for as many as this process may run on. Raises RewardModelError.
        """
        folder = Path(path) if path is not None else shipped.reward_model()
        heads, version = _load_heads(folder)
        prior = _load_prior(folder, heads, version)
        encoder = Encoder(folder / "encoder.gguf", threads)
        if 2 * encoder.width != len(heads.embedding_weights):
            encoder.close()
            raise RewardModelError(f"The reward model's heads do not fit its encoder: {folder}")
        return cls(encoder, heads, version, prior)

    def score(self, prompt: str, responses: Sequence[str], finished: bool = True) -> Array:
        """Return φ, float32 (n, J): one row a response, 0 the training responses' mean, 1 their deviation.

        finished: False for responses that are still being written; then the scores are what the finished ones
        will probably get. Raises RewardModelError when closed.
        """
        return self.score_and_spread(prompt, responses, finished)[0]

    def spread(self, prompt: str, responses: Sequence[str], finished: bool = True) -> Array:
        """Return float32 (n, J), at least 0: how far the heads disagree, in the units of the scores."""
        return self.score_and_spread(prompt, responses, finished)[1]

    def score_and_spread(
        self, prompt: str, responses: Sequence[str], finished: bool = True
    ) -> tuple[Array, Array]:
        """Return both (n, J) for one encoding. Raises RewardModelError when closed."""
        asked, texts = prompt[:_MOST_CHARACTERS], [response[:_MOST_CHARACTERS] for response in responses]
        embeddings = self._read(asked, texts, finished)
        by_head = self._heads.predict(extract([asked] * len(texts), texts, embeddings), finished)
        return by_head.mean(axis=1), by_head.std(axis=1)

    def embed(self, prompt: str, responses: Sequence[str]) -> Array:
        """Return float32 (n, 64): what responses are like beyond their traits, for methods that learn their own.

        Principal components of what the encoder reads, scaled to the training responses.
        """
        texts = [response[:_MOST_CHARACTERS] for response in responses]
        return self._heads.described(self._read(prompt[:_MOST_CHARACTERS], texts, finished=True))

    def _read(self, prompt: str, texts: Sequence[str], finished: bool) -> Array:
        with self._lock:
            return self._encoder.embed([(prompt, text) for text in texts], finished)

    def close(self) -> None:
        """Free the encoder. Idempotent; scoring afterwards raises RewardModelError."""
        with self._lock:
            self._encoder.close()

    def __enter__(self) -> RewardModel:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _load_heads(folder: Path) -> tuple[Heads, str]:
    """Return the heads and the version of the whole model, once it is sure that encoder and heads are intact.

    The hash is checked before llama.cpp sees the encoder, because malformed files can abort the process.
    """
    try:
        heads, wanted = Heads.load(folder / "heads.npz")
        with (folder / "encoder.gguf").open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise RewardModelError(f"The reward model is incomplete: {error.filename} is missing") from error
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        reason = " ".join(str(error).split())[:200]
        raise RewardModelError(f"The reward model in {folder} is damaged: {reason}") from error
    if found != wanted:
        raise RewardModelError(
            f"The reward model is damaged: {folder / 'encoder.gguf'} does not match its heads"
        )
    if len(heads.counting.surface.mean) != SURFACE:
        raise RewardModelError(f"The reward model in {folder} is for another version of LocalPersona")
    return heads, heads.version(found)


def _load_prior(folder: Path, heads: Heads, version: str) -> Weights:
    try:
        prior = Weights.from_dict(json.loads((folder / "prior.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RewardModelError(f"The reward model's prior cannot be read: {folder / 'prior.json'}") from error
    if prior.version != version or prior.names != heads.names:
        raise RewardModelError(f"The reward model's prior is for another version: {folder / 'prior.json'}")
    return prior
