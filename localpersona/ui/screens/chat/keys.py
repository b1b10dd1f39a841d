"""The keys of the chat, and what its help says of them."""

from __future__ import annotations

from textual.binding import Binding, BindingType

QUICK = {
    "c": "compare", "w": "why", "r": "regenerate", "n": "continue",
    "e": "edit", "y": "copy", "u": "undo_comparison", "o": "toggle_offers",
}  # fmt: skip
"""Letters that act on the newest answer also from the prompt box, with Alt, or right behind an Escape."""

BINDINGS: list[BindingType] = [
    Binding("escape", "stop_here", "Stop", key_display="esc", id="chat.stop"),
    Binding("escape", "to_messages", "Messages", key_display="esc", id="chat.to_messages"),
    Binding("escape", "focus_prompt", "Write", key_display="esc", id="chat.to_prompt"),
    Binding("ctrl+n", "new_chat", "New", id="chat.new"),
    Binding("ctrl+b", "toggle_chats", "Chats", id="chat.toggle_chats"),
    Binding("ctrl+f", "search_chats", "Search", show=False, priority=True, id="chat.search"),
    *(Binding(f"alt+{key}", action, show=False) for key, action in QUICK.items()),
    Binding("ctrl+up", "recall(1)", "Earlier prompt", show=False, priority=True, id="chat.recall"),
    Binding("ctrl+down", "recall(-1)", "Later prompt", show=False, priority=True, id="chat.recall_later"),
    Binding("f8", "next_hint", "Next hint", show=False, priority=True, id="chat.next_hint"),
    Binding("f9", "end_hints", "No more hints", show=False, priority=True, id="chat.end_hints"),
    Binding("f7", "branches", "Branches", show=False, priority=True, id="chat.branches"),
    Binding("f6", "rename_chat", "Rename", show=False, priority=True, id="chat.rename"),
]

HELP = """\
## The chat
- **Enter** sends, **Ctrl+J** starts a new line (Shift+Enter too, where the terminal can tell it from Enter).
- **Alt** and a letter acts on the newest answer without leaving the prompt box: **Alt+C**, **Alt+W** …
- **Esc** stops a running answer and keeps its text; otherwise it moves to the messages and back.
- What you send while an answer runs waits for its turn; **↑** in the empty box takes it back.
- **Ctrl+↑** and **Ctrl+↓** bring back what you asked before, in any chat.
- **/attach** puts a text file into the prompt, **/private** begins a chat that is never stored,
  **/branches** shows every version of this chat, **/chat** gives it a system prompt of its own.
- Copying says which way it went; through the terminal, a few don't allow it.
"""
