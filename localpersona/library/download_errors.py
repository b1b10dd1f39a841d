"""How a download can end other than well. str(error): one or two plain lines for the user."""

from __future__ import annotations


class DownloadError(Exception):
    """It failed for a reason that trying again at once does not change."""


class HostNotConfirmed(DownloadError):
    """A host sends on to another one, which the user has not agreed to. It was not contacted."""

    def __init__(self, sender: str, host: str) -> None:
        super().__init__(
            f"{sender} sends on to {host}, which you have not agreed to contact. Nothing was sent to it."
        )
        self.host = host


class Stopped(DownloadError):
    """The user stopped it; str(error) says what became of the bytes that had arrived."""


class Cut(Exception):
    """The connection failed on the way: worth another try. str(error): a clause for a sentence."""

    def __init__(self, reason: str, wait_seconds: float = 0.0) -> None:
        """`wait_seconds`: how long the host asks to be left alone."""
        super().__init__(reason)
        self.wait_seconds = wait_seconds
