"""Which LLMs can be had: choose one, agree to the hosts by name, and watch it come while the chat goes on."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from localpersona import paths
from localpersona.library.addresses import listed_hosts
from localpersona.library.amounts import size
from localpersona.library.part import remove_part
from localpersona.library.shelf import Shelved, free_bytes, shelf
from localpersona.ui.keymap import keys_of
from localpersona.ui.screens.confirm import ConfirmScreen
from localpersona.ui.screens.panel import PanelScreen
from localpersona.ui.widgets.download_line import DownloadLine
from localpersona.ui.widgets.key_line import KeyLine
from localpersona.ui.widgets.offer_list import OfferList
from localpersona.ui.widgets.title_bar import TitleBar

if TYPE_CHECKING:
    from localpersona.assistant.downloads import Download
    from localpersona.library.catalogue import Offer


class CatalogueScreen(PanelScreen[Path | None]):
    """Lists the offers and downloads one at a time. Dismisses with a file that is to be used, or None."""

    HELP = """\
## Catalogue
A few models that are worth having. **<Enter|catalogue.get>** downloads the highlighted one, after it has named
the hosts that will be contacted; nothing is contacted before. You can leave this screen and chat meanwhile. A
download that was cut goes on where it was; **<x|catalogue.cancel>** cancels it and removes what has arrived.

Files go into your models folder and are yours to delete. Sizes and SHA-256 of the catalogue were taken from
public records; a file that arrives with another one is refused.
"""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "cancel", "Cancel", id="catalogue.cancel"),
    ]

    DEFAULT_CSS = """
    CatalogueScreen {
        #about { padding: 1 3 0 3; color: $foreground 80%; }
        OfferList { margin: 1 0; }
    }
    """

    LOOK_SECONDS: ClassVar[float] = 0.25
    """How often progress is shown anew."""

    def __init__(self) -> None:
        super().__init__()
        self._cancellable = False
        """Whether the keys shown say that there is something to cancel."""

    def compose(self) -> ComposeResult:
        yield TitleBar("Catalogue")
        yield Static(_ABOUT, id="about", markup=False)
        yield OfferList()
        yield DownloadLine()
        yield KeyLine()

    def on_mount(self) -> None:
        self.query_one(OfferList).focus()
        self.set_interval(self.LOOK_SECONDS, self._show_progress)
        self.start(self._look())
        latest = self.assistant.downloads.latest
        if latest is not None and latest.state == "asks":
            self.start(self._ask_about_host(latest))

    async def _look(self) -> None:
        context_length = self.assistant.settings.context_length
        shelved, free = await asyncio.to_thread(lambda: (shelf(context_length), free_bytes()))
        self.query_one(OfferList).show(shelved)
        self.query_one(TitleBar).remark = f"{size(free)} free on the disk"
        self._show_progress()

    def _show_progress(self) -> None:
        self.query_one(DownloadLine).download = self.assistant.downloads.latest
        if self._can_cancel() != self._cancellable:
            self._cancellable = not self._cancellable
            self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "cancel" or self._can_cancel()

    def _can_cancel(self) -> bool:
        shelved = self.query_one(OfferList).current if self.query(OfferList) else None
        return self.assistant.downloads.running or (shelved is not None and shelved.arrived > 0)

    @on(OfferList.Picked)
    def take(self, event: OfferList.Picked) -> None:
        shelved, downloads = event.shelved, self.assistant.downloads
        if shelved.path is not None:
            self.start(self._offer_use(shelved.offer, shelved.path))
        elif downloads.running:
            self.tell(
                self.stage.keys("One download at a time: wait, or cancel it with <x|catalogue.cancel>.")
            )
        else:
            self.start(self._confirm(shelved))

    async def _confirm(self, shelved: Shelved) -> None:
        free = await asyncio.to_thread(free_bytes)
        offer = shelved.offer
        question = f"Download {offer.title} from {listed_hosts(offer.hosts)}?"
        screen = ConfirmScreen(question, _terms(shelved, free), yes="Download", no="Leave it")
        if await self.app.push_screen_wait(screen):
            self._begin(offer, offer.hosts)

    def _begin(self, offer: Offer, hosts: tuple[str, ...]) -> None:
        try:
            self.assistant.downloads.start(offer, hosts, partial(_ended, self.app))
        except Exception as error:  # another one may have begun meanwhile
            self.tell_error(error)
        self._show_progress()

    def ended(self, download: Download) -> None:
        """Go on after a download: use it, answer its question, or let it be."""
        self.start(self._look())
        if download.state == "done" and download.path is not None:
            self.start(self._offer_use(download.offer, download.path))
        elif download.state == "asks":
            self.start(self._ask_about_host(download))

    async def _offer_use(self, offer: Offer, path: Path) -> None:
        question = f"{offer.title} is here. Use it from now on?"
        if await self.app.push_screen_wait(ConfirmScreen(question, yes="Use it", no="Later")):
            self.dismiss(path)

    async def _ask_about_host(self, download: Download) -> None:
        host, hosts = download.asks_for, (*download.hosts, download.asks_for)
        screen = ConfirmScreen(
            f"Go on to {host}?",
            f"{download.said}\nThat is not one of the hosts that the catalogue names for {download.offer.title}. "
            "Whatever it sends is checked all the same.",
            yes="Go on",
            no="No",
        )
        if await self.app.push_screen_wait(screen):
            self._begin(download.offer, hosts)

    def action_cancel(self) -> None:
        """Cancel what is running; else remove what an unfinished download of the highlighted model left."""
        if self.assistant.downloads.running:
            self.assistant.downloads.cancel()
            self.tell("Cancelling …")  # which takes a while if a host is just being looked for
            return
        shelved = self.query_one(OfferList).current
        if shelved is not None and shelved.arrived:
            self.start(self._remove(shelved))

    async def _remove(self, shelved: Shelved) -> None:
        await asyncio.to_thread(remove_part, paths.models() / shelved.offer.file_name)
        self.tell(f"The {size(shelved.arrived)} of {shelved.offer.title} are deleted.")
        await self._look()


def _ended(app: App[object], download: Download) -> None:
    """Tell the app, from the download's thread, wherever the user is by now."""
    app.call_later(_tell_end, app, download)


