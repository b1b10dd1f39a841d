"""Several processes on one database, and processes that die."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from localpersona.store import Store, files
from localpersona.values import Comparison

SAYS_AND_GOES_ON = """
import sys
from pathlib import Path
from localpersona.store import Store
from localpersona.values import Comparison

store = Store.open(Path(sys.argv[1]))
profile = store.profile().id
"""

COMPARES = (
    SAYS_AND_GOES_ON
    + """
for number in range(int(sys.argv[2])):
    store.add_comparison(profile, Comparison(f"{sys.argv[3]} {number}", "a" * 500, "b" * 500, 1.0))
    print(number, flush=True)
store.close()
"""
)

ANSWERS = (
    SAYS_AND_GOES_ON
    + """
chat = store.create_chat(profile)
message = store.add_message(chat, None, "assistant", "", state="running")
store.update_message(message, text="so far")
print(message, flush=True)
sys.stdin.read()
"""
)


def start(script: str, path: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, str(path), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(
    ("path", "acknowledged"),
    [("plain", 1), ("plain", 7), ("plain", 40), ("encrypted for all", 7)],
    indirect=["path"],
)
def test_a_killed_process_loses_no_comparison_that_it_acknowledged(path: Path, acknowledged: int) -> None:
    child = start(COMPARES, path, "100000", "child")
    assert child.stdout is not None
    for _ in range(acknowledged):
        last = int(child.stdout.readline())
    child.kill()
    last = max([last, *map(int, child.stdout.read().split())])
    child.wait()
    with Store.open(path) as store:
        assert store.notices == ()
        prompts = [row.comparison.prompt for row in store.comparisons(store.profile().id)]
    assert prompts[: last + 1] == [f"child {number}" for number in range(last + 1)]
    assert len(prompts) <= last + 2  # one may have been written and not yet acknowledged


@pytest.mark.parametrize("path", ["plain", "encrypted for all"], indirect=True)
def test_processes_that_start_and_write_at_once_do_not_disturb_each_other(path: Path) -> None:
    children = [start(COMPARES, path, "25", name) for name in "abc"]
    for child in children:
        child.communicate(timeout=60)
    assert [child.returncode for child in children] == [0, 0, 0]
    with Store.open(path) as store:
        assert len(store.profiles()) == 1
        prompts = [row.comparison.prompt for row in store.comparisons(store.profile().id)]
    for name in "abc":
        written = [prompt for prompt in prompts if prompt.startswith(name)]
        assert written == [f"{name} {number}" for number in range(25)]


def test_processes_that_find_the_same_damage_keep_one_file_and_share_the_new_one(path: Path) -> None:
    with Store.open(path) as store:
        store.add_comparison(store.profile().id, Comparison("before", "a", "b", 1.0))
    path.write_bytes(b"not a database" + path.read_bytes()[14:])
    children = [start(COMPARES, path, "10", name) for name in "abc"]
    for child in children:
        child.communicate(timeout=60)
    assert [child.returncode for child in children] == [0, 0, 0]
    assert len(list(path.parent.glob("*.damaged-*"))) == 1
    with Store.open(path) as store:
        prompts = {row.comparison.prompt for row in store.comparisons(store.profile().id)}
    assert prompts == {"before"} | {f"{name} {number}" for name in "abc" for number in range(10)}


@pytest.mark.parametrize("path", ["plain", "encrypted for all"], indirect=True)
def test_an_answer_that_another_process_is_generating_is_left_alone(path: Path) -> None:
    child = start(ANSWERS, path)
    assert child.stdout is not None
    message = int(child.stdout.readline())
    with Store.open(path) as store:
        assert store.message(message).state == "running"
        child.kill()
        child.communicate()
        assert store.recover() == 1
        assert (store.message(message).state, store.message(message).text) == ("stopped", "so far")
        assert store.search("so far") != []
    assert [file.name for file in path.parent.glob("*.open-*")] == []


def test_an_answer_of_a_killed_process_is_stopped_at_the_next_start(path: Path) -> None:
    child = start(ANSWERS, path)
    assert child.stdout is not None
    message = int(child.stdout.readline())
    child.kill()
    child.communicate()
    with Store.open(path) as store:
        assert (store.message(message).state, store.message(message).text) == ("stopped", "so far")


@pytest.mark.parametrize("path", ["plain", "encrypted"], indirect=True)
def test_an_answer_that_is_running_when_the_store_closes_is_stopped(path: Path) -> None:
    with Store.open(path) as store:
        chat = store.create_chat(store.profile().id)
        message = store.add_message(chat, None, "assistant", "so far", state="running")
        assert store.recover() == 0
    with Store.open(path) as store:
        assert store.message(message).state == "stopped"


@pytest.mark.parametrize("path", ["plain", "encrypted"], indirect=True)
def test_threads_share_a_store(store: Store, profile_id: int) -> None:
    def compare(name: str) -> None:
        for number in range(20):
            store.add_comparison(profile_id, Comparison(f"{name} {number}", "a", "b", 1.0))
            store.comparisons(profile_id)

    threads = [threading.Thread(target=compare, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.comparisons(profile_id)) == 80


def test_a_log_that_vanishes_while_another_process_closes_costs_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last process to close removes the log, perhaps between our seeing it and our touching it."""
    Store.open(path).close()
    seen = files._with_side_files
    gone = path.with_name(f"{path.name}-wal")
    monkeypatch.setattr(files, "_with_side_files", lambda of: [*seen(of), gone])
    with Store.open(path) as store:
        store.add_comparison(store.profile().id, Comparison("kept", "a", "b", 1.0))
        assert store.notices == ()
    with Store.open(path) as store:
        assert [row.comparison.prompt for row in store.comparisons(store.profile().id)] == ["kept"]
