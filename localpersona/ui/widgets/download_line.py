"""How far the download is: a bar, and what it is doing in words."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from localpersona.assistant.downloads import Download
from localpersona.library.amounts import size, time_left
from localpersona.text import one_line

_FIGURES = 46
"""Columns for "1.1 GB of 2.5 GB · 12 MB/s · 1 h 20 min left" and what stands around it."""


class DownloadLine(Widget):
    """Two lines about the download that runs or has just failed; hidden when there is nothing to say."""

    DEFAULT_CSS = """
    DownloadLine {
        height: auto; padding: 0 2; color: $foreground 80%;
        &.-failed { color: $error; text-style: bold; }
    }
    """

    download: reactive[Download | None] = reactive(None, layout=True)

    def watch_download(self, download: Download | None) -> None:
        self.display = download is not None and download.state != "done"
        self.set_class(download is not None and download.state == "failed", "-failed")

    def render(self) -> Content:
        return Content("" if self.download is None else said(self.download, self.size.width))


def said(download: Download, width: int) -> str:
    """Return what there is to say about a download, in one to three lines of so many columns."""
    if download.state != "running":
        mark = "✗ " if download.state == "failed" else ""
        lines = [one_line(line, 300) for line in download.said.splitlines()]
        return f"{mark}{download.offer.title}: " + "\n".join(lines)
    progress = download.progress
    share = min(progress.done / (progress.total or download.offer.size_bytes), 1.0)
    length = min(max(width - _FIGURES, 8), 40)
    bar = "━" * round(share * length) + "─" * (length - round(share * length))
    return f"↓ {download.offer.title} · {100 * share:.0f} %\n{bar} {_doing(download)}"


def _doing(download: Download) -> str:
    progress = download.progress
    match progress.doing:
        case "connecting":
            return "connecting …"
        case "checking":
            return "checking what is here already …"
        case "waiting":
            return f"{one_line(progress.said, 60)}; trying again in {time_left(progress.seconds_left or 0)}"
    speed = f"{size(int(progress.bytes_per_second))}/s" if progress.bytes_per_second else ""
    left = f"{time_left(progress.seconds_left)} left" if progress.seconds_left is not None else ""
    parts = [f"{size(progress.done)} of {size(progress.total or 0)}", speed, left]
    return " · ".join(part for part in parts if part)
