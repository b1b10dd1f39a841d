"""The chat.

base       what the parts share: the assistant, the widgets, the state of the open chat
sending    from Enter to the stored answer
acting     what the letters do to a message
library    opening, naming, deleting, finding chats; drafts
screen     layout, keys, focus, status
"""

from __future__ import annotations

from localpersona.ui.screens.chat.screen import ChatScreen

__all__ = ["ChatScreen"]
