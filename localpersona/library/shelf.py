"""The catalogue as seen from this machine: what fits, what is here already, how much room there is."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from localpersona import paths
from localpersona.library.catalogue import Offer, catalogue
from localpersona.library.memory import Fit, available_bytes, fit
from localpersona.library.part import arrived


@dataclass(frozen=True, slots=True)
class Shelved:
    """An offer, and how it stands with it here."""

    offer: Offer
    fits: Fit
    path: Path | None
    """The file, if it was downloaded."""
    arrived: int
    """Bytes that an unfinished download left."""


def shelf(context_length: int) -> list[Shelved]:
    """Return all offers, the smallest first. Contacts nobody."""
    folder, free = paths.models(), available_bytes()
    return [
        Shelved(
            offer, fit(offer, context_length, free), offer.path(folder), arrived(folder / offer.file_name)
        )
        for offer in catalogue()
    ]


def free_bytes() -> int:
    """Return how much the disk of the models folder, which need not be there yet, still takes. Raises OSError."""
    folder = paths.models()
    return shutil.disk_usage(next(place for place in (folder, *folder.parents) if place.exists())).free
