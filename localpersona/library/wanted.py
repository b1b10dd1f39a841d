"""What is to be downloaded, how patiently, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from localpersona.library.catalogue import Offer

Doing = Literal["connecting", "checking", "downloading", "waiting"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which file, from whom, and what is known of it beforehand."""

    url: str
    hosts: tuple[str, ...]
    """Those that the user confirmed; ".hf.co" stands for every host under hf.co."""
    size_bytes: int | None = None
    sha256: str = ""

    @classmethod
    def offered(cls, offer: Offer, hosts: tuple[str, ...]) -> Wanted:
        return cls(offer.url, hosts, offer.size_bytes, offer.sha256)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is. Told for each block that arrives, which may be hundreds of times a second."""

    doing: Doing
    done: int
    total: int | None
    bytes_per_second: float = 0.0
    seconds_left: float | None = None
    said: str = ""
    """Why it waits."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for what, in seconds."""

    connect: float = 20.0
    stall: float = 60.0
    """Without a single byte."""
    tries: int = 5
    """In a row without any byte gained."""
    first_wait: float = 1.0
    """Before trying again; doubled each time, up to `longest_wait`."""
    longest_wait: float = 30.0
    longest_asked: float = 300.0
    """If a host asks to be left alone for longer, it is left to the user."""
