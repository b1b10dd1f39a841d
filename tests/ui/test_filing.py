"""Chats as wholes: pinned, archived, private, with settings and branches of their own; found and jumped to."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripted_engine import ScriptedEngine
from textual.widgets import Input, TextArea, Tree
from ui.running import Running, Start

from localpersona.ui import clipboard
from localpersona.ui.screens.attach import AttachScreen, NotText, read_text, size_line
from localpersona.ui.screens.branches import BranchesScreen
from localpersona.ui.screens.chat_settings import ChatSettingsScreen
from localpersona.ui.widgets.chat_list import Chats
from localpersona.ui.widgets.message_view import MessageView


def listed(running: Running) -> list[str]:
    chats = running.chat.widgets.chat_list.query_one(Chats)
    return [str(chats.get_option_at_index(index).prompt) for index in range(chats.option_count)]


async def make_chats(running: Running, *titles: str) -> None:
    for title in titles:
        chat = running.store.create_chat(running.assistant.profile_row.id, title)
        running.store.add_message(chat, None, "user", title)
    await running.press("ctrl+b")
    await running.until(lambda: len(listed(running)) == len(titles))


async def test_a_pinned_chat_stays_on_top_and_an_archived_one_is_out_of_the_way(start: Start) -> None:
    async with start() as running:
        await make_chats(running, "oldest", "middle", "newest")
        assert listed(running) == ["newest", "middle", "oldest"]
        await running.press("down", "down", "p")
        await running.until(lambda: listed(running) == ["▲ oldest", "newest", "middle"])
        await running.press("end", "a")
        await running.until(lambda: listed(running) == ["▲ oldest", "newest"])
        await running.press("A")
        await running.until(lambda: listed(running) == ["middle"])
        await running.press("a", "A")
        await running.until(lambda: listed(running) == ["▲ oldest", "newest", "middle"])


async def test_a_hit_leads_to_its_message_also_on_a_branch_that_was_left(start: Start) -> None:
    engine = ScriptedEngine(["the first answer", "the second answer", "a third"])
    async with start(engine=engine) as running:
        await running.ask("Hello")
        await running.press("escape", "r")
        await running.until(lambda: len(engine.requests) == 2)
        await running.idle()
        await running.press("ctrl+n")
        await running.ask("Something else")
        await running.press("ctrl+f")
        await running.until(lambda: isinstance(running.app.focused, Input))
        running.chat.widgets.chat_list.query_one(Input).value = "first answer"
        await running.until(lambda: len(listed(running)) == 1 and "first answer" in listed(running)[0])
        await running.press("enter", "enter")
        await running.until(lambda: running.texts == ["Hello", "the first answer"])
        await running.idle()
        assert isinstance(running.app.focused, MessageView)
        assert running.app.focused.text == "the first answer"


async def test_a_hit_far_back_in_a_long_chat_is_brought_on_screen(start: Start) -> None:
    async with start() as running:
        chat = running.store.create_chat(running.assistant.profile_row.id, "long")
        ids: list[int] = []
        for number in range(60):
            role = "user" if number % 2 == 0 else "assistant"
            ids.append(running.store.add_message(chat, ids[-1] if ids else None, role, f"message {number}"))
        await running.chat.parts.opening.jump(chat, ids[5])
        await running.idle()
        assert isinstance(running.app.focused, MessageView)
        assert running.app.focused.text == "message 5"
        assert "message 5" in running.seen()


async def test_branches_are_seen_as_a_tree_and_gone_to(start: Start) -> None:
    engine = ScriptedEngine(["one", "two", "three"])
    async with start(engine=engine) as running:
        await running.ask("Hello [b]")
        await running.press("escape", "r")
        await running.until(lambda: len(engine.requests) == 2)
        await running.idle()
        await running.press("f7")
        await running.until(lambda: isinstance(running.app.screen, BranchesScreen))
        await running.until_seen("● answer 2/2  two")
        assert "  answer 1/2  one" in running.seen()
        assert "● you  Hello [b]" in running.seen()
        tree = running.app.screen.query_one(Tree)
        await running.until(lambda: tree.cursor_node is not None and "two" in str(tree.cursor_node.label))
        await running.press("up", "enter")
        await running.until(
            lambda: running.app.screen is running.chat and running.texts == ["Hello [b]", "one"]
        )


async def test_a_private_chat_is_marked_stores_nothing_and_is_gone_when_left(start: Start) -> None:
    async with start() as running:
        await running.ask("public")
        await running.write("a public draft")
        await running.chat.parts.unsent.save_draft()
        public = running.store
        running.chat.action_private()
        await running.until_seen("PRIVATE")
        await running.idle()
        assert (running.texts, running.draft) == ([], "")
        await running.ask("secret")
        assert running.texts[0] == "secret"
        assert [chat.title for chat in public.chats()] == ["public"]
        assert public.search("secret") == []
        await running.write("secret draft")
        await running.chat.parts.unsent.save_draft()
        assert public.draft("new") == "" and "secret" not in public.draft(str(public.chats()[0].id))
        running.chat.action_private()
        await running.until_seen("It will be gone")
        await running.press("y")
        await running.until(lambda: running.texts[:1] == ["public"])
        await running.idle()
        assert running.draft == "a public draft"
        assert "PRIVATE" not in running.seen()
        assert running.store is public


async def test_nothing_is_learned_from_a_private_chat(start: Start) -> None:
    async with start() as running:
        running.assistant.begin_private()
        await running.ask("secret")
        question = running.assistant.comparable(running.answers[-1].message_id or 0)
        assert question is None
        assert running.assistant.evidence() == []


async def test_a_chat_has_a_system_prompt_and_a_temperature_of_its_own(start: Start) -> None:
    async with start() as running:
        await running.send("/chat")
        await running.until(lambda: isinstance(running.app.screen, ChatSettingsScreen))
        running.app.screen.query_one(TextArea).text = "Answer like a pirate."
        running.app.screen.query_one(Input).value = "9"
        await running.press("ctrl+s")
        assert "between 0 and 2" in running.seen()
        running.app.screen.query_one(Input).value = "0.2"
        await running.press("ctrl+s")
        await running.until_seen("own system prompt · temperature 0.2")
        await running.ask("Hello")
        request = running.engine.requests[-1]
        assert request.turns[0].content.startswith("Answer like a pirate.")
        assert request.sampling.temperature == 0.2
        assert running.store.chats()[0].title == "Hello"
        await running.press("ctrl+n")
        await running.ask("Hello again")
        assert "pirate" not in running.engine.requests[-1].turns[0].content


async def test_a_file_is_attached_after_its_size_was_shown(start: Start, tmp_path: Path) -> None:
    notes = tmp_path / "notes.md"
    notes.write_text("# Shopping [b]\n```\nbread\n```\n")
    async with start() as running:
        await running.write("Sort this:")
        running.chat.action_attach(str(notes))
        await running.until(lambda: isinstance(running.app.screen, AttachScreen))
        assert "tokens of the 4,096 that the model sees at once" in running.seen()
        assert "# Shopping [b]" in running.seen()
        await running.press("enter")
        await running.until(lambda: "bread" in running.draft)
        assert running.draft.startswith("Sort this:\n\nnotes.md:\n````md\n# Shopping")


@pytest.mark.parametrize(
    ("content", "said"), [(b"\0\1\2", "not a text file"), (b"\xff\xfe\xd8", "not a text"), (b" \n", "empty")]
)
def test_a_file_that_is_no_text_is_refused_in_words(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(NotText, match=said):
        read_text(path)


def test_a_text_that_does_not_fit_is_said_so_before() -> None:
    assert "too much" in size_line(5000, True, 4096)
    assert "about 2,500 tokens" in size_line(2500, False, 4096) and "left out" in size_line(2500, False, 4096)


async def test_earlier_prompts_come_back_and_what_was_typed_too(start: Start) -> None:
    async with start() as running:
        await running.ask("one")
        await running.ask("two")
        await running.write("half")
        await running.press("ctrl+up")
        await running.until(lambda: running.draft == "two")
        await running.press("ctrl+up")
        await running.until(lambda: running.draft == "one")
        await running.press("ctrl+up")
        await running.until(lambda: running.told[-1:] == ["There is no earlier prompt."])
        await running.press("ctrl+down")
        await running.until(lambda: running.draft == "two")
        await running.press("ctrl+down")
        await running.until(lambda: running.draft == "half")


def test_copying_uses_the_desktops_tool_but_not_a_far_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clipboard.shutil, "which", lambda tool: f"/bin/{tool}" if tool == "xclip" else None)
    assert clipboard.tools({"DISPLAY": ":0"}) == [("/bin/xclip", "-selection", "clipboard")]
    assert clipboard.tools({}) == []
    assert clipboard.tools({"DISPLAY": ":0", "SSH_CONNECTION": "x"}) == []
