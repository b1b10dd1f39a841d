"""The settings: one documented TOML file. What a person wrote into it (comments, order, other keys) stays."""

from __future__ import annotations

import errno
import math
import os
import secrets
import tomllib
from dataclasses import Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from localpersona.paths import home, make_private, write_whole
from localpersona.text import one_line

Value = str | bool | int | float
T = TypeVar("T", bound=Value)

_MOST_BYTES = 100_000  # a settings file is a page of text; of more, TOML can take minutes


class SettingsError(OSError):
    """The settings could not be saved. str(error) is one plain line."""


def _setting(
    default: T,
    doc: str,
    *,
    choices: tuple[str, ...] = (),
    low: float | None = None,
    high: float | None = None,
) -> T:
    metadata = {"doc": doc, "choices": choices, "minimum": low, "maximum": high}
    made: T = field(default=default, metadata=metadata)
    return made


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set. `FIELDS` has each one's documentation; the file has it as well."""

    profile: str = _setting("default", "Whose taste is used.")
    model: str = _setting("", "The model file (GGUF). Empty: the small one that comes with LocalPersona.")
    strength: str = _setting(
        "full",
        "How much answers follow your taste; off: the plain model.",
        choices=("off", "light", "medium", "full"),
    )
    instructions: bool = _setting(True, "Also tell the model in words what you like, after your question.")
    patience: str = _setting(
        "balanced",
        "How long an answer may take for the sake of your taste. fast: up to twice a plain one; best: seven times.",
        choices=("fast", "balanced", "best"),
    )
    candidates: int = _setting(
        0, "How many whole answers to choose from. 0: as your patience allows.", low=0, high=32
    )
    contrast: float = _setting(
        1.0,
        "Above 1: the words about your taste count for more than the model lets them, at twice the work.",
        low=1.0,
        high=4.0,
    )
    steering: bool = _setting(
        True,
        "Move the model towards your taste from within, once `localpersona models steer` was run for it.",
    )
    adapters: str = _setting(
        "",
        "LoRA files to mix in: file = scale; file = trait. A trait's weight in your taste is then the scale.",
    )
    context_length: int = _setting(
        4096,
        "How many tokens of conversation the model sees. More needs more memory.",
        low=256,
        high=1_048_576,
    )
    threads: int = _setting(
        0, "Processor threads for the model. 0: as many as there are cores.", low=0, high=512
    )
    gpu_layers: int = _setting(
        -1, "Layers of the model on the graphics card. -1: as many as fit; 0: none.", low=-1, high=1000
    )
    temperature: float = _setting(
        0.8, "How freely words are drawn. Near 0 all candidates become the same.", low=0.0, high=2.0
    )
    top_p: float = _setting(
        0.95, "Draw only from the likeliest words that make up this share.", low=0.05, high=1.0
    )
    min_p: float = _setting(
        0.05, "Never draw a word less likely than this share of the likeliest.", low=0.0, high=1.0
    )
    repetition_penalty: float = _setting(
        1.1, "Above 1: words of the last lines become less likely again.", low=0.5, high=2.0
    )
    max_tokens: int = _setting(512, "The longest answer, in tokens; it can be continued.", low=1, high=65_536)
    system_prompt: str = _setting(
        "You are a helpful assistant.", "What the model is told before every conversation. Empty: nothing."
    )
    theme: str = _setting("localpersona-dark", "The colours; the command palette shows the choices.")
    motion: bool = _setting(True, "Let bars and wheels move. Off: nothing moves by itself.")
    hints: bool = _setting(True, "Show five hints, one after the other, above the prompt.")
    offer_every: int = _setting(
        3,
        "Offer two answers to compare at most once in so many, and never twice in a row. 0: never.",
        low=0,
        high=100,
    )
    learn_from_kept: bool = _setting(
        False, "Also learn from the answer you go on with after answering again, and from your own edits."
    )
    store_chats: bool = _setting(True, "Keep chats. Off: they are gone when LocalPersona ends.")
    store_candidates: bool = _setting(
        True, "Keep the answers that were not chosen, so that they can be compared."
    )
    idle_unload_minutes: int = _setting(
        15, "Free the model's memory after so many minutes without a question. 0: never.", low=0, high=10_080
    )


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """What a settings screen needs to know of one setting."""

    name: str
    kind: type[str] | type[bool] | type[int] | type[float]
    default: Value
    doc: str
    choices: tuple[str, ...] = ()
    """The only values allowed; empty: any that the kind and the bounds allow."""
    minimum: float | None = None
    maximum: float | None = None

    def check(self, value: object) -> Value:
        """Return value in this setting's type; raises ValueError, one line, when it is not allowed."""
        if self.kind is float and type(value) is int:
            value = float(value)
        if type(value) is not self.kind:  # exactly: a bool is an int to isinstance
            raise ValueError(f"{self.name} must be {_KIND_NAMES[self.kind]}, not {one_line(repr(value), 40)}")
        if self.choices and value not in self.choices:
            raise ValueError(f"{self.name} must be one of {', '.join(self.choices)}")
        if isinstance(value, int | float) and not self._within(value):
            raise ValueError(f"{self.name} must be between {self.minimum} and {self.maximum}")
        if self.name == "profile" and not str(value).strip():
            raise ValueError("profile must be a name, not empty")
        return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value

    def _within(self, value: float) -> bool:
        low = -math.inf if self.minimum is None else self.minimum
        high = math.inf if self.maximum is None else self.maximum
        return low <= value <= high  # false for NaN as well


_KIND_NAMES = {str: "text", bool: "true or false", int: "a whole number", float: "a number"}


