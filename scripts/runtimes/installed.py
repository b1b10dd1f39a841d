"""How many megabytes of packages a run time brings, read from what is installed."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def megabytes_beyond(packages: Iterable[str], own: Iterable[str]) -> float:
    """Return what packages and all that they require take, less what is required by own (both as in pip).

    What is not installed, because a platform does not need it, counts nothing.
    """
    needed = _closure(packages)
    present = _closure(own)
    return sum(_megabytes(found) for name, found in needed.items() if name not in present)


def own_requirements(project: Path) -> list[str]:
    """Return the run-time dependencies in a pyproject.toml."""
    dependencies: list[str] = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["dependencies"]
    return dependencies


def _closure(requirements: Iterable[str]) -> dict[str, Distribution]:
    """Return by name the installed distributions that requirements lead to, themselves included."""
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, str]] = set()
    todo = [(name, extra) for text in requirements for name, extra in _wanted(Requirement(text), "")]
    while todo:
        name, extra = todo.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            continue
        for text in found[name].requires or []:
            todo += _wanted(Requirement(text), extra)
    return found


def _wanted(requirement: Requirement, extra: str) -> list[tuple[str, str]]:
    """Return name and extra for each extra asked for, "" being the package without any; none if not for here."""
    if requirement.marker is not None and not requirement.marker.evaluate({"extra": extra}):
        return []
    name = canonicalize_name(requirement.name)
    return [(name, extra) for extra in ("", *requirement.extras)]


def _megabytes(found: Distribution) -> float:
    paths = (Path(str(file.locate())) for file in found.files or ())
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6
