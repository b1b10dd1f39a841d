"""The chat.

`screen` owns the widgets and the keys, and passes on what happens to parts with one job each. A part gets what it
works with when it is made, and knows only parts that stand above it in this list:

open_chat     which chat is on screen
running       the answer being written: whose it is, where it is shown
meant         which message a key means
notices       what the user should be told, once
status        title, status line, greeting
again         answering again, going on, stopping
comparing     two answers to choose between: offered, asked for, taken back
editing       an earlier prompt, or an answer, in other words
taste         why this answer, and how much taste counts
copying       messages and code blocks
unsent        drafts, and prompts that wait
side          the chats at the side
focus         between prompt box and messages
opening       opening chats, jumping to messages
branching     the versions of a chat
filing        naming, pinning, archiving, deleting chats
own_settings  what a chat has of its own
private       chats that are never stored
sending       from Enter to the model
following     what becomes of the running answer
attaching     a text file into the prompt
recall        what was asked before
tour          five hints
"""

from __future__ import annotations

from localpersona.ui.screens.chat.screen import ChatScreen

__all__ = ["ChatScreen"]
