"""The chats at the side: find one, open it, give it a name, delete it and bring it back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from localpersona.store import ChatRow, Hit
from localpersona.text import harmless, one_line
from localpersona.ui.keymap import keys_of


class Chats(OptionList):
    """The list itself: its letters act on the highlighted chat."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "ask('new')", "New", id="chats.new"),
        Binding("r", "ask('rename')", "Rename", id="chats.rename"),
        Binding("d,delete", "ask('delete')", "Delete", id="chats.delete"),
        Binding("p", "ask('pin')", "Pin", id="chats.pin"),
        Binding("a", "ask('archive')", "Archive", id="chats.archive"),
        Binding("A", "ask('archived')", "Archived", show=False, id="chats.archived"),
        Binding("u", "ask('restore')", "Undo", id="chats.restore"),
        Binding("slash", "ask('search')", "Search", id="chats.search"),
        Binding("j", "cursor_down", show=False),
        Binding("k", "cursor_up", show=False),
        Binding("question_mark", "app.help", "Help", show=False),
    ]
    """
    | Key(s) | Description |
    | :- | :- |
    | enter | Open the chat. |
    | n | New chat. |
    | r | Rename the chat. |
    | d, delete | Delete the chat. |
    | p | Pin the chat to the top of the list, or no longer. |
    | a, A | Archive the chat, or take it back out; show what is archived. |
    | u | Bring the chat deleted last back. |
    | / | Search. |
    """

    class Asked(Message):
        """The user wants something done: "new", "search", "archived", "restore"; or, with a chat, "rename",
        "delete", "pin" or "archive"."""

        def __init__(self, what: str, chat_id: int | None) -> None:
            super().__init__()
            self.what = what
            self.chat_id = chat_id

    def action_ask(self, what: str) -> None:
        self.post_message(self.Asked(what, self.chat_id))

    @property
    def chat_id(self) -> int | None:
        """The highlighted chat."""
        if self.highlighted is None:
            return None
        chat_id, _, _ = (self.get_option_at_index(self.highlighted).id or "").partition("-")
        return int(chat_id) if chat_id else None


class ChatList(Vertical):
    """A search box over the list. It only shows and asks; the screen reads and writes."""

    DEFAULT_CSS = """
    ChatList {
        width: 34; height: 1fr; dock: left; background: $surface; padding: 1 1 0 1;
        & > Input.-textual-compact { height: 1; padding: 0 1; background: $panel; margin-bottom: 1; }
        & > .keys { color: $text-muted; padding: 0 1; height: auto; display: none; }
        & > Chats {
            height: 1fr; background: transparent; border: none; padding: 0; scrollbar-size-vertical: 1;
            &:focus { border: none; background-tint: $foreground 0%; }
            & > .option-list--option { padding: 0 1; }
            & > .option-list--option-highlighted { background: $panel; text-style: none; color: $foreground; }
            &:focus > .option-list--option-highlighted {
                background: $primary 25%; color: $foreground; text-style: none;
            }
        }
        & > .nothing { color: $text-muted; padding: 0 1; height: auto; display: none; }
        & > .nothing.-on { display: block; }
    }
    """

    class Opened(Message):
        """The user chose a chat."""

        def __init__(self, chat_id: int, message_id: int | None = None) -> None:
            super().__init__()
            self.chat_id = chat_id
            self.message_id = message_id
            """The message that a search found; None: the chat as it was left."""

    class Searched(Message):
        """The user typed into the search box; "" asks for all chats again."""

        def __init__(self, query: str) -> None:
            super().__init__()
            self.query_text = query

    def __init__(self) -> None:
        super().__init__()
        self.archived = False
        """Whether the archived chats are shown."""
        self._hits: tuple[Hit, ...] = ()
        """What is listed, while it is the result of a search."""

    def compose(self) -> ComposeResult:
        yield Input(placeholder="Search chats", select_on_focus=True, compact=True)
        yield Static(classes="nothing", markup=False)
        yield Chats()
        yield Static(
            keys_of(self).named(_KEYS),
            classes="keys",
            markup=False,
        )

    @property
    def query_text(self) -> str:
        return self.query_one(Input).value.strip()

    def toggle_archived(self) -> None:
        """Show the archived chats in place of the others, or those again."""
        self.archived = not self.archived

    def show_chats(self, chats: Sequence[ChatRow], current: int | None, pinned: int = 0) -> None:
        """Show these chats, the newest first, with the open one marked and highlighted.

        pinned: how many of them, at the beginning, are pinned.
        """
        nothing = "No chats yet. What you ask is kept here."
        if self.archived:
            others = keys_of(self).named("<A|chats.archived> shows the others")
            nothing = f"Archived · {others}" if chats else f"Nothing is archived. {others}."
        self._hits = ()
        self._fill(
            [
                Option(self._title(chat, chat.id == current, pinned=i < pinned), id=str(chat.id))
                for i, chat in enumerate(chats)
            ],
            nothing if self.archived or not chats else "",
        )
        index = next((i for i, chat in enumerate(chats) if chat.id == current), 0 if chats else None)
        self.query_one(Chats).highlighted = index

    def show_hits(self, hits: Sequence[Hit]) -> None:
        """Show what a search found."""
        in_messages = {hit.chat_id for hit in hits if hit.message_id is not None}
        hits = [hit for hit in hits if hit.message_id is not None or hit.chat_id not in in_messages]
        self._hits = tuple(hits)
        options = [Option(self._hit(hit), id=f"{hit.chat_id}-{i}") for i, hit in enumerate(hits)]
        self._fill(options, "" if hits else "Nothing found.")
        self.query_one(Chats).highlighted = 0 if hits else None

    def focus_search(self, text: str = "") -> None:
        """Let the user type what to look for, or look for this."""
        box = self.query_one(Input)
        if text:
            box.value = text
        box.focus()

    @on(Input.Changed)
    def pass_query(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Searched(event.value.strip()))

    @on(Input.Submitted)
    def enter_list(self, event: Input.Submitted) -> None:
        event.stop()
        self.query_one(Chats).focus()

    @on(OptionList.OptionSelected)
    def open_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if (chat_id := self.query_one(Chats).chat_id) is not None:
            found = self._hits[event.option_index].message_id if self._hits else None
            self.post_message(self.Opened(chat_id, found))

    def _fill(self, options: list[Option], nothing: str) -> None:
        listed = self.query_one(Chats)
        listed.clear_options()
        listed.add_options(options)
        note = self.query_one(".nothing", Static)
        note.update(Content(nothing))
        note.set_class(bool(nothing), "-on")

    def _line(self, title: str) -> str:
        """Return a title on one line of the list."""
        return one_line(title, max(self.size.width, 34) - 5) or "Untitled"

    def _title(self, chat: ChatRow, is_open: bool, *, pinned: bool) -> Content:
        line = f"▲ {self._line(chat.title)}" if pinned else self._line(chat.title)
        return Content.styled(line, "$primary bold") if is_open else Content(line)

    def _hit(self, hit: Hit) -> Content:
        title = Content(self._line(hit.title))
        if hit.message_id is None:
            return title
        snippet = Content.styled(harmless(hit.snippet), "$text-muted")
        for start, end in hit.matches:
            snippet = snippet.stylize("$primary bold", start, end)
        return Content("\n").join([title, snippet])


_KEYS = (
    "Enter opens · <n|chats.new> new · <r|chats.rename> rename · <p|chats.pin> pin · <a|chats.archive> archive · "
    "<d|chats.delete> delete · <Esc|chat.to_prompt> back"
)
