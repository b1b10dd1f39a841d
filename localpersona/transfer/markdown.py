"""One branch of a chat as Markdown, to be read, printed or mailed."""

from __future__ import annotations

from localpersona.store import ChatCopy, MessageCopy
from localpersona.text import harmless, one_line


def as_markdown(chat: ChatCopy) -> str:
    """Return the branch that is shown; harmless on any terminal. Other branches are in the JSON."""
    branch = shown_branch(chat)
    head = f"# {one_line(chat.title, 200) or 'Untitled'}\n\n*{chat.updated[:16].replace('T', ' ')} UTC*\n"
    others = len(chat.messages) - len(branch)
    if others:
        plural = "s" if others > 1 else ""
        head += f"\n*{others} message{plural} of other branches left out*\n"
    return "\n".join([head, *(_message(message) for message in branch)])


def shown_branch(chat: ChatCopy) -> list[MessageCopy]:
    """Return the messages from the first one to the one with which the shown branch ends."""
    place = len(chat.messages) - 1 if chat.shown is None else chat.shown
    branch: list[MessageCopy] = []
    at: int | None = place if chat.messages else None
    while at is not None:
        branch.append(chat.messages[at])
        at = chat.messages[at].parent
    return branch[::-1]


def _message(message: MessageCopy) -> str:
    who = {"user": "You", "system": "System"}.get(message.role)
    if who is None:
        who = f"Assistant ({one_line(message.model)})" if message.model else "Assistant"
    note = "" if message.state == "complete" else f"\n*({message.state})*\n"
    return f"## {who}\n\n{harmless(message.text).strip()}\n{note}"
