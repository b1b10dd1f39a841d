"""The two themes: calm, warm greys with one quiet colour for what belongs to the user."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="localpersona-dark",
    dark=True,
    primary="#7fb8a8",
    secondary="#8aa4c8",
    accent="#d9b27c",
    warning="#d9b27c",
    error="#d98a86",
    success="#8fbf8a",
    foreground="#d9d7d2",
    background="#191a1b",
    surface="#212324",
    panel="#2a2c2e",
    variables={
        "footer-background": "#191a1b",
        "footer-key-foreground": "#7fb8a8",
        "footer-description-foreground": "#8d8f8f",
        "input-selection-background": "#7fb8a8 35%",
        "block-cursor-background": "#7fb8a8",
        "block-cursor-foreground": "#14201c",
        "scrollbar": "#34373a",
        "scrollbar-background": "#191a1b",
        "scrollbar-corner-color": "#191a1b",
        "scrollbar-hover": "#4a4e51",
        "scrollbar-active": "#7fb8a8",
    },
)

LIGHT = Theme(
    name="localpersona-light",
    dark=False,
    primary="#2b7263",
    secondary="#3f5f8f",
    accent="#8a5a12",
    warning="#8a5a12",
    error="#a83a34",
    success="#3b7a36",
    foreground="#2b2a27",
    background="#faf8f4",
    surface="#f1eee7",
    panel="#e7e3da",
    variables={
        "footer-background": "#faf8f4",
        "footer-key-foreground": "#2b7263",
        "footer-description-foreground": "#6f6c65",
        "input-selection-background": "#2b7263 25%",
        "block-cursor-background": "#2b7263",
        "block-cursor-foreground": "#ffffff",
        "scrollbar": "#d8d3c8",
        "scrollbar-background": "#faf8f4",
        "scrollbar-corner-color": "#faf8f4",
        "scrollbar-hover": "#bdb7aa",
        "scrollbar-active": "#2b7263",
    },
)

THEMES = (DARK, LIGHT)
DEFAULT = DARK.name
ANSI = ("ansi-dark", "ansi-light")
"""Textual's themes in the terminal's own sixteen colours."""
