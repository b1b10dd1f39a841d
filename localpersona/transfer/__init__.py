"""Chats out of LocalPersona and into it, as files. Nothing here knows a screen or a shell.

chat_json   our own format: everything, with all branches
markdown    one branch, to be read
chatgpt     the conversations.json of ChatGPT's export, or the whole zip; with chatgpt_instructions
llm_logs    the logs database of the command `llm`
oterm       oterm's database
reading     which of these a file is
storing     into the store, a few chats at a time
"""

from __future__ import annotations

from localpersona.transfer.chat_json import as_json
from localpersona.transfer.checking import TransferError
from localpersona.transfer.markdown import as_markdown
from localpersona.transfer.reading import chats_in
from localpersona.transfer.storing import Stored, store_all

__all__ = ["Stored", "TransferError", "as_json", "as_markdown", "chats_in", "store_all"]
