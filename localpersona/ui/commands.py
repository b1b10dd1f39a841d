"""Everything the chat can be told to do, once: for the palette, for slash commands and for the help."""

from __future__ import annotations

import re
from dataclasses import dataclass


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
    """The key that does the same, for the help, as our texts mention keys (see `keymap`); so does `help`."""
    argument: str = ""
    """What may be typed after it, as the help shows it; "" when nothing may."""

    @property
    def usage(self) -> str:
        return f"/{self.name} {self.argument}".rstrip()

    def call(self, argument: str = "") -> str:
        """Return the action as a string that Textual parses."""
        return f"{self.action}({argument!r})" if self.argument else self.action


COMMANDS: tuple[Command, ...] = (
    Command("new", "New chat", "begin a new chat", "screen.new_chat", "<Ctrl+N|chat.new>"),
    Command("compare", "Compare two candidates", "choose between two candidates",
            "screen.compare", "<c|message.compare>"),
    Command("why", "Why this answer?", "show why this answer was chosen", "screen.why", "<w|message.why>"),
    Command("regenerate", "Answer again", "answer again; the former answer stays",
            "screen.regenerate", "<r|message.regenerate>"),
    Command("continue", "Continue the answer", "go on where it was cut off",
            "screen.continue", "<n|message.continue>"),
    Command("edit", "Edit the last prompt", "ask differently; the former prompt stays",
            "screen.edit", "<e|message.edit>"),
    Command("reword", "Edit the answer", "keep your own wording; the former stays",
            "screen.edit_answer", "<E|message.edit_answer>"),
    Command("copy", "Copy the answer", "copy it, or its next code block",
            "screen.copy", "<y|message.copy>", "[code]"),
    Command("stop", "Stop the answer", "stop and keep what there is", "screen.stop", "<Esc|chat.stop>"),
    Command("undo", "Undo the last choice", "take the last choice back",
            "screen.undo_comparison", "<u|message.undo>"),
    Command("offers", "Offer comparisons or not", "stop offering comparisons; or begin again",
            "screen.toggle_offers", "<o|message.offers>"),
    Command("strength", "Strength of your taste", "how much answers follow it",
            "screen.strength", "", "off…full"),
    Command("onboard", "Teach your taste", "some “this or that?” questions",
            "app.go('onboarding')", "<F2|app.onboarding>"),
    Command("profile", "Your profile", "see and change what was learned",
            "app.go('profile')", "<F3|app.profile>"),
    Command("models", "Models", "which model answers, and others on this disk",
            "app.go('models')", "<F4|app.models>"),
    Command("settings", "Settings", "everything that can be set", "app.go('settings')", "<F5|app.settings>"),
    Command("chats", "Chats", "show or hide the list of chats",
            "screen.toggle_chats", "<Ctrl+B|chat.toggle_chats>"),
    Command("search", "Search chats", "search all chats",
            "screen.search_chats", "<Ctrl+F|chat.search>", "[words]"),
    Command("branches", "Branches of this chat", "every version, as a tree",
            "screen.branches", "<F7|chat.branches>"),
    Command("chat", "Settings of this chat", "a system prompt and temperature of its own",
            "screen.chat_settings"),
    Command("private", "Private chat", "begin or leave a chat that is never stored", "screen.private"),
    Command("attach", "Attach a text file", "put it into the prompt", "screen.attach", "", "[path]"),
    Command("rename", "Rename this chat", "give it another title",
            "screen.rename_chat", "<F6|chat.rename>", "[title]"),
    Command("pin", "Pin this chat", "to the top of the list, or no longer", "screen.file_chat('pin')"),
    Command("archive", "Archive this chat", "out of the list, or back", "screen.file_chat('archive')"),
    Command("delete", "Delete this chat", "delete it; can be undone", "screen.file_chat('delete')"),
    Command("hints", "Hints", "the next of five hints; <F9|chat.end_hints> ends them",
            "screen.next_hint", "<F8|chat.next_hint>"),
    Command("keys", "Change keys", "make the file in which keys can be changed", "app.write_keys"),
    Command("theme", "Light or dark", "change between light and dark", "app.toggle_theme"),
    Command("themes", "All themes", "choose among more colours", "app.change_theme"),
    Command("help", "Help", "keys and commands", "app.help", "<F1|app.help>"),
    Command("quit", "Quit", "leave; everything is kept", "app.quit", "<Ctrl+Q|app.quit>"),
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
