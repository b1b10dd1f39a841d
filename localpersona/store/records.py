"""The rows that the store hands out. Times are ISO-8601 in UTC; ids are never used twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from localpersona.values import Candidate, Comparison, FinishReason, Role, Statistics

MessageState = Literal["complete", "running", "stopped", "failed"]


@dataclass(frozen=True, slots=True)
class ProfileRow:
    id: int
    name: str
    created: str
    locks: dict[str, float]
    """Trait name → the weight that the user set by hand."""
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class ChatRow:
    id: int
    title: str
    """Empty until somebody gives one."""
    created: str
    updated: str
    profile_id: int
    deleted: bool
    draft: str
    """What was typed and not sent: the draft stored under the key str(id)."""
    last_message_id: int | None
    """The leaf of the branch that is shown; None in an empty chat."""


@dataclass(frozen=True, slots=True)
class MessageRow:
    id: int
    chat_id: int
    parent_id: int | None
    """None for a chat's first message; edits of the first message are siblings without a parent."""
    role: Role
    text: str
    reasoning: str
    state: MessageState
    """"running" while an answer is being generated; the text then is what had arrived a moment ago."""
    created: str
    finish_reason: FinishReason | None
    model: str
    statistics: Statistics | None
    chosen: int
    """Index into the message's candidates."""


@dataclass(frozen=True, slots=True)
class ComparisonRow:
    id: int
    profile_id: int
    comparison: Comparison
    message_id: int | None
    """The answer whose candidates were compared, while it exists; the texts are in `comparison` anyway."""
    question_id: str | None
    """Which question of the bank it was, for onboarding."""
    created: str
    deleted: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """One message (or title) that a search found. Title and snippet are harmless, plain and on one line."""

    chat_id: int
    message_id: int | None
    """None when the chat's title matched."""
    title: str
    snippet: str
    matches: tuple[tuple[int, int], ...] = ()
    """Where in the snippet the query's words are: (start, end) character offsets, in order."""


@dataclass(frozen=True, slots=True)
class MessageCopy:
    """A message outside of any database."""

    role: Role
    text: str
    parent: int | None = None
    """Index among the chat's messages, lower than its own; None: a first message."""
    reasoning: str = ""
    state: MessageState = "complete"
    created: str = ""
    """Empty: not known."""
    finish_reason: FinishReason | None = None
    model: str = ""
    chosen: int = 0
    candidates: tuple[Candidate, ...] = ()
    version: str = ""
    """Of the reward model that scored the candidates."""


@dataclass(frozen=True, slots=True)
class ChatOptions:
    """A chat's own wishes; the defaults mean that the settings decide."""

    pinned: bool = False
    """Stands at the top of the list."""
    archived: bool = False
    """Is left out of the list; search still finds it."""
    system_prompt: str | None = None
    temperature: float | None = None


@dataclass(frozen=True, slots=True)
class ChatCopy:
    """A chat outside of any database, with all its branches: what is exported and imported."""

    uid: str
    """Names the chat on every machine; what has the same one is the same chat."""
    title: str
    created: str
    updated: str
    messages: tuple[MessageCopy, ...] = ()
    """Oldest first, parents before their children."""
    shown: int | None = None
    """Index of the message with which the branch that is shown ends; None: not known."""
    options: ChatOptions = ChatOptions()


@dataclass(frozen=True, slots=True)
class Added:
    """What storing a copy did."""

    chat_id: int
    new: bool
    """Whether the chat was not there before."""
    messages: int
    """How many messages were not there before."""
