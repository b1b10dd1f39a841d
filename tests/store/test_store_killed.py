"""Processes killed at random moments, whatever they do: a small run of scripts/stress_store.py."""

from __future__ import annotations

from pathlib import Path

from stress_store import JOBS, make_old, problems, stress

from localpersona.store import Store


def test_what_was_acknowledged_before_a_kill_is_there_and_nothing_is_damaged(tmp_path: Path) -> None:
    results = stress(tmp_path, kills=len(JOBS), seed=3, jobs=list(JOBS))
    assert {job: counted["kills"] for job, counted in results.items()} == dict.fromkeys(JOBS, 1)


def test_what_is_lost_or_damaged_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "localpersona.db"
    make_old(path)
    assert problems(path, [["migrated"]]) == []
    with Store.open(path) as store:
        said = ["partial", str(store.add_message(1, None, "assistant", "short")), "100"]
        profile = str(store.profile().id)
        store._connection.write(lambda: store._execute("DROP TRIGGER messages_search_update"))
        store.update_message(1, text="not in the index")
    found = problems(path, [said, ["comparison", profile, "never said"]])
    assert found[:2] == ["lost: " + " ".join(said), f"lost: comparison {profile} never said"]
    assert "search index" in found[2]
