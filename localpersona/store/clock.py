"""The time, as the store writes it."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> str:
    """Return the time in UTC, ISO-8601, to the millisecond. For people to read; ids give the order."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
