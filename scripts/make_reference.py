"""Write localpersona/cli/REFERENCE.md from the commands' own --help: .venv/bin/python scripts/make_reference.py

The formats of exported files come from the docstrings of the modules that read them. A test fails while the file says
something else than the commands do.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import click

from localpersona.assistant import profile_file
from localpersona.cli import localpersona
from localpersona.transfer import chat_json

REFERENCE = Path(__file__).resolve().parents[1] / "localpersona" / "cli" / "REFERENCE.md"
HEAD = """# Every command, and the files that they exchange

What `localpersona COMMAND --help` prints, written by `scripts/make_reference.py`. `localpersona` stands for
`./scripts/run` in a clone. Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
"""


def reference() -> str:
    formats = [f"```text\n{(module.__doc__ or '').strip()}\n```\n" for module in (chat_json, profile_file)]
    return "\n".join([HEAD, *_sections("localpersona", localpersona, None), "# File formats\n", *formats])


def _sections(name: str, command: click.Command, parent: click.Context | None) -> Iterator[str]:
    settings = {**command.context_settings, "terminal_width": 100}
    context = command.context_class(command, info_name=name.split()[-1], parent=parent, **settings)
    yield f"## {name}\n\n```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            assert found is not None
            yield from _sections(f"{name} {child}", found, context)


if __name__ == "__main__":
    REFERENCE.write_text(reference(), encoding="utf-8")
    print(f"Written: {REFERENCE}")
