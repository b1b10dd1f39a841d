"""The settings file: documented, forgiving to read, careful to write."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from localpersona.settings import FIELDS, Settings, SettingsError, load, replaced, save


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "settings.toml"


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def test_without_a_file_the_defaults_are_used(path: Path) -> None:
    assert load(path) == (Settings(), [])


def test_the_first_save_writes_every_setting_with_its_documentation(path: Path) -> None:
    save(Settings(), path)
    text = path.read_text()
    for info in FIELDS:
        assert f"# {info.doc}" in text
        assert f"\n{info.name} = " in f"\n{text}"
    assert load(path) == (Settings(), [])


@pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX's")
def test_only_the_owner_can_read_the_file_whatever_the_umask(path: Path) -> None:
    former = os.umask(0)
    try:
        save(Settings(), path)
    finally:
        os.umask(former)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["settings.toml"]


def test_saving_keeps_comments_order_unknown_keys_and_ways_of_writing(path: Path) -> None:
    written(
        path,
        '# mine\nstrength = "light"  # for now\nmin_p = 5e-2\ntop_p = 1\nfuture = 3\n\n[table]\nkey = "v"\n',
    )
    settings, problems = load(path)
    assert problems == [
        f"settings.toml: There is no setting called {name!r}. It is left as it is and not used."
        for name in ("future", "table")
    ]
    save(replaced(settings, strength="off", candidates=8), path)
    text = path.read_text()
    for kept in (
        "# mine\n",
        'strength = "off"  # for now\n',
        "top_p = 1\n",
        "future = 3\n",
        '[table]\nkey = "v"\n',
    ):
        assert kept in text
    assert load(path)[0] == replaced(settings, strength="off", candidates=8)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('candidates = "four"', "candidates must be a whole number, not 'four'. 0 is used."),
        ("candidates = true", "candidates must be a whole number, not True. 0 is used."),
        ("candidates = -1", "candidates must be between 0 and 32. 0 is used."),
        ("candidates = 2.0", "candidates must be a whole number, not 2.0. 0 is used."),
        ("temperature = nan", "temperature must be between 0.0 and 2.0. 0.8 is used."),
        ("temperature = 99999999999999999999", "temperature must be between 0.0 and 2.0. 0.8 is used."),
        ('strength = "max"', "strength must be one of off, light, medium, full. 'full' is used."),
        ("instructions = 1", "instructions must be true or false, not 1. True is used."),
        ("model = []", "model must be text, not []. '' is used."),
    ],
)
def test_a_bad_value_is_reported_in_one_line_and_the_others_are_used(
    path: Path, line: str, expected: str
) -> None:
    settings, problems = load(written(path, f"{line}\nmax_tokens = 99\n"))
    assert problems == [f"settings.toml: {expected}"]
    assert settings == Settings(max_tokens=99)


@pytest.mark.parametrize(
    "content",
    [b"= =", b"\xff\xfe", b"a = [", b"[" * 100_000, b"x" * 2_000_000, b"a = 1\na = 2", b"\0"],
    ids=range(7),
)
def test_an_unreadable_file_is_reported_and_kept_when_saving(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    settings, problems = load(path)
    assert settings == Settings()
    (problem,) = problems
    assert "cannot be read" in problem and "\n" not in problem and len(problem) < 220
    save(replaced(settings, strength="off"), path)
    assert load(path) == (Settings(strength="off"), [])
    (kept,) = path.parent.glob("settings.toml.unreadable-*")
    assert kept.read_bytes() == content


def test_a_directory_in_its_place_is_reported(path: Path) -> None:
    path.mkdir(parents=True)
    assert "cannot be read" in load(path)[1][0]
    with pytest.raises(SettingsError, match="not saved"):
        save(Settings(), path)


def test_where_nothing_can_be_written_saving_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="not saved"):
        save(Settings(), tmp_path / "file" / "settings.toml")


def test_a_failed_save_leaves_the_former_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(Settings(), path)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SettingsError, match="No space left"):
        save(Settings(strength="off"), path)
    assert load(path) == (Settings(), [])
    assert [file.name for file in path.parent.iterdir()] == ["settings.toml"]


@pytest.mark.skipif(os.name != "posix", reason="symbolic links")
def test_a_link_stays_a_link(path: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "dotfiles"
    elsewhere.mkdir(mode=0o755)
    path.parent.mkdir()
    path.symlink_to(elsewhere / "localpersona.toml")
    save(Settings(), path)
    assert path.is_symlink() and load(path) == (Settings(), [])
    assert elsewhere.stat().st_mode & 0o777 == 0o755


def test_unknown_names_and_bad_values_cannot_be_set() -> None:
    for changes in ({"colour": "red"}, {"candidates": 33}, {"threads": 1.5}, {"profile": None}):
        with pytest.raises(ValueError):
            replaced(Settings(), **changes)
    assert replaced(Settings(), temperature=1).temperature == 1.0


@hypothesis_settings(derandomize=True, deadline=None, max_examples=25)
@given(prompt=st.text(), name=st.text(alphabet="ab\"'\\\n\r\t\x00é\x1b", max_size=12), floats=st.floats(0, 2))
def test_every_text_and_number_survives_saving(
    tmp_path_factory: pytest.TempPathFactory, prompt: str, name: str, floats: float
) -> None:
    path = tmp_path_factory.mktemp("settings") / "settings.toml"
    settings = replaced(Settings(), system_prompt=prompt, model=name, temperature=floats)
    for earlier in (None, Settings(system_prompt="a\nb", profile="x")):
        if earlier is not None:
            save(earlier, path)
        save(settings, path)
        assert load(path) == (settings, [])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no named pipes")
def test_a_pipe_in_its_place_is_not_waited_for(path: Path) -> None:
    path.parent.mkdir()
    os.mkfifo(path)
    assert load(path) == (
        Settings(),
        ["settings.toml cannot be read (it is not a file). The defaults are used."],
    )


def test_a_profile_without_a_name_is_not_used(path: Path) -> None:
    settings, (problem,) = load(written(path, 'profile = "  "\n'))
    assert settings.profile == "default" and "'default' is used" in problem


def test_where_the_home_is_a_file_there_are_no_settings_to_complain_about(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert load(tmp_path / "file" / "settings.toml") == (Settings(), [])


def test_what_would_take_minutes_to_read_is_refused(path: Path) -> None:
    _, (problem,) = load(written(path, "x" + ".a" * 60_000 + " = 1\n"))
    assert "larger than a settings file can be" in problem
