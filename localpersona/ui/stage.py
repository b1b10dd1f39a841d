"""What the parts of a screen need from it: jobs run beside it, words in passing, other screens on top."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from textual.css.query import NoMatches
from textual.screen import Screen
from textual.worker import Worker

from localpersona.text import harmless
from localpersona.ui.keymap import keys_of

Result = TypeVar("Result")
Job = Coroutine[object, object, object]


class Stage:
    """Runs jobs beside a screen; what goes wrong in one is told in one line, and the app goes on."""

    def __init__(self, screen: Screen[Any]) -> None:
        self._screen = screen

    def start(
        self, job: Job, group: str = "default", *, only: bool = False, lasting: bool = False
    ) -> Worker[None]:
        """Run a job beside the screen. The assistant blocks: call it in a thread.

        only: ends the group's last job. lasting: the job goes on when the screen is left, because it must reach
        the disk.
        """
        node = self._screen.app if lasting else self._screen
        return node.run_worker(self.guarded(job), group=group, exclusive=only, exit_on_error=False)

    async def guarded(self, job: Job) -> None:
        """Do a job here and now; tell in one line what goes wrong: a handler that raises ends the app."""
        try:
            await job
        except NoMatches as error:
            if self._screen.is_attached:  # otherwise it was left meanwhile: there is nothing to show it on
                self.tell_error(error)
        except Exception as error:  # whatever it was, the user must hear of it and be able to go on
            self.tell_error(error)

    def keys(self, text: str) -> str:
        """Return one of our own texts with the keys that it mentions as the user has them (see `keymap`)."""
        return keys_of(self._screen).named(text)

    def tell(self, text: str) -> None:
        """Say something in passing. The text may be foreign."""
        self._screen.app.notify(harmless(text), markup=False)

    def tell_error(self, error: Exception) -> None:
        """Say what went wrong, in the error's own words."""
        text = str(error) or type(error).__name__
        if isinstance(error, OSError) and error.strerror and error.filename:
            text = f"{error.filename}: {error.strerror}"
        self._screen.app.notify(harmless(text), severity="error", timeout=8, markup=False)

    @property
    def is_on_top(self) -> bool:
        """Whether no other screen covers this one."""
        return self._screen.is_current

    def hush(self) -> None:
        """Take back what was said in passing."""
        self._screen.app.clear_notifications()

    def show(self, screen: Screen[Result], take: Callable[[Result | None], None] | None = None) -> None:
        """Put another screen on top; `take` gets what it is left with."""
        self._screen.app.push_screen(screen, take)

    async def ask(self, screen: Screen[Result]) -> Result:
        """Put another screen on top; return what it is left with. Only in a job."""
        return await self._screen.app.push_screen_wait(screen)
