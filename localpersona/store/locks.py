"""The store's own name for the locks of `localpersona.locks`."""

from __future__ import annotations

from localpersona.locks import FileLock

__all__ = ["FileLock"]
