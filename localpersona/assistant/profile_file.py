"""A profile as JSON: the comparisons, from which weights are computed, and what was set by hand.

    {"format": "localpersona-profile", "version": 1, "name": "default",
     "comparisons": [{"prompt": …, "first": …, "second": …, "outcome": 1 | 0.5 | 0 | null,
                      "source": "onboarding" | "chat" | "import", "question_id": … | null}, …],
     "locks": {"length": -1.0}}

A lock's value is the trait's weight (log-odds per standard deviation of its score).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, get_args

from localpersona.assistant.taste import UserTaste
from localpersona.store import Store
from localpersona.text import one_line
from localpersona.values import Comparison, Source

FORMAT, VERSION = "localpersona-profile", 1
_MOST_TEXT = 1_000_000
_LARGEST_LOCK = 10.0
_SOURCES = get_args(Source)


class ProfileFileError(ValueError):
    """Not a profile that can be imported. str(error) is one plain line."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A checked profile file."""

    name: str
    comparisons: tuple[tuple[Comparison, str | None], ...]
    """With the bank's name of the question, if it was one."""
    locks: dict[str, float]


def export_profile(taste: UserTaste) -> dict[str, Any]:
    """Return the profile as JSON-able data."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "name": taste.name,
        "comparisons": [
            {
                "prompt": row.comparison.prompt,
                "first": row.comparison.first,
                "second": row.comparison.second,
                "outcome": row.comparison.outcome,
                "source": row.comparison.source,
                "question_id": row.question_id,
            }
            for row in taste.rows()
        ],
        "locks": taste.locks(),
    }


def import_profile(store: Store, taste: UserTaste, data: object) -> int:
    """Merge exported data into a profile in one transaction; return how many comparisons were new.

    Raises ProfileFileError, before anything is written, and StoreError, after which nothing is.
    """
    imported = read_profile(data, taste.prior.names)
    known = {_identity(row.comparison) for row in taste.rows()}
    new = list(_new(imported.comparisons, known))

    def work() -> None:
        profile = taste.profile
        for comparison, question_id in new:
            store.add_comparison(profile.id, comparison, question_id=question_id)
        if imported.locks:
            store.set_locks(profile.id, {**profile.locks, **imported.locks})

    store.together(work)
    return len(new)


def read_profile(data: object, traits: Iterable[str]) -> Imported:
    """Return what is in exported data; locks of traits that are not in `traits` are left out."""
    content = _mapping(data, "this")
    if content.get("format") != FORMAT:
        _refuse("this is not a LocalPersona profile")
    if content.get("version") != VERSION:
        _refuse(f"version {one_line(str(content.get('version')), 20)} is not known, only {VERSION}")
    entries = content.get("comparisons", [])
    if not isinstance(entries, list):
        _refuse('"comparisons" must be a list')
    comparisons = tuple(_comparison(entry, number) for number, entry in enumerate(entries, start=1))
    locks = {
        name: _lock(name, value) for name, value in _mapping(content.get("locks", {}), '"locks"').items()
    }
    known = set(traits)
    name = content.get("name", "")
    return Imported(
        name if isinstance(name, str) else "",
        comparisons,
        {name: value for name, value in locks.items() if name in known},
    )


def _comparison(entry: object, number: int) -> tuple[Comparison, str | None]:
    where = f"comparison {number}"
    fields = _mapping(entry, where)
    prompt, first, second = (_text(fields.get(n), f'"{n}" of {where}') for n in ("prompt", "first", "second"))
    outcome = fields.get("outcome")
    # bool is an int to Python, but true is not an outcome.
    if isinstance(outcome, bool) or outcome not in (None, 0, 0.5, 1):
        _refuse(f'"outcome" of {where} must be 1, 0.5, 0 or null')
    source = fields.get("source", "import")
    if source not in _SOURCES:
        _refuse(f'"source" of {where} must be one of {", ".join(_SOURCES)}')
    question = fields.get("question_id")
    if question is not None:
        question = _text(question, f'"question_id" of {where}')
    outcome = None if outcome is None else float(outcome)
    return Comparison(prompt, first, second, outcome, source), question


def _text(value: object, what: str) -> str:
    if not isinstance(value, str):
        _refuse(f"{what} must be text")
    if len(value) > _MOST_TEXT:
        _refuse(f"{what} is too long")
    return value


def _lock(name: object, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        _refuse(f"the lock of {one_line(repr(name), 40)} must be a number")
    if not abs(value) <= _LARGEST_LOCK:  # put so that NaN is refused, too
        _refuse(
            f"the lock of {one_line(repr(name), 40)} must be between -{_LARGEST_LOCK:g} and {_LARGEST_LOCK:g}"
        )
    return float(value)


def _mapping(value: object, what: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        _refuse(f"{what} must be a JSON object")
    return value


def _refuse(why: str) -> NoReturn:
    raise ProfileFileError(f"The profile was not imported: {why}.")


def _new(
    comparisons: Iterable[tuple[Comparison, str | None]], known: set[object]
) -> Iterable[tuple[Comparison, str | None]]:
    """Yield those that are neither known nor yielded before."""
    seen = set(known)
    for comparison, question_id in comparisons:
        identity = _identity(comparison)
        if identity not in seen:
            seen.add(identity)
            yield comparison, question_id


def _identity(comparison: Comparison) -> object:
    """Two comparisons are the same when they say the same, in whichever order the responses were shown."""
    outcome = comparison.outcome
    sides = [(comparison.first, outcome), (comparison.second, None if outcome is None else 1.0 - outcome)]
    return comparison.prompt, tuple(sorted(sides, key=lambda side: side[0]))
