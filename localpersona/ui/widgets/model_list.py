"""The LLM files found on this disk, two or three lines of facts each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from localpersona.library.amounts import size
from localpersona.text import one_line

if TYPE_CHECKING:
    from localpersona.library import ModelFile

FITS = {
    "fits": "fits into memory",
    "tight": "tight: other programs will slow down",
    "too large": "too large for the free memory",
}


class ModelList(OptionList):
    """Shows what can be chosen, with the facts that choosing needs; ● is in use."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Use", id="models.use"),
    ]

    DEFAULT_CSS = """
    ModelList {
        height: 1fr; border: none; padding: 0; background: transparent; scrollbar-size-vertical: 1;
        &:focus { border: none; background-tint: transparent; }
        & > .option-list--option { padding: 0 1; }
        & > .option-list--option-highlighted {
            background: $foreground 8%; color: $foreground; text-style: none;
        }
        &:focus > .option-list--option-highlighted {
            background: $primary 18%; color: $foreground; text-style: none;
        }
    }
    """

    class Picked(Message):
        """The user wants this model."""

        def __init__(self, model: ModelFile) -> None:
            super().__init__()
            self.model = model

    def __init__(self) -> None:
        super().__init__()
        self._models: tuple[ModelFile, ...] = ()

    def show(
        self, models: Sequence[ModelFile], in_use: str, copies: Mapping[Path, str] | None = None
    ) -> None:
        """List the models; `in_use` is the path of the one that answers. The highlight stays where it was.

        copies: of a model that has one, what its optimised copy brings.
        """
        before = self.highlighted
        self._models = tuple(models)
        copies = copies or {}
        self.set_options(
            Option(_described(model, str(model.path) == in_use, copies.get(model.path, "")))
            for model in models
        )
        used = next((i for i, model in enumerate(models) if str(model.path) == in_use), 0)
        self.highlighted = min(before if before is not None else used, len(models) - 1) if models else None

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(self.Picked(self._models[event.option_index]))


def _described(model: ModelFile, in_use: bool, copy: str) -> Content:
    header = model.header
    facts = [
        size(header.size_bytes),
        header.quantisation,
        f"{size(header.parameters, '')} parameters" if header.parameters else "",
        f"{header.context_length:,} tokens" if header.context_length else "",
    ]
    return Content.assemble(
        ("● " if in_use else "○ ", "bold $primary" if in_use else "$foreground 70%"),
        (one_line(model.name, 60), "bold"),
        (" · in use" if in_use else "", "$primary"),
        ("\n  " + " · ".join(one_line(fact, 40) for fact in facts if fact), "$foreground 70%"),
        (f"\n  {one_line(model.source, 40)} · {FITS[model.fits]}", "$foreground 70%"),
        (f"\n  {copy}" if copy else "", "$foreground 70%"),
    )