def _tell_end(app: App[object], download: Download) -> None:
    if isinstance(app.screen, CatalogueScreen):
        app.screen.ended(download)
        return
    title, keys = download.offer.title, keys_of(app.screen)
    match download.state:
        case "done":
            said = keys.named("<F4|app.models> shows it among your models.")
            app.notify(f"{title} is here. {said}", timeout=15, markup=False)
        case "asks":
            said = keys.named("<F4|app.models>, then <c|models.catalogue>.")
            app.notify(f"The download of {title} waits for an answer: {said}", timeout=15, markup=False)
        case "failed":
            app.notify(f"{title}: {download.said}", severity="error", timeout=15, markup=False)


def _terms(shelved: Shelved, free: int) -> str:
    """Return all that a person wants to know before agreeing."""
    offer = shelved.offer
    missing = offer.size_bytes - shelved.arrived
    rest = f" ({size(missing)} of it are still missing)" if shelved.arrived else ""
    memory = {
        "fits": "It fits into memory.",
        "tight": "It is tight for the memory that is free now: other programs will slow down.",
        "too large": "It is too large for the memory that is free now, and would hardly run.",
    }
    return (
        f"{size(offer.size_bytes)}{rest}; {size(free)} are free on the disk. {memory[shelved.fits]}\n"
        f"Licence: {offer.licence} ({offer.licence_url})\n"
        "These hosts learn your network address and which file you fetch. Nothing else is contacted."
    )


_ABOUT = (
    "Reading this list contacts nobody. What arrives is checked against the size and SHA-256 that public records "
    "give."
)
