"""The floors stay apart at run time too: what an import loads is looked up in a fresh process."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = [
    "numpy",
    "torch",
    "sentence_transformers",
    "llama_cpp",
    "textual",
    "sqlite_utils",
    "sqlcipher3",
    "jinja2",
    "tomlkit",
    "urllib3",
]


def loaded_by(statement: str) -> set[str]:
    program = f"import sys\n{statement}\nprint('loaded:', *(m for m in {HEAVY!r} if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.rpartition("loaded:")[2].split())


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        ("import localpersona", set()),
        ("import localpersona.cli", set()),
        ("sys.argv = ['localpersona', '--help']\nimport contextlib\n"
         "with contextlib.suppress(SystemExit):\n    from localpersona.cli import main; main()", set()),
        ("from localpersona.rewards import TRAITS", set()),
        ("import localpersona.preferences", {"numpy"}),
        ("import localpersona as lp; lp.Weights.prior()", {"numpy"}),
        ("import localpersona as lp; lp.question_bank()", {"numpy"}),
        ("import localpersona.store", {"numpy", "sqlite_utils"}),  # sqlite-utils takes NumPy along
        ("import localpersona.store as store; store.Store.open().close()", {"numpy", "sqlite_utils"}),
        ("import localpersona.assistant", {"numpy", "sqlite_utils"}),
        ("import localpersona.ui.app", {"numpy", "sqlite_utils", "textual"}),
    ],
)  # fmt: skip
def test_an_import_loads_no_more_than_its_floor_needs(statement: str, allowed: set[str]) -> None:
    assert loaded_by(statement) <= allowed


def test_the_app_process_never_loads_llama_cpp(tmp_path: object) -> None:
    statement = (
        "import os, localpersona as lp\n"
        "with lp.Assistant.open() as assistant:\n"
        "    question = assistant.next_question()\n"
        "    assistant.compare(question, 1.0); assistant.profile(); assistant.undo()\n"
    )
    assert "llama_cpp" not in loaded_by(statement)
