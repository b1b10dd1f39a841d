"""What the screens beside the chat have in common: the assistant, Escape to leave, errors in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.worker import Worker

from localpersona.ui.stage import Job, Stage

if TYPE_CHECKING:
    from localpersona.assistant import Assistant
    from localpersona.ui.home import Home
    from localpersona.ui.turn import Turn

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
        return cast("Home", self.app).assistant

    @property
    def turn(self) -> Turn:
        """Whose turn it is at the LLM."""
        return cast("Home", self.app).turn

    @property
    def stage(self) -> Stage:
        return Stage(self)

    def start(self, job: Job, *, lasting: bool = False) -> Worker[None]:
        """Run a job beside the screen; what goes wrong is told in one line.

        lasting: the job goes on when the screen is left, because it must reach the disk.
        """
        return self.stage.start(job, lasting=lasting)

    def tell(self, text: str) -> None:
        """Say something in passing. The text may be foreign."""
        self.stage.tell(text)

    def tell_error(self, error: Exception) -> None:
        """Say what went wrong, in the error's own words."""
        self.stage.tell_error(error)

    def action_leave(self) -> None:
        self.dismiss()
