"""A small choice of LLMs that can be downloaded. Reading it contacts nobody.

Where its figures come from is said in `models/catalogue.json`. Not known here: whether a host still has a file.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from localpersona import shipped
from localpersona.library.addresses import file_name_of


@dataclass(frozen=True, slots=True)
class Offer:
    """A model that can be downloaded: what it is, what it may cost, and exactly what must arrive."""

    name: str
    """What is typed: "qwen3-4b"."""
    title: str
    good_for: str
    licence: str
    """As its makers call it; an SPDX identifier where there is one."""
    licence_url: str
    parameters: int
    quantisation: str
    context_length: int
    kv_bytes_per_token: int
    size_bytes: int
    sha256: str
    url: str
    """Names one revision, so that the file behind it cannot change."""
    hosts: tuple[str, ...]
    """Who is contacted: the url's host, and those that it sends on to (see `addresses.covers`)."""

    @property
    def file_name(self) -> str:
        return file_name_of(self.url)

    @property
    def page(self) -> str:
        """Where the host shows size and SHA-256 of the file."""
        return self.url.replace("/resolve/", "/blob/")

    def path(self, folder: Path) -> Path | None:
        """Return the downloaded file if it is in the folder and has the right size."""
        path = folder / self.file_name
        try:
            return path if path.stat().st_size == self.size_bytes else None
        except OSError:
            return None


@lru_cache(maxsize=1)
def catalogue() -> tuple[Offer, ...]:
    """Return all offers, the smallest first."""
    content: dict[str, Any] = json.loads(shipped.catalogue().read_text(encoding="utf-8"))
    hosts = tuple(content["hosts"])
    return tuple(Offer(**entry, hosts=hosts) for entry in content["models"])


def offer_named(name: str) -> Offer | None:
    """Return the offer that is called so; None when there is none."""
    return next((offer for offer in catalogue() if offer.name == name.strip().lower()), None)
