"""What the screens beside the chat have in common: the assistant, Escape to leave, errors in one line."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

from textual.binding import Binding, BindingType
from textual.css.query import NoMatches
from textual.screen import Screen
from textual.worker import Worker

from localpersona.text import harmless

if TYPE_CHECKING:
    from localpersona.assistant import Assistant
    from localpersona.ui.app import LocalPersonaApp

Result = TypeVar("Result")


class PanelScreen(Screen[Result]):
    """A screen that covers the chat until it is left.

    The assistant blocks, so every call of it goes through `asyncio.to_thread` in a coroutine given to `start`.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", id="panel.back"),
    ]

    @staticmethod
    def scrolling(part: str) -> list[BindingType]:
        """Keys that scroll a part of the screen that doesn't take the focus itself."""
        return [
            Binding(key, f"scroll_part({part!r}, {by})", show=False)
            for key, by in (("pageup", -1), ("pagedown", 1), ("ctrl+home", -9), ("ctrl+end", 9))
        ]

    def action_scroll_part(self, part: str, by: int) -> None:
        """Scroll by pages; 9 is as far as it goes."""
        body = self.query_one(part)
        if abs(by) == 9:
            body.scroll_to(y=0 if by < 0 else body.max_scroll_y, animate=False)
        else:
            body.scroll_relative(y=by * max(body.size.height - 2, 1), animate=False)

    @property
    def assistant(self) -> Assistant:
        return cast("LocalPersonaApp", self.app).assistant

    def start(self, job: Coroutine[object, object, None], *, lasting: bool = False) -> Worker[None]:
        """Run a job beside the screen; what goes wrong is told in one line.

        lasting: the job goes on when the screen is left, because it must reach the disk.
        """
        node = self.app if lasting else self
        return node.run_worker(self._guarded(job), exit_on_error=False)

    def tell(self, text: str) -> None:
        """Say something in passing. The text may be foreign."""
        self.app.notify(harmless(text), markup=False)

    def tell_error(self, error: Exception) -> None:
        """Say what went wrong, in the error's own words."""
        text = str(error) or type(error).__name__
        if isinstance(error, OSError) and error.strerror and error.filename:
            text = f"{error.filename}: {error.strerror}"
        self.app.notify(harmless(text), severity="error", timeout=8, markup=False)

    def action_leave(self) -> None:
        self.dismiss()

    async def _guarded(self, job: Coroutine[object, object, None]) -> None:
        try:
            await job
        except NoMatches as error:
            if (
                self.is_attached
            ):  # otherwise the screen was left meanwhile, and there is nothing to show it on
                self.tell_error(error)
        except Exception as error:  # whatever it was, the user must hear of it and be able to go on
            self.tell_error(error)
