"""Which LLM answers: choose another one that is on this disk, or see the shortest way to a better one."""

from __future__ import annotations

import asyncio
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Footer, Input, Static

from localpersona import paths
from localpersona.library.discover import EMBEDDED
from localpersona.text import one_line
from localpersona.ui import copies
from localpersona.ui.screens.catalogue import CatalogueScreen
from localpersona.ui.screens.panel import PanelScreen
from localpersona.ui.screens.path_prompt import typed_path
from localpersona.ui.widgets.model_list import ModelList
from localpersona.ui.widgets.title_bar import TitleBar

if TYPE_CHECKING:
    from localpersona.library import ModelFile

_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


class ModelsScreen(PanelScreen[None]):
    """Lists the models found and loads the one chosen. One that fails leaves the former in use."""

    HELP = """\
## Models
**<Enter|models.use>** uses the highlighted model from now on; **<p|models.path>** types or pastes the path
of a GGUF file; **<r|models.again>** looks again. Files are used where they are and never changed. ● is the
one in use; ⚡ one with a faster copy, which `localpersona models optimise` makes and answers in its place.

The model that comes along is for trying out. Any GGUF chat model is better: **<c|models.catalogue>** shows some
that can be downloaded, or put one into the folder that is named on this screen. What Ollama, LM Studio, Jan
and GPT4All have downloaded is found by itself.
"""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "type_path", "Path", id="models.path"),
        Binding("r", "look_again", "Look again", id="models.again"),
        Binding("c", "catalogue", "Catalogue", id="models.catalogue"),
    ]

    DEFAULT_CSS = """
    ModelsScreen {
        #better { padding: 1 3 0 3; color: $foreground 80%; }
        ModelList { margin: 1 2; }
        #status { padding: 0 3; height: auto; max-height: 4; }
        #status.-failed { color: $error; text-style: bold; }
        #path { margin: 0 3; background: $surface; }
        #path:focus { background: $primary 18%; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._loading = ""
        self._began = 0.0

    def compose(self) -> ComposeResult:
        yield TitleBar("Models")
        yield Static(id="better", markup=False)
        yield ModelList()
        yield Static(id="status", markup=False)
        yield Input(id="path", placeholder="or the path of a GGUF file, then Enter", compact=True)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one(ModelList).focus()
        self.set_interval(0.1, self._count_seconds)
        self._say("Looking for models on this disk …")
        self.start(self._look())

    def action_look_again(self) -> None:
        self._say("Looking for models on this disk …")
        self.start(self._look())

    def action_catalogue(self) -> None:
        """Show what can be downloaded; a model chosen there is used."""
        self.app.push_screen(CatalogueScreen(), self._back)

    def _back(self, path: Path | None) -> None:
        if path is not None:
            self._use(str(path), one_line(path.name, 60))
        else:
            self.start(self._look())

    async def _look(self) -> None:
        models = await asyncio.to_thread(self.assistant.models)
        loaded = info.path if (info := self.assistant.engine.info) else ""
        in_use = await asyncio.to_thread(copies.original, loaded or self._wanted(models), _paths(models))
        self.query_one(ModelList).show(
            models, in_use, await asyncio.to_thread(copies.described, models, loaded)
        )
        self.query_one("#better", Static).update(self.stage.keys(_advice(models, in_use)))
        known = {str(model.path): model.name for model in models}
        self.query_one(TitleBar).remark = f"in use: {known.get(in_use) or one_line(Path(in_use).name, 40)}"
        if not self._loading:
            self._say("" if models else "No model was found on this disk.")

    def _wanted(self, models: list[ModelFile]) -> str:
        """Return the path of the model that will answer, while none is loaded."""
        return self.assistant.settings.model or next((str(m.path) for m in models if _comes_along(m)), "")

    def action_type_path(self) -> None:
        self.query_one("#path").focus()

    def action_leave(self) -> None:
        if self.query_one("#path").has_focus:
            self.query_one(ModelList).focus()
        else:
            self.dismiss()

    @on(ModelList.Picked)
    def use_picked(self, event: ModelList.Picked) -> None:
        self._use("" if _comes_along(event.model) else str(event.model.path), event.model.name)

    @on(Input.Submitted, "#path")
    def use_typed(self, event: Input.Submitted) -> None:
        path = typed_path(event.value)
        if path is not None:
            self._use(str(path), one_line(path.name, 60))

    def _use(self, path: str, name: str) -> None:
        if self._loading:
            self.tell(f"Still loading {self._loading}.")
            return
        self._loading, self._began = name, monotonic()
        self._count_seconds()
        self.start(self._load(path, name), lasting=True)

    async def _load(self, path: str, name: str) -> None:
        try:
            info = await asyncio.to_thread(self.assistant.use_model, path)
        except Exception as error:
            self._end(_failure(name, str(error)), failed=True)
        else:
            self._end(f"✓ {one_line(info.name, 60)} answers from now on: {one_line(info.placement, 60)}.")
            if self.is_attached:
                await self._look_keeping_status()

    async def _look_keeping_status(self) -> None:
        status = str(self.query_one("#status", Static).content)
        await self._look()
        self._say(status)
        self.query_one("#path", Input).clear()

    def _end(self, text: str, *, failed: bool = False) -> None:
        self._loading = ""
        if self.is_attached:
            self._say(text, failed=failed)
        else:
            self.app.notify(text, severity="error" if failed else "information", markup=False)

    def _count_seconds(self) -> None:
        if self._loading:
            seconds = monotonic() - self._began
            frame = _SPINNER[int(seconds * 10) % len(_SPINNER)]
            self._say(f"{frame} Loading {self._loading} … {seconds:.0f} s")

    def _say(self, text: str, *, failed: bool = False) -> None:
        status = self.query_one("#status", Static)
        status.update(text)
        status.set_class(failed, "-failed")
        status.display = bool(text)


def _paths(models: list[ModelFile]) -> list[Path]:
    return [model.path for model in models]


def _comes_along(model: ModelFile) -> bool:
    return model.source == EMBEDDED


def _failure(name: str, reason: str) -> str:
    """Say why a model could not be loaded, in the lines in which the reason came."""
    lines = [one_line(line, 300) for line in reason.splitlines()] or ["It could not be loaded."]
    lines[0] = f"✗ {lines[0]}" if name in lines[0] else f"✗ {name}: {lines[0]}"
    return "\n".join([*lines[:-1], f"{lines[-1]} The former model stays."])


def _advice(models: list[ModelFile], in_use: str) -> str:
    """Say what the model in use is good for, and the shortest way to a better one."""
    folder = one_line(str(paths.models()), 200)
    others = [model for model in models if not _comes_along(model)]
    if any(_comes_along(model) and str(model.path) == in_use for model in models):
        begin = "The model that comes along is tiny: for trying out. Expect simple and often wrong answers."
        if others:
            return f"{begin} Any other one that fits will do better; <c|models.catalogue> offers more."
        return (
            f"{begin} The shortest way to a better one: <c|models.catalogue>, the catalogue. Or put a GGUF chat "
            f"model into\n{folder}\nand press <r|models.again>. What Ollama, LM Studio, Jan or GPT4All downloaded "
            "is found by itself."
        )
    return f"Files are used where they are. More models go into {folder}"
