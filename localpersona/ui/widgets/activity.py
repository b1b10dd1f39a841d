"""One line that says what is going on while no text can be shown yet, and for how long."""

from __future__ import annotations

from time import monotonic

from textual.reactive import reactive
from textual.timer import Timer
from textual.widgets import Static


class Activity(Static):
    """`◐ choosing among 8 answers · 214 tokens · 3 s`; hidden while there is nothing to say."""

    DEFAULT_CSS = """
    Activity {
        height: 1; color: $text-muted; display: none; text-wrap: nowrap; text-overflow: ellipsis;
    }
    Activity.-on { display: block; }
    """

    WHEEL = "◐◓◑◒"

    what: reactive[str] = reactive("")
    """What is going on; "" hides the line and stops its clock."""

    def __init__(self) -> None:
        super().__init__(markup=False)
        self.started = monotonic()
        self._timer: Timer | None = None

    def watch_what(self, what: str) -> None:
        self.set_class(bool(what), "-on")
        if what and self._timer is None:
            self._timer = self.set_interval(0.5, self._tick)
        elif not what and self._timer is not None:
            self._timer.stop()
            self._timer = None
        self._tick()

    def _tick(self) -> None:
        if not self.what:
            return
        seconds = int(monotonic() - self.started)
        turned = int((monotonic() - self.started) * 2) if self.app.animation_level != "none" else 0
        wheel = self.WHEEL[turned % len(self.WHEEL)]
        # Always one line, so nothing else moves: laying out a long chat many times a second would hold up the keys.
        self.update(f"{wheel} {self.what}" + (f" · {seconds} s" if seconds >= 1 else ""), layout=False)
