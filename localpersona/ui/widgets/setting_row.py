"""One setting: its name, the control that fits its kind, its documentation, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static, TextArea

from localpersona.settings import FieldInfo, Value
from localpersona.text import harmless
from localpersona.ui.widgets.segments import Segments

_ON, _OFF = "on", "off"
_LABELS = {"gpu_layers": "GPU layers", "top_p": "Top-p", "min_p": "Min-p"}
_LARGER_THAN_A_LINE = {"system_prompt"}


class SettingRow(Widget):
    """Edits one field of the settings. Posts `Changed` for a new, allowed value, and nothing else ever.

    Choices count at once; what is typed counts with Enter or when the focus leaves. An emptied number is the
    default. What is not allowed says why, in place of the documentation, and is not posted.
    """

    DEFAULT_CSS = """
    SettingRow {
        height: auto; layout: vertical; margin-bottom: 1; padding: 0 1;
        .line { height: auto; }
        .label { width: 22; }
        Input { width: 1fr; max-width: 44; }
        &.-number Input { width: 14; }
        TextArea { width: 1fr; height: 3; padding: 0 1; background: $surface; border: none; }
        TextArea:focus, Input:focus { background: $primary 18%; }
        .doc { color: $foreground 70%; padding-left: 22; height: auto; }
        &.-invalid .doc { color: $error; text-style: bold; }
        &.-narrow {
            .line { layout: vertical; }
            .doc { padding-left: 0; }
        }
        &.-wide {
            layout: horizontal;
            .line { width: 68; }
            .doc { width: 1fr; padding-left: 2; }
        }
    }
    """

    WIDE_FROM: ClassVar[int] = 104
    """Columns from which the documentation stands beside the control."""
    NARROW_BELOW: ClassVar[int] = 68
    """Columns under which the name stands above the control."""

    class Changed(Message):
        """The user set another value; it is of the field's type and allowed."""

        def __init__(self, row: SettingRow, value: Value) -> None:
            super().__init__()
            self.row = row
            self.value = value

        @property
        def control(self) -> SettingRow:
            return self.row

    def __init__(self, info: FieldInfo, value: Value, choices: Sequence[str] = (), remark: str = "") -> None:
        """choices: for a field that has none itself; remark: added to the documentation."""
        super().__init__(id=f"setting-{info.name}")
        self.info = info
        self.value = value
        self._choices = (_ON, _OFF) if info.kind is bool else tuple(choices or info.choices)
        self.set_class(info.kind in (int, float), "-number")
        self._doc = f"{info.doc} {remark}".strip()

    def compose(self) -> ComposeResult:
        with Horizontal(classes="line"):
            yield Static(self.label, classes="label", markup=False)
            yield self._control()
        yield Static(self._doc, classes="doc", markup=False)

    @property
    def label(self) -> str:
        return _LABELS.get(self.info.name, self.info.name.replace("_", " ").capitalize())

    @property
    def problem(self) -> str:
        """What is wrong with what is typed, in one line; "" when it is allowed."""
        control = self.query_one(".control")
        return "" if isinstance(control, Segments) else self._problem(_text(control))

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width >= self.WIDE_FROM, "-wide")
        self.set_class(event.size.width < self.NARROW_BELOW, "-narrow")

    def show(self, value: Value) -> None:
        """Show a value that is stored already."""
        self.value = value
        self._complain("")
        control = self.query_one(".control")
        if isinstance(control, Segments | Input):
            control.value = self._written()
        elif isinstance(control, TextArea):
            control.text = self._written()

    def commit(self) -> None:
        """Take what is typed, as Enter does."""
        value = self.take_typed()
        if value is not None:
            self.post_message(self.Changed(self, value))

    def take_typed(self) -> Value | None:
        """Return what is typed, if it is new and allowed; it counts as taken then. Posts nothing."""
        control = self.query_one(".control")
        if isinstance(control, Segments) or self._problem(text := _text(control)):
            return None
        former, self.value = self.value, self._parse(text)
        if isinstance(control, Input):
            control.value = self._written()  # an emptied number shows its default, " 8 " is 8
        return self.value if self.value != former else None

    def _control(self) -> Widget:
        control: Widget
        if self._choices:
            control = Segments(self._choices, self._written())
        elif self.info.name in _LARGER_THAN_A_LINE:
            control = Lines(self._written(), tab_behavior="focus", compact=True)
        else:
            control = Input(self._written(), compact=True)
        control.add_class("control")
        return control

    def _written(self) -> str:
        if self.info.kind is bool:
            return _ON if self.value else _OFF
        return harmless(str(self.value))

    def on_segments_changed(self, event: Segments.Changed) -> None:
        event.stop()
        self.value = event.value == _ON if self.info.kind is bool else event.value
        self.post_message(self.Changed(self, self.value))

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._complain(self._problem(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.commit()

    def on_descendant_blur(self) -> None:
        self.commit()

    def _problem(self, text: str) -> str:
        try:
            self._parse(text)
        except ValueError as error:
            return str(error).replace(self.info.name, self.label, 1)
        return ""

    def _parse(self, text: str) -> Value:
        """Return the value that the text stands for; raises ValueError with one line."""
        if text == self._written():  # unchanged, even if showing it had to make it harmless
            return self.value
        if self.info.kind is str:
            return self.info.check(text)
        if not text.strip():
            return self.info.default
        return self.info.check(_number(text))

    def _complain(self, problem: str) -> None:
        self.set_class(bool(problem), "-invalid")
        self.query_one(".doc", Static).update(f"✗ {harmless(problem)}" if problem else self._doc)


class Lines(TextArea):
    """Text of several lines that the arrows leave at its ends, as they leave every other control."""

    def action_cursor_up(self, select: bool = False) -> None:
        if self.cursor_at_first_line and not select:
            self.screen.focus_previous()
        else:
            super().action_cursor_up(select)

    def action_cursor_down(self, select: bool = False) -> None:
        if self.cursor_at_last_line and not select:
            self.screen.focus_next()
        else:
            super().action_cursor_down(select)


def _text(control: Widget) -> str:
    return control.value if isinstance(control, Input) else str(getattr(control, "text", ""))


def _number(text: str) -> int | float | str:
    """Return the number that is written; the text itself, which no number field allows, when none is."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
