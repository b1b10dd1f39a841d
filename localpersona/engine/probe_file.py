"""The probe that ships for one language model, and how that model is recognised: by what is in its file."""

from __future__ import annotations

import logging
import zipfile
import zlib
from functools import lru_cache
from pathlib import Path

import numpy as np

from localpersona import shipped
from localpersona.alignment.sense import Probe
from localpersona.engine.model_file import fingerprint

_logger = logging.getLogger("localpersona.engine")


def probe_for(model: str, vocabulary: int) -> Probe | None:
    """Return the probe for the model's file, None where none was made for it or it cannot be read.

    vocabulary: how many tokens the model has. Nobody waits for a probe: without one, log-probability stands in.
    """
    try:
        probe, wanted = _read(shipped.sense())
        return probe if wanted == fingerprint(model) and len(probe.answer) == vocabulary else None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        _logger.warning("no probe: %s", error)
        return None


def write_probe(probe: Probe, path: Path, model: str) -> None:
    """Write the file for the model whose file is `model`. Raises OSError."""
    np.savez_compressed(
        path,
        model=np.array(fingerprint(model)),
        answer=probe.answer.astype(np.float32),
        asked=probe.asked.astype(np.float32),
        offset=np.array(probe.offset),
    )


@lru_cache(maxsize=1)
def _read(path: Path) -> tuple[Probe, str]:
    with np.load(path, allow_pickle=False) as data:
        probe = Probe(data["answer"], data["asked"], float(data["offset"]))
        wanted = str(data["model"])
    weights = np.concatenate([probe.answer, probe.asked])
    if probe.answer.shape != probe.asked.shape or weights.dtype != np.float32:
        raise ValueError("shapes do not fit")
    if not np.isfinite(weights).all() or not np.isfinite(probe.offset):
        raise ValueError("not numbers")
    return probe, wanted
