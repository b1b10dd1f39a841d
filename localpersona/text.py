"""Making untrusted text harmless: prompts, answers, file names and model metadata can carry terminal escapes."""

from __future__ import annotations

import re

# C0 without tab and newline, DEL, C1 (0x9b is a one-byte CSI on some terminals), and the characters that
# reorder text on screen ("Trojan Source", CVE-2021-42574). Lone surrogates cannot be written to UTF-8 at all.
_HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_PICTURES = {code: 0x2400 + code for code in range(0x20)} | {0x7F: 0x2421}


def harmless(text: str) -> str:
    """Return text that is safe on any terminal: control characters become visible pictures (␛ for escape).

    Tabs and newlines stay; carriage returns before a newline go. Idempotent. Stored text is never changed,
    only what is shown.
    """
    return _HARMFUL.sub(lambda found: chr(_PICTURES.get(ord(found[0]), 0xFFFD)), text.replace("\r\n", "\n"))


def one_line(text: str, limit: int = 80) -> str:
    """Return harmless text on one line of at most `limit` characters, cut with an ellipsis."""
    line = " ".join(harmless(text).split())
    return line if len(line) <= limit else line[: max(limit - 1, 0)].rstrip() + "…"
