"""Copying, and saying how: through the desktop's own tool where there is one, else through the terminal."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.app import App

SECONDS = 2.0
"""A tool that takes longer (no display answers, say) counts as failed."""
TERMINAL = "through the terminal"
_TOOLS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("WAYLAND_DISPLAY", "wl-copy", ()),
    ("DISPLAY", "xclip", ("-selection", "clipboard")),
    ("DISPLAY", "xsel", ("--clipboard", "--input")),
    ("", "pbcopy", ()),
    ("", "clip.exe", ()),
)
"""The variable that says that its desktop is there ("": the tool itself says so), the tool, its arguments."""


def tools(environment: Mapping[str, str]) -> list[tuple[str, ...]]:
    """Return the commands that can copy here, best first. Over SSH none: they would copy on the far machine."""
    if environment.get("SSH_CONNECTION") or environment.get("SSH_TTY"):
        return []
    return [
        (path, *arguments)
        for variable, tool, arguments in _TOOLS
        if (not variable or environment.get(variable)) and (path := shutil.which(tool)) is not None
    ]


def copy(app: App[object], text: str) -> str:
    """Copy; return how, to be shown: a tool's name, or "through the terminal", of which nobody hears whether it
    worked. Blocks for a moment."""
    app.copy_to_clipboard(text)  # the terminal's way (OSC 52), and pasting inside the app
    for command in tools(os.environ):
        try:
            subprocess.run(
                command,
                input=text.encode("utf-8", "replace"),
                stdout=subprocess.DEVNULL,  # not a pipe: wl-copy and xclip stay behind and would hold it open
                stderr=subprocess.DEVNULL,
                timeout=SECONDS,
                check=True,
            )
        except (OSError, subprocess.SubprocessError):
            continue
        return "with " + Path(command[0]).name
    return TERMINAL


def remark(how: str) -> str:
    """Return what to add where nobody hears whether it worked."""
    if how != TERMINAL or sys.platform == "win32":
        return ""
    return " If it does not arrive, your terminal does not allow that (OSC 52)."