def _info(source: Field[Any]) -> FieldInfo:
    default: Any = source.default
    return FieldInfo(name=source.name, kind=type(default), default=default, **source.metadata)


FIELDS: tuple[FieldInfo, ...] = tuple(_info(source) for source in fields(Settings))
"""In the order of the file and of the settings screen."""
_BY_NAME = {info.name: info for info in FIELDS}


def replaced(settings: Settings, **changes: object) -> Settings:
    """Return settings with changes; raises ValueError, one line, for a name or value that is not allowed."""
    for name in changes:
        if name not in _BY_NAME:
            raise ValueError(f"There is no setting called {one_line(name, 40)!r}")
    checked: dict[str, Any] = {name: _BY_NAME[name].check(value) for name, value in changes.items()}
    return replace(settings, **checked)


def load(path: Path) -> tuple[Settings, list[str]]:
    """Return the settings in the file, and one line for each thing in it that was not used. Never raises.

    A missing file means the defaults; a value that is not allowed means that setting's default.
    """
    try:
        text = _read(path)
        content = tomllib.loads(text)
    except (FileNotFoundError, NotADirectoryError):
        return Settings(), []
    except (OSError, ValueError, RecursionError) as error:  # ValueError: not UTF-8, not TOML, too large
        return Settings(), [f"{path.name} cannot be read ({_why(error)}). The defaults are used."]
    good: dict[str, object] = {}
    problems = []
    for name, value in content.items():
        try:
            replaced(Settings(), **{name: value})
        except ValueError as error:
            problems.append(f"{path.name}: {error}. {_consequence(name)}")
        else:
            good[name] = value
    return replaced(Settings(), **good), problems


def _why(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return one_line(str(getattr(error, "strerror", "") or error), 120)


def _consequence(name: str) -> str:
    if name not in _BY_NAME:
        return "It is left as it is and not used."
    return f"{_BY_NAME[name].default!r} is used."


def _read(path: Path) -> str:
    if path.exists() and not path.is_file():  # to read a pipe would mean to wait for ever
        raise OSError(errno.EINVAL, "it is not a file")
    with path.open("rb") as file:
        content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise ValueError("it is larger than a settings file can be")
    return content.decode("utf-8-sig")


def save(settings: Settings, path: Path) -> None:
    """Write the settings; the file is either the old or the new one, never half of it. Raises SettingsError.

    Comments, order and unknown keys stay; settings that the file does not mention are added with their
    documentation. A file that cannot be understood is kept aside first.
    """
    target = Path(os.path.realpath(path))  # people keep such files elsewhere and link to them
    try:
        if not path.parent.exists() or path.parent == home():
            make_private(path.parent)  # somebody else's directory stays as it is
        write_whole(target, _rendered(settings, target))
    except OSError as error:
        raise SettingsError(f"The settings were not saved: {error.strerror or error}.") from error


def _rendered(settings: Settings, path: Path) -> str:
    try:
        text = _merged(settings, _read(path))
        if load_text(text) == settings:
            return text
    except FileNotFoundError:
        return _documented(settings, FIELDS)
    except (ValueError, RecursionError):
        pass
    # Not TOML, or TOML in which our names mean something else: somebody's work all the same.
    path.replace(path.with_name(f"{path.name}.unreadable-{secrets.token_hex(4)}"))
    return _documented(settings, FIELDS)


def load_text(text: str) -> Settings:
    """Return the settings in a TOML text; raises ValueError when there is anything wrong with one of them."""
    content = tomllib.loads(text)
    return replaced(Settings(), **{name: value for name, value in content.items() if name in _BY_NAME})


def _merged(settings: Settings, text: str) -> str:
    import tomlkit  # only to write: reading must be quick, and the standard library can do that
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(text)
        present = document.unwrap()
        for info in FIELDS:
            value = getattr(settings, info.name)
            if info.name in present and not _means(present[info.name], info, value):
                document[info.name] = _item(value)
        merged = tomlkit.dumps(document)
    except TOMLKitError as error:
        raise ValueError(str(error)) from error
    missing = _documented(settings, tuple(info for info in FIELDS if info.name not in present))
    if any(isinstance(value, dict | list) for value in present.values()):
        return f"{missing}\n{merged}"  # below a [table] header our keys would belong to that table
    return f"{merged.rstrip()}\n\n{missing}" if missing else merged


def _means(written: object, info: FieldInfo, value: Value) -> bool:
    """Whether what is written is the value already (0.5, .5 and 5e-1 are), so that it can stay as it is."""
    try:
        return info.check(written) == value
    except ValueError:
        return False


def _documented(settings: Settings, infos: tuple[FieldInfo, ...]) -> str:
    return "\n".join(_entry(info, getattr(settings, info.name)) for info in infos)


def _entry(info: FieldInfo, value: Value) -> str:
    import tomlkit

    allowed = ""
    if info.choices:
        allowed = f" ({', '.join(info.choices)})"
    elif info.minimum is not None:
        allowed = f" ({info.minimum} to {info.maximum})"
    document = tomlkit.document()
    document.add(tomlkit.comment(info.doc + allowed))
    document.add(info.name, _item(value))
    return tomlkit.dumps(document)


def _item(value: Value) -> Any:
    import tomlkit

    if isinstance(value, str):
        return tomlkit.string(value, multiline=_reads_better_on_lines(value))
    return tomlkit.item(value)


def _reads_better_on_lines(value: str) -> bool:
    """Whether to write a text on several lines: not what TOML would read back differently there."""
    plain = value.replace("\n", "").isprintable() and not set(value) & set('\\"')
    return plain and "\n" in value and not value.startswith("\n")
