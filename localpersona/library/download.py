"""Download a model file: resumed after a cut, checked while it streams, visible only when it is whole and right.

Only hosts that the user confirmed by name are contacted. Not known here: whether the model is any good.
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from localpersona import paths
from localpersona.library.addresses import checked, file_name_of
from localpersona.library.amounts import size
from localpersona.library.download_errors import Cut, DownloadError, Stopped
from localpersona.library.gguf_bytes import GgufError
from localpersona.library.gguf_check import check
from localpersona.library.pace import Pace
from localpersona.library.part import Part
from localpersona.library.stopping import Stop
from localpersona.library.wanted import Doing, Patience, Progress, Wanted
from localpersona.locks import FileLock
from localpersona.text import one_line

if TYPE_CHECKING:
    from localpersona.library.fetching import Answer

_SPARE_BYTES = 200 << 20
"""Left free on the disk: chats go there, too."""
_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))  # Windows knows no quotas

Tell = Callable[[Progress], None]


def download(
    wanted: Wanted,
    folder: Path,
    tell: Tell = lambda _progress: None,
    stop: Stop | None = None,
    patience: Patience | None = None,
    free: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
) -> Path:
    """Return the path of the finished file in `folder`; blocks. Of a file that is there already, nothing is fetched.

    stop: ends it from another thread. free: how many bytes the folder's disk still takes.
    Raises HostNotConfirmed (ask the user, then call again), Stopped, DownloadError and OSError.
    """
    url = checked(wanted.url)
    target = paths.make_private(folder) / file_name_of(url)
    with _alone(target):
        if target.exists():
            return _there_already(target, wanted)
        return _Download(wanted, url, target, tell, stop or Stop(), patience or Patience(), free).run()


class _Download:
    def __init__(
        self,
        wanted: Wanted,
        url: str,
        target: Path,
        tell: Tell,
        stop: Stop,
        patience: Patience,
        free: Callable[[Path], int],
    ) -> None:
        from localpersona.library.fetching import Fetcher  # brings urllib3, which nothing else needs

        self._wanted, self._url, self._target = wanted, url, target
        self._tell, self._stop, self._patience, self._free = tell, stop, patience, free
        self._fetcher = Fetcher(
            wanted.hosts, stop, connect_seconds=patience.connect, stall_seconds=patience.stall
        )
        self._part = Part(target)
        self._total = wanted.size_bytes
        self._validator = ""
        self._pace = Pace()

    def run(self) -> Path:
        try:
            self._resume()
            self._fetch_all()
            self._check()
            self._part.publish()
        except OSError as error:
            if error.errno not in _FULL:
                raise
            raise DownloadError(f"The disk is full. {self._kept()} Make room first.") from error
        except _Halted:
            self._halt()
        finally:
            self._part.close()
            if self._part.size == 0:
                self._part.remove()
        return self._target

    def _resume(self) -> None:
        """Go on from what an earlier download left, if that is the beginning of this very file."""
        origin, wanted = self._part.origin(), self._wanted
        same = wanted.sha256 and origin.get("sha256") == wanted.sha256
        if not wanted.sha256 and origin.get("url") == self._url:
            self._validator = origin.get("validator", "")
        too_long = wanted.size_bytes is not None and self._part.size > wanted.size_bytes
        if not (same or self._validator) or too_long:
            self._part.restart()
        whole = self._part.size
        self._part.read_again(lambda done: self._say("checking", done, whole))

    def _fetch_all(self) -> None:
        tries, furthest = 0, self._part.size
        while self._total is None or self._part.size < self._total:
            self._look_up()
            self._say("connecting", self._part.size, self._total)
            try:
                self._fetch_rest()
            except Cut as cut:
                self._look_up()
                tries = 1 if self._part.size > furthest else tries + 1
                furthest = max(furthest, self._part.size)
                self._wait(cut, tries)

    def _fetch_rest(self) -> None:
        with self._fetcher.fetch(self._url, self._part.size, self._validator) as answer:
            if self._fits(answer):
                self._pace = Pace()
                for block in answer.blocks:
                    self._look_up()
                    self._add(block, answer.host)
                self._look_up()
                if answer.total is None and self._total is None:
                    self._total = self._part.size  # it ends where the host ends; the GGUF header knows better
                elif self._part.size < (self._total or 0):
                    raise Cut(f"the connection to {answer.host} was cut")

    def _fits(self, answer: Answer) -> bool:
        """Whether the answer's blocks go behind what is there; if not, the next request begins anew."""
        expected = self._wanted.size_bytes
        if answer.is_web_page:
            raise DownloadError(
                f"{answer.host} sends a web page in place of a model file.\nThe address may be wrong, or this "
                f"network wants you to log in first. {self._kept()}".rstrip()
            )
        if answer.status == 416 and answer.total == self._part.size > 0:
            self._total = answer.total
            return False
        if answer.status == 416 or answer.start not in (0, self._part.size):
            if self._part.size == 0:
                raise DownloadError(f"{answer.host} sends another part of the file than it was asked for.")
            self._part.restart()
            return False
        if expected is not None and answer.total not in (None, expected):
            raise DownloadError(
                f"{answer.host} offers a file of {answer.total:,} bytes in place of {expected:,}: it is another one, "
                "and was not downloaded."
            )
        if answer.start == 0:
            self._part.restart()
        self._total = expected if expected is not None else answer.total
        self._require_room()
        self._validator = "" if self._wanted.sha256 else answer.validator
        self._part.note(url=self._url, sha256=self._wanted.sha256, validator=self._validator)
        return True

    def _require_room(self) -> None:
        needed = (self._total or 0) - self._part.size + _SPARE_BYTES
        left = self._free(self._target.parent)
        if left < needed:
            raise DownloadError(
                f"Not enough room on the disk: it takes {size(needed)}, and {size(left)} are free in "
                f"{self._target.parent}. {self._kept()}".rstrip()
            )

    def _add(self, block: bytes, host: str) -> None:
        self._part.add(block)
        self._pace.arrived(len(block))
        if len(self._part.head) == 4 and self._part.head != b"GGUF":
            self._refuse(f"What {host} sends is no GGUF model file.")
        if self._total is not None and self._part.size > self._total:
            self._refuse(f"{host} sends more than the {self._total:,} bytes that the file should have.")
        self._say("downloading", self._part.size, self._total)

    def _check(self) -> None:
        """Refuse a file that is not what was asked for, or that llama.cpp should never see."""
        if self._wanted.sha256 and self._part.sha256 != self._wanted.sha256.lower():
            self._refuse("The file that arrived is not the one that was asked for: its SHA-256 is another.")
        try:
            check(self._part.path)
        except GgufError as error:
            self._refuse(f"The file arrived, but cannot be used. {error}.")
        self._tell(Progress("downloading", self._part.size, self._part.size))

    def _refuse(self, why: str) -> NoReturn:
        self._part.remove()
        raise DownloadError(f"{why} It was removed.")

    def _wait(self, cut: Cut, tries: int) -> None:
        patience = self._patience
        if tries >= patience.tries or cut.wait_seconds > patience.longest_asked:
            raise DownloadError(f"Given up: {cut}. {self._kept()}".rstrip()) from cut
        seconds = max(min(patience.first_wait * 2 ** (tries - 1), patience.longest_wait), cut.wait_seconds)
        self._tell(Progress("waiting", self._part.size, self._total, seconds_left=seconds, said=str(cut)))
        self._stop.wait(seconds)

    def _look_up(self) -> None:
        if self._stop.asked:
            raise _Halted

    def _halt(self) -> NoReturn:
        if self._stop.keep:
            raise Stopped(f"Stopped. {self._kept()}".rstrip())
        self._part.remove()
        raise Stopped("Cancelled. What had arrived was removed.")

    def _kept(self) -> str:
        if not self._part.size:
            return ""
        return (
            f"The {size(self._part.size)} that have arrived are kept: the next download goes on from there."
        )

    def _say(self, doing: Doing, done: int, total: int | None) -> None:
        if doing == "checking":
            self._look_up()
        left = self._pace.seconds_left(None if total is None else total - done)
        self._tell(Progress(doing, done, total, self._pace.bytes_per_second, left))


class _Halted(Exception):
    """The user has stopped it."""


def _there_already(target: Path, wanted: Wanted) -> Path:
    """Return a file that is the one wanted; raise DownloadError when it is, or may be, another."""
    if wanted.sha256:
        import hashlib

        with target.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() == wanted.sha256.lower():
                return target
    raise DownloadError(
        f"There is a file of that name already: {one_line(str(target), 200)}\n"
        "Rename or delete it to download this one."
    )


@contextmanager
def _alone(target: Path) -> Iterator[None]:
    """Keep others from downloading the same file at the same time, in this process or another."""
    lock = FileLock(target.with_name(f".{target.name}.lock"))
    if not lock.acquire():
        raise DownloadError(
            f"{one_line(target.name, 60)} is being downloaded already, maybe in another window."
        )
    try:
        yield
    finally:
        lock.release(remove=True)
