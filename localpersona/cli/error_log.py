"""What nobody foresaw goes to a file, whole; the user gets two lines."""

from __future__ import annotations

import contextlib
import logging
import os

from localpersona import paths
from localpersona.text import one_line

_MOST_BYTES = 1_000_000


class ErrorLog(logging.Handler):
    """Appends to the error log, which begins with the first error; it is private, as all that we keep."""

    def emit(self, record: logging.LogRecord) -> None:
        with contextlib.suppress(OSError):
            path = paths.error_log()
            paths.make_private(path.parent)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
                if path.stat().st_size > _MOST_BYTES:
                    file.truncate(0)
                file.write(self.format(record) + "\n")


def listen() -> None:
    """Send errors of the app to the file: on the terminal they would be shown through the screen."""
    logger = logging.getLogger("localpersona")
    if not any(isinstance(handler, ErrorLog) for handler in logger.handlers):
        handler = ErrorLog(logging.ERROR)
        handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(message)s"))
        logger.addHandler(handler)


def report(error: Exception) -> str:
    """Write an unforeseen error down; return what to tell the user."""
    listen()
    logging.getLogger("localpersona").error("unforeseen", exc_info=error)
    return (
        f"Something went wrong that should not have: {type(error).__name__}: {one_line(str(error), 120)}\n"
        f"Details are in {one_line(str(paths.error_log()), 200)}. Nothing that was stored is lost."
    )
