"""The user's own keys: a JSON file of binding ids, with a schema beside it that editors understand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from textual.binding import Binding
from textual.dom import DOMNode

from localpersona.paths import home, make_private, write_whole
from localpersona.text import one_line

LARGEST = 100_000
"""Bytes; a key map is a page of text."""
_KEY = r"^((ctrl|alt|shift|super)\+)*([a-z][a-z0-9_]*|[^\s,+])$"
_PACKAGES = ("localpersona.ui.screens", "localpersona.ui.screens.chat", "localpersona.ui.widgets")


def path() -> Path:
    """Return where the file is looked for."""
    return home() / "keys.json"


def load(file: Path) -> tuple[dict[str, str], list[str]]:
    """Return binding id → keys, and one line for each thing that was not used. Never raises."""
    try:
        with file.open("rb") as opened:
            data = json.loads(opened.read(LARGEST))
    except FileNotFoundError:
        return {}, []
    except (OSError, ValueError, RecursionError) as error:
        why = one_line(str(getattr(error, "strerror", "") or error), 120)
        return {}, [f"{file.name} cannot be read ({why}). The usual keys are used."]
    if not isinstance(data, Mapping):
        return {}, [f"{file.name} must hold one JSON object. The usual keys are used."]
    return _checked(data, file.name)


def _checked(data: Mapping[str, Any], name: str) -> tuple[dict[str, str], list[str]]:
    good: dict[str, str] = {}
    problems = []
    known = bindings()
    for key, value in data.items():
        if key == "$schema":
            continue
        if key not in known:
            problems.append(f"{name}: there is nothing called {one_line(key, 40)!r} that has a key.")
        elif not isinstance(value, str) or not all(re.match(_KEY, part) for part in value.split(",")):
            problems.append(f"{name}: {one_line(json.dumps(value), 40)} is no key for {key}. Like: ctrl+k")
        else:
            good[key] = value
    return good, problems


@cache
def bindings() -> dict[str, Binding]:
    """Return every binding that can be changed, by id. Imports all screens."""
    found: dict[str, Binding] = {}
    for binding in _bindings():
        if binding.id:
            found.setdefault(binding.id, binding)
    return dict(sorted(found.items()))


def _bindings() -> Iterator[Binding]:
    from localpersona.ui.keymap import GLOBAL

    yield from (binding for binding in GLOBAL if isinstance(binding, Binding))
    for package in _PACKAGES:
        for module in iter_modules(import_module(package).__path__, f"{package}."):
            for value in vars(import_module(module.name)).values():
                if isinstance(value, type) and issubclass(value, DOMNode) and value.__module__ == module.name:
                    yield from (
                        binding for binding in vars(value).get("BINDINGS", ()) if isinstance(binding, Binding)
                    )


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the file: every id with what it does and its usual key."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "LocalPersona key map",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "$schema": {"type": "string"},
            **{name: _property(binding) for name, binding in bindings().items()},
        },
    }


def _property(binding: Binding) -> dict[str, str]:
    several = rf"{_KEY[:-1]}(,{_KEY[1:-1]})*$"
    return {
        "type": "string",
        "description": binding.description or binding.action,
        "default": binding.key,
        "pattern": several,
    }


def write_files(file: Path) -> Path:
    """Write the schema, and an empty key map unless there is one; return the latter's path. Raises OSError."""
    make_private(file.parent)
    write_whole(file.with_name("keys.schema.json"), json.dumps(schema(), indent=2) + "\n")
    if not file.exists():
        write_whole(file, json.dumps({"$schema": "./keys.schema.json"}, indent=2) + "\n")
    return file
