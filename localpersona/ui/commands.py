"""Everything the chat can be told to do, once: for the palette, for slash commands and for the help."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

if TYPE_CHECKING:
    from localpersona.ui.app import LocalPersonaApp
    from localpersona.ui.screens.chat import ChatScreen


@dataclass(frozen=True, slots=True)
class Command:
    """One thing to do."""

    name: str
    """What is typed after the slash."""
    title: str
    """What the palette calls it."""
    help: str
    action: str
    """A Textual action; `screen.` is the chat."""
    key: str = ""
    """The key that does the same, for the help."""
    argument: str = ""
    """What may be typed after it, as the help shows it; "" when nothing may."""

    @property
    def usage(self) -> str:
        return f"/{self.name} {self.argument}".rstrip()

    def call(self, argument: str = "") -> str:
        """Return the action as a string that Textual parses."""
        return f"{self.action}({argument!r})" if self.argument else self.action


COMMANDS: tuple[Command, ...] = (
    Command("new", "New chat", "begin a new chat", "screen.new_chat", "ctrl+n"),
    Command("compare", "Compare two candidates", "choose between two candidates", "screen.compare", "c"),
    Command("why", "Why this answer?", "show why this answer was chosen", "screen.why", "w"),
    Command("regenerate", "Answer again", "answer again; the former answer stays", "screen.regenerate", "r"),
    Command("continue", "Continue the answer", "go on where it was cut off", "screen.continue", "n"),
    Command("edit", "Edit the last prompt", "ask differently; the former prompt stays", "screen.edit", "e"),
    Command("reword", "Edit the answer", "keep your own wording; the former stays", "screen.edit_answer", "E"),
    Command("copy", "Copy the answer", "copy it, or its next code block", "screen.copy", "y", "[code]"),
    Command("stop", "Stop the answer", "stop and keep what there is", "screen.stop", "escape"),
    Command("undo", "Undo the last choice", "take the last choice back", "screen.undo_comparison", "u"),
    Command("offers", "Offer comparisons or not", "stop offering comparisons; or begin again",
            "screen.toggle_offers", "o"),
    Command("strength", "Strength of your taste", "how much answers follow it",
            "screen.strength", "", "off…full"),
    Command("onboard", "Teach your taste", "some “this or that?” questions", "app.go('onboarding')", "f2"),
    Command("profile", "Your profile", "see and change what was learned", "app.go('profile')", "f3"),
    Command("models", "Models", "which model answers, and others on this disk", "app.go('models')", "f4"),
    Command("settings", "Settings", "everything that can be set", "app.go('settings')", "f5"),
    Command("chats", "Chats", "show or hide the list of chats", "screen.toggle_chats", "ctrl+b"),
    Command("search", "Search chats", "search all chats", "screen.search_chats", "ctrl+f", "[words]"),
    Command("branches", "Branches of this chat", "every version, as a tree", "screen.branches", "f7"),
    Command("chat", "Settings of this chat", "a system prompt and temperature of its own", "screen.chat_settings"),
    Command("private", "Private chat", "begin or leave a chat that is never stored", "screen.private"),
    Command("attach", "Attach a text file", "put it into the prompt", "screen.attach", "", "[path]"),
    Command("rename", "Rename this chat", "give it another title", "screen.rename_chat", "f6", "[title]"),
    Command("pin", "Pin this chat", "to the top of the list, or no longer", "screen.file_chat('pin')"),
    Command("archive", "Archive this chat", "out of the list, or back", "screen.file_chat('archive')"),
    Command("delete", "Delete this chat", "delete it; can be undone", "screen.file_chat('delete')"),
    Command("hints", "Hints", "the next of five hints; F9 ends them", "screen.next_hint", "f8"),
    Command("keys", "Change keys", "make the file in which keys can be changed", "app.write_keys"),
    Command("theme", "Light or dark", "change between light and dark", "app.toggle_theme"),
    Command("themes", "All themes", "choose among more colours", "app.change_theme"),
    Command("help", "Help", "keys and commands", "app.help", "f1"),
    Command("quit", "Quit", "leave; everything is kept", "app.quit", "ctrl+q"),
)  # fmt: skip

_BY_NAME = {command.name: command for command in COMMANDS}
_TYPED = re.compile(r"/(?P<name>[a-z]*)(?:\s+(?P<argument>\S.*?))?\s*", re.IGNORECASE)


def parse(text: str) -> tuple[Command, str] | None:
    """Return the command and its argument that a prompt stands for; None when it is no known command.

    Something like `/etc/hosts is empty` or a text of several lines is a prompt. A unique beginning of a
    name is enough.
    """
    typed = _TYPED.fullmatch(text.strip())
    if typed is None or not typed["name"]:
        return None
    name, argument = typed["name"].lower(), typed["argument"] or ""
    found = [_BY_NAME[name]] if name in _BY_NAME else [c for c in COMMANDS if c.name.startswith(name)]
    if len(found) != 1 or (argument and not found[0].argument):
        return None
    return found[0], argument


def mistyped(text: str) -> bool:
    """Whether the text was surely meant as a command, but is none: one word after a slash."""
    return parse(text) is None and re.fullmatch(r"/[a-z]+", text.strip(), re.IGNORECASE) is not None


def matching(text: str) -> tuple[Command, ...]:
    """Return the commands to offer while this is typed."""
    typed = re.fullmatch(r"/([a-z]*)", text, re.IGNORECASE)
    return tuple(c for c in COMMANDS if c.name.startswith(typed[1].lower())) if typed else ()


class CommandProvider(Provider):
    """The palette: all commands, and the chats by title."""

    async def discover(self) -> Hits:
        for command in self._available():
            yield DiscoveryHit(command.title, partial(self._run, command), help=command.help)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for command in self._available():
            score = max(
                matcher.match(command.title), matcher.match(command.name), matcher.match(command.help) * 0.5
            )
            if score > 0:
                yield Hit(
                    score, matcher.highlight(command.title), partial(self._run, command), help=command.help
                )
        for chat_id, title in await cast("LocalPersonaApp", self.app).chat_titles():
            score = matcher.match(title)
            if score > 0 and self._on_chat:
                # Not matcher.highlight: it reads the title, which anybody may have written, as markup.
                yield Hit(score * 0.9, Content(title), partial(self._open, chat_id), help="open this chat")

    @property
    def _on_chat(self) -> bool:
        return self.screen.id == "chat"

    def _available(self) -> list[Command]:
        return [c for c in COMMANDS if self._on_chat or not c.action.startswith("screen.")]

    async def _run(self, command: Command) -> None:
        await self.screen.run_action(command.call())

    def _open(self, chat_id: int) -> None:
        cast("ChatScreen", self.screen).parts.opening.choose(chat_id)
