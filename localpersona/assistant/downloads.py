"""The download that runs beside everything else: begun, watched and ended by the front end, one at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from localpersona import paths
from localpersona.library.catalogue import Offer
from localpersona.library.download_errors import DownloadError, HostNotConfirmed, Stopped
from localpersona.library.stopping import Stop
from localpersona.library.wanted import Progress, Wanted

State = Literal["running", "asks", "done", "failed", "stopped"]

_CLOSING_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Download:
    """How a download stands."""

    offer: Offer
    hosts: tuple[str, ...]
    """Those that the user has confirmed."""
    state: State
    progress: Progress
    said: str = ""
    """One or two plain lines, when it failed or was stopped."""
    path: Path | None = None
    """The file, when it is done."""
    asks_for: str = ""
    """The host that has to be confirmed before it goes on."""


class Downloads:
    """Runs a download in a thread of its own, so that chatting goes on. Any thread may look and cancel."""

    def __init__(self) -> None:
        self.latest: Download | None = None
        """The one that runs, or ran last."""
        self._stop = Stop()
        self._thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        return self.latest is not None and self.latest.state == "running"

    def start(self, offer: Offer, hosts: tuple[str, ...], ended: Callable[[Download], None]) -> None:
        """Begin, from hosts that the user confirmed by name. Raises DownloadError while another one runs.

        ended: called from the thread when it is done, failed, was stopped, or asks about a further host.
        """
        if self.running:
            raise DownloadError("One download at a time: wait for the other one, or cancel it.")
        self.latest = Download(offer, hosts, "running", Progress("connecting", 0, offer.size_bytes))
        self._stop = Stop()
        self._thread = threading.Thread(
            target=self._run, args=(self.latest, self._stop, ended), name="download", daemon=True
        )
        self._thread.start()

    def cancel(self) -> None:
        """Stop the running one and remove what has arrived."""
        self._stop.ask(keep=False)

    def close(self) -> None:
        """Stop the running one; what has arrived is kept, and the next download goes on from there."""
        self._stop.ask(keep=True)
        if self._thread is not None:
            self._thread.join(_CLOSING_SECONDS)

    def _run(self, begun: Download, stop: Stop, ended: Callable[[Download], None]) -> None:
        from localpersona.library.download import download

        def tell(progress: Progress) -> None:
            self.latest = replace(begun, progress=progress)

        try:
            path = download(Wanted.offered(begun.offer, begun.hosts), paths.models(), tell, stop)
        except HostNotConfirmed as question:
            end = self._end(begun, "asks", str(question), asks_for=question.host)
        except Stopped as stopped:
            end = self._end(begun, "stopped", str(stopped))
        except OSError as error:
            end = self._end(begun, "failed", f"{error.strerror or error}: {error.filename or paths.models()}")
        except Exception as error:  # whatever it was, the user must hear of it
            end = self._end(begun, "failed", str(error) or type(error).__name__)
        else:
            end = self._end(begun, "done", path=path)
        self.latest = end
        ended(end)

    def _end(
        self, begun: Download, state: State, said: str = "", *, path: Path | None = None, asks_for: str = ""
    ) -> Download:
        progress = self.latest.progress if self.latest is not None else begun.progress
        return replace(begun, state=state, progress=progress, said=said, path=path, asks_for=asks_for)
