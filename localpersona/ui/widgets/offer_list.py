"""The LLMs that can be downloaded, three lines each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from localpersona.library.amounts import size
from localpersona.library.shelf import Shelved
from localpersona.ui.widgets.model_list import FITS
from localpersona.ui.widgets.plain_list import PlainList


class OfferList(PlainList):
    """Shows what there is, what it costs and whether it fits; ✓ is here already."""

    BINDINGS: ClassVar = [Binding("enter", "select", "Download", id="catalogue.get")]

    class Picked(Message):
        """The user wants this one."""

        def __init__(self, shelved: Shelved) -> None:
            super().__init__()
            self.shelved = shelved

    def __init__(self) -> None:
        super().__init__()
        self._shelved: tuple[Shelved, ...] = ()

    @property
    def current(self) -> Shelved | None:
        return None if self.highlighted is None else self._shelved[self.highlighted]

    def show(self, shelved: Sequence[Shelved]) -> None:
        """List the offers. The highlight stays; at first it is on the largest one that fits."""
        before = self.highlighted
        self._shelved = tuple(shelved)
        self.set_options(Option(_described(one)) for one in shelved)
        fitting = [index for index, one in enumerate(shelved) if one.fits == "fits"]
        self.highlighted = before if before is not None else (fitting or [0])[-1]

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(self.Picked(self._shelved[event.option_index]))


def _described(shelved: Shelved) -> Content:
    offer = shelved.offer
    facts = [size(offer.size_bytes), f"{size(offer.parameters, '')} {offer.quantisation}", offer.licence]
    state = FITS[shelved.fits]
    if shelved.path is not None:
        state = "downloaded"
    elif shelved.arrived:
        state = f"{state} · {size(shelved.arrived)} of it are here"
    return Content.assemble(
        ("✓ " if shelved.path else "↓ ", "bold $primary" if shelved.path else "$foreground 70%"),
        (offer.title, "bold"),
        (f" · {state}", "$primary" if shelved.fits == "fits" else "$foreground 70%"),
        ("\n  " + " · ".join(facts), "$foreground 70%"),
        (f"\n  {offer.good_for}", "$foreground 70%"),
    )
