"""Why this answer: in words, then trait by trait."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from localpersona.alignment.wording import pole
from localpersona.text import harmless
from localpersona.ui.keymap import keys_of
from localpersona.values import Explanation, TraitEffect

NOTICEABLE = 0.05
"""Effects smaller than this (log-odds) are not worth a line."""
MOST = 6
"""Lines: the strongest effects come first, the rest hardly mattered."""
_WIDTH = 12
_FULL_BAR = 1.5
"""The effect that fills the bar: it alone makes one answer preferred in 82 of 100 cases."""


class WhyScreen(ModalScreen[None]):
    """The explanation of one answer. Bars to the right speak for it, to the left against it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,w,enter", "dismiss", "Close", show=False),
        Binding("f3", "profile", "Profile", show=False, id="app.profile"),
    ]

    DEFAULT_CSS = """
    WhyScreen {
        align: center middle;
        & > VerticalScroll {
            width: 78; max-width: 96%; height: auto; max-height: 90%; padding: 1 2;
            background: $surface; border: round $primary 60%; border-title-color: $primary;
        }
        Static { height: auto; }
        .summary { margin-bottom: 1; }
        .head, .told, .keys { color: $text-muted; }
        .told { margin-top: 1; }
        .keys { margin-top: 1; }
    }
    """

    def __init__(self, explanation: Explanation) -> None:
        super().__init__()
        self._explanation = explanation

    def compose(self) -> ComposeResult:
        explanation = self._explanation
        effects = [e for e in explanation.effects if abs(e.against_runner_up) >= NOTICEABLE][:MOST]
        with VerticalScroll() as box:
            box.border_title = "Why this answer"
            yield Static(Content(harmless(explanation.summary)), classes="summary")
            if effects:
                yield Static(Content("Against the runner-up, this answer is"), classes="head")
                yield Static(Content("\n").join(_line(effect) for effect in effects))
            if explanation.instruction:
                yield Static(
                    Content(f"The model was told: “{harmless(explanation.instruction)}”"), classes="told"
                )
            yield Static(
                Content(keys_of(self).named("Esc closes · <F3|app.profile> shows your profile")),
                classes="keys",
            )

    def action_profile(self) -> None:
        self.dismiss()
        self.app.call_later(self.app.run_action, "go('profile')")


def _line(effect: TraitEffect) -> Content:
    """Return `shorter            ━━━━━━━  for it`."""
    # The chosen answer has more of what the weight asks for exactly when the effect is positive.
    direction = effect.weight if effect.against_runner_up > 0 else -effect.weight
    words = pole(effect.trait, direction).than
    length = max(1, round(min(abs(effect.against_runner_up) / _FULL_BAR, 1.0) * _WIDTH))
    bar = "━" * length
    if effect.against_runner_up > 0:
        return Content.assemble(words.ljust(26), (bar.ljust(_WIDTH + 2), "$primary"), "for it")
    return Content.assemble(words.ljust(26), (bar.ljust(_WIDTH + 2), "$error"), "against it")
