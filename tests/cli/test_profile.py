"""`localpersona profile` and `localpersona onboard`."""

from __future__ import annotations

import json
from pathlib import Path

from localpersona.rewards import TRAITS

from .conftest import Shell


def test_a_new_profile_knows_nothing(shell: Shell) -> None:
    shown = shell("profile", "show")
    assert shown.code == 0
    assert "Comparisons: 0" in shown.out
    assert "not known yet" in shown.out


def test_onboarding_answers_are_stored_one_by_one(shell: Shell) -> None:
    asked = shell("onboard", piped=b"1\n2\n=\ns\nq\n")
    assert asked.code == 0
    assert "Question 1 of about 10" in asked.out
    assert json.loads(shell("profile", "show", "--json").out)["comparisons"] == 3


def test_onboarding_goes_on_where_it_stopped(shell: Shell) -> None:
    shell("onboard", piped=b"1\n1\nq\n")
    assert "Question 3 of about 10" in shell("onboard", piped=b"q\n").out


def test_an_onboarding_answer_can_be_taken_back(shell: Shell) -> None:
    shell("onboard", piped=b"1\nu\nq\n")
    assert json.loads(shell("profile", "show", "--json").out)["comparisons"] == 0


def test_onboarding_ends_quietly_when_its_input_ends(shell: Shell) -> None:
    asked = shell("onboard", piped=b"1\n")
    assert asked.code == 130
    assert "Traceback" not in asked.err
    assert json.loads(shell("profile", "show", "--json").out)["comparisons"] == 1


def test_a_profile_travels_as_a_file(shell: Shell, tmp_path: Path) -> None:
    shell("onboard", piped=b"1\n2\nq\n")
    file = tmp_path / "me.json"
    assert shell("profile", "export", str(file)).code == 0
    assert file.stat().st_mode & 0o077 == 0, "it holds what the user chose"
    imported = shell("profile", "import", "--profile", "copy", str(file))
    assert "2 new comparisons" in imported.out
    again = shell("profile", "import", "--profile", "copy", str(file))
    assert "0 new comparisons" in again.out
    original, copy = (
        json.loads(shell("profile", "show", "--json", "--profile", name).out)["traits"]
        for name in ("default", "copy")
    )
    assert original == copy


def test_a_file_that_is_no_profile_changes_nothing(shell: Shell, tmp_path: Path) -> None:
    for content in ("not json", "[]", '{"format": "something else"}', "[" * 100_000):
        file = tmp_path / "bad.json"
        file.write_text(content)
        imported = shell("profile", "import", str(file))
        assert imported.code == 1, content[:20]
        assert "Traceback" not in imported.err
    assert json.loads(shell("profile", "show", "--json").out)["comparisons"] == 0


def test_reset_forgets_only_when_the_name_is_typed(shell: Shell) -> None:
    shell("onboard", piped=b"1\nq\n")
    for typed in (b"n\n", b"yes\n", b"\n"):
        refused = shell("profile", "reset", piped=typed)
        assert (refused.code, "Nothing was changed" in refused.err) == (1, True)
    assert json.loads(shell("profile", "show", "--json").out)["comparisons"] == 1
    assert shell("profile", "reset", piped=b"default\n").code == 0
    assert json.loads(shell("profile", "show", "--json").out)["comparisons"] == 0


def test_where_nothing_can_be_stored_nothing_is_said_to_be_done(
    shell: Shell, private_home: Path, tmp_path: Path
) -> None:
    shell("onboard", piped=b"1\nq\n")
    exported = tmp_path / "me.json"
    shell("profile", "export", str(exported))
    private_home.rename(tmp_path / "elsewhere")
    private_home.touch()  # a file where the folder should be: nobody can write there, not even root
    for command in (["reset"], ["import", str(exported)]):
        tried = shell("profile", *command)
        assert tried.code == 1, command
        assert "Nothing will be kept" in tried.err and "not changed" in tried.err
        assert "Forgotten" not in tried.out and "added" not in tried.out


def test_a_comparison_is_taken_out_after_its_effect_was_shown(shell: Shell) -> None:
    shell("onboard", piped=b"1\n2\n1\nq\n")
    rows = json.loads(shell("profile", "comparisons", "--json").out)
    assert [row["outcome"] for row in rows] == [1.0, 0.0, 1.0]
    assert "first" in shell("profile", "comparisons").out
    number = str(rows[0]["id"])
    before = json.loads(shell("profile", "show", "--json").out)["traits"]
    refused = shell("profile", "drop", number, piped=b"n\n")
    assert refused.code == 1 and "without it" in refused.out
    assert json.loads(shell("profile", "show", "--json").out)["traits"] == before
    dropped = json.loads(shell("profile", "drop", number, "--yes", "--json").out)
    assert dropped["removed"] == rows[0]["id"] and dropped["changed"]
    after = json.loads(shell("profile", "show", "--json").out)["traits"]
    for change in dropped["changed"]:
        (name,) = [trait.name for trait in TRAITS if trait.noun == change["trait"]]
        assert before[name]["description"] in change["before"]
        assert after[name]["description"] in change["after"]
    assert len(json.loads(shell("profile", "comparisons", "--json").out)) == 2
    gone = shell("profile", "drop", number, "--yes")
    assert gone.code == 1 and "no comparison" in gone.err


def test_a_trait_is_set_by_hand_and_let_go(shell: Shell) -> None:
    assert "set to concise" in shell("profile", "lock", "length", "-0.8").out
    assert json.loads(shell("profile", "show", "--json").out)["traits"]["length"]["locked"]
    shell("profile", "unlock", "Length")
    assert not json.loads(shell("profile", "show", "--json").out)["traits"]["length"]["locked"]
    unknown = shell("profile", "lock", "colour")
    assert unknown.code == 2 and "length" in unknown.err
    assert shell("profile", "lock", "length", "2").code == 2


def test_profiles_are_listed_and_switched(shell: Shell) -> None:
    assert shell("profile", "use", "Ann").code == 0
    profiles = json.loads(shell("profile", "list", "--json").out)
    assert [row["name"] for row in profiles if row["in_use"]] == ["Ann"]
    shell("onboard", piped=b"1\nq\n")
    assert json.loads(shell("profile", "show", "--json", "--profile", "Ann").out)["comparisons"] == 1
