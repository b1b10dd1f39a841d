"""All branches of a chat as a tree: nothing that was edited or answered again is lost, and here it can be seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static, Tree
from textual.widgets.tree import TreeNode

from localpersona.store import MessageRow
from localpersona.text import one_line
from localpersona.ui.screens.panel import PanelScreen
from localpersona.ui.widgets.key_line import KeyLine
from localpersona.ui.widgets.title_bar import TitleBar


class BranchesScreen(PanelScreen[int | None]):
    """Dismisses with the message to go to, or with None.

    What follows each other without an alternative stands on one level, so that a long chat stays readable; only
    where there are several versions does the tree branch.
    """

    HELP = """\
## Branches of this chat
Editing a prompt or answering again never replaces anything: it makes another branch. **●** marks what the chat
shows now. **<Enter|branches.go>** goes to a message and shows its branch; **Space** folds one.
"""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go", "Go there", id="branches.go"),
        Binding("j", "move('down')", show=False),
        Binding("k", "move('up')", show=False),
    ]

    AUTO_FOCUS = "Tree"

    DEFAULT_CSS = """
    BranchesScreen {
        #note { color: $foreground 70%; padding: 1 3; height: auto; }
        Tree { height: 1fr; background: transparent; padding: 0 2; scrollbar-size-vertical: 1; overflow-x: hidden; }
    }
    """

    def __init__(self, messages: Sequence[MessageRow], shown: Sequence[int], current: int | None) -> None:
        """`shown`: the ids of the branch on screen; `current`: the message to begin at."""
        super().__init__()
        self._after: dict[int | None, list[MessageRow]] = defaultdict(list)
        for row in messages:
            self._after[row.parent_id].append(row)
        self._shown = frozenset(shown)
        self._current = current
        self._at: TreeNode[int] | None = None

    def compose(self) -> ComposeResult:
        ends = sum(1 for rows in list(self._after.values()) for row in rows if not self._after.get(row.id))
        yield TitleBar("Branches of this chat", "one branch" if ends == 1 else f"{ends} branches")
        hint = self.stage.keys(_HOW)
        yield Static(hint if ends < 2 else "● is what the chat shows now.", id="note", markup=False)
        tree: Tree[int] = Tree("")
        tree.show_root, tree.guide_depth = False, 3
        yield tree
        yield KeyLine()

    def on_mount(self) -> None:
        tree = self.query_one(Tree)
        self._grow(tree.root, None)
        tree.root.expand_all()
        if self._at is not None:
            self.call_after_refresh(tree.move_cursor, self._at)

    def _grow(self, node: TreeNode[int], parent_id: int | None) -> None:
        """Add what follows a message. A loop along a branch, so that no chat is too long for it."""
        waiting = [(node, parent_id)]
        while waiting:
            node, parent_id = waiting.pop()
            rows = self._after.get(parent_id, [])
            while len(rows) == 1:
                self._add(node, rows[0], leaf=True)
                rows = self._after.get(rows[0].id, [])
            for number, row in enumerate(rows, 1):
                inner = self._add(
                    node, row, leaf=not self._after.get(row.id), version=f"{number}/{len(rows)}"
                )
                waiting.append((inner, row.id))

    def _add(self, node: TreeNode[int], row: MessageRow, *, leaf: bool, version: str = "") -> TreeNode[int]:
        mark = "● " if row.id in self._shown else "  "
        who = "you" if row.role == "user" else "answer"
        label = f"{mark}{who}{f' {version}' if version else ''}  {one_line(row.text, 240) or '(empty)'}"
        added = node.add(Text(label, no_wrap=True), data=row.id, allow_expand=not leaf)
        if row.id == self._current:
            self._at = added
        return added

    def action_go(self) -> None:
        self.query_one(Tree).action_select_cursor()

    def action_move(self, way: str) -> None:
        tree = self.query_one(Tree)
        tree.action_cursor_down() if way == "down" else tree.action_cursor_up()

    @on(Tree.NodeSelected)
    def go_to(self, event: Tree.NodeSelected[int]) -> None:
        event.stop()
        self.dismiss(event.node.data)


_HOW = (
    "Answering again (<r|message.regenerate>) and editing (<e|message.edit>, <E|message.edit_answer>) make branches; "
    "<←|message.previous> <→|message.next> on a message walks them."
)
