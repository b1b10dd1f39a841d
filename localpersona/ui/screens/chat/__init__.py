"""The chat.

The screen is built up in layers that share its state:

base       the assistant, the widgets, the state of the open chat
sending    from Enter to the stored answer
acting     what the letters do to a message
library    opening and finding chats; drafts
screen     layout, keys, focus, status

Beside them stand parts that the screen owns, one job each:

comparing  two answers to choose between: offered, asked for, taken back
editing    an earlier prompt, or an answer, in other words
copying    messages and code blocks
filing     naming, pinning, archiving, deleting chats
attaching  a text file into the prompt
recall     what was asked before
private    chats that are never stored
tour       five hints
meant      which message a key means
"""

from __future__ import annotations

from localpersona.ui.screens.chat.screen import ChatScreen

__all__ = ["ChatScreen"]
