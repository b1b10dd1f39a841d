"""The keys of the chat, and what its help says of them."""

from __future__ import annotations

from collections.abc import Mapping

from textual.binding import Binding, BindingType

QUICK = {
    "compare": ("c", "message.compare"), "why": ("w", "message.why"), "regenerate": ("r", "message.regenerate"),
    "continue": ("n", "message.continue"), "edit": ("e", "message.edit"), "copy": ("y", "message.copy"),
    "undo_comparison": ("u", "message.undo"), "toggle_offers": ("o", "message.offers"),
}  # fmt: skip
"""Actions on the newest answer also from the prompt box: their letter with Alt, or right behind an Escape."""

BINDINGS: list[BindingType] = [
    Binding("escape", "stop_here", "Stop", key_display="esc", id="chat.stop"),
    Binding("escape", "to_messages", "Messages", key_display="esc", id="chat.to_messages"),
    Binding("escape", "focus_prompt", "Write", key_display="esc", id="chat.to_prompt"),
    Binding("ctrl+n", "new_chat", "New", id="chat.new"),
    Binding("ctrl+b", "toggle_chats", "Chats", id="chat.toggle_chats"),
    Binding("ctrl+f", "search_chats", "Search", show=False, priority=True, id="chat.search"),
    *(Binding(f"alt+{letter}", act, show=False, id=f"quick.{act}") for act, (letter, _) in QUICK.items()),
    Binding("ctrl+up", "recall(1)", "Earlier prompt", show=False, priority=True, id="chat.recall"),
    Binding("ctrl+down", "recall(-1)", "Later prompt", show=False, priority=True, id="chat.recall_later"),
    Binding("f8", "next_hint", "Next hint", show=False, priority=True, id="chat.next_hint"),
    Binding("f9", "end_hints", "No more hints", show=False, priority=True, id="chat.end_hints"),
    Binding("f7", "branches", "Branches", show=False, priority=True, id="chat.branches"),
    Binding("f6", "rename_chat", "Rename", show=False, priority=True, id="chat.rename"),
]

HELP = """\
## The chat
- **<Enter|prompt.send>** sends, **<Ctrl+J|prompt.newline>** starts a new line (Shift+Enter too, where the
  terminal can tell it from Enter).
- **Alt** and a letter acts on the newest answer without leaving the prompt box: **<Alt+C|quick.compare>**,
  **<Alt+W|quick.why>** …
- **<Esc|chat.stop>** stops a running answer and keeps its text; otherwise it moves to the messages and
  back.
- What you send while an answer runs waits for its turn; **↑** in the empty box takes it back.
- **<Ctrl+↑|chat.recall>** and **<Ctrl+↓|chat.recall_later>** bring back what you asked before, in any chat.
- **/attach** puts a text file into the prompt, **/private** begins a chat that is never stored,
  **/branches** shows every version of this chat, **/chat** gives it a system prompt of its own.
- Copying says which way it went; through the terminal, a few don't allow it.
"""


def completed(changed: Mapping[str, str]) -> dict[str, str]:
    """Return a user's keys with those that follow from them.

    What is done with another letter is done with that letter and Alt, too. And where one of the things that Escape
    does has another key, Escape goes on doing the others: Textual would drop them all.
    """
    keys = dict.fromkeys(_ON_ESCAPE, "escape") if _ON_ESCAPE & changed.keys() else {}
    for action, (_, binding) in QUICK.items():
        letters = [key for key in changed.get(binding, "").split(",") if len(key) == 1]
        if letters:
            keys[f"quick.{action}"] = ",".join(f"alt+{letter}" for letter in letters)
    return {**keys, **changed}


_ON_ESCAPE = {"chat.stop", "chat.to_messages", "chat.to_prompt"}
