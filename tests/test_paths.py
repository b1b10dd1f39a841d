"""Where files are kept, and that only their owner can read them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from localpersona import paths

pytestmark = pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX's")


def mode(directory: Path) -> int:
    return stat.S_IMODE(directory.stat().st_mode)


def test_a_new_directory_is_private_whatever_the_umask(tmp_path: Path) -> None:
    former = os.umask(0)
    try:
        assert mode(paths.make_private(tmp_path / "new" / "home")) == 0o700
    finally:
        os.umask(former)


def test_an_own_directory_is_tightened(tmp_path: Path) -> None:
    for content in ([], ["localpersona.db", "something.txt"]):
        home = tmp_path / str(len(content))
        home.mkdir(mode=0o755)
        for name in content:
            (home / name).touch()
        assert mode(paths.make_private(home)) == 0o700


def test_a_directory_that_others_use_stays_as_it_is(tmp_path: Path) -> None:
    shared, sticky = tmp_path / "shared", tmp_path / "sticky"
    shared.mkdir()
    shared.chmod(0o755)
    (shared / "letters.txt").touch()
    sticky.mkdir()
    sticky.chmod(0o1777)
    assert mode(paths.make_private(shared)) == 0o755
    assert mode(paths.make_private(sticky)) == 0o1777


def test_the_home_can_be_moved(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LOCALPERSONA_HOME", str(tmp_path / "elsewhere"))
    assert paths.home() == tmp_path / "elsewhere"
    assert paths.database().parent == paths.home()


def test_the_directories_above_are_private_too(tmp_path: Path) -> None:
    former = os.umask(0)
    try:
        paths.make_private(tmp_path / "a" / "b" / "home")
    finally:
        os.umask(former)
    assert mode(tmp_path / "a") == mode(tmp_path / "a" / "b") == 0o700


def test_the_home_of_nobody_is_a_name_like_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCALPERSONA_HOME", "~nobody-at-all/x")
    assert paths.home() == Path("~nobody-at-all/x")


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    paths.write_whole(file, "former")
    assert mode(file) == 0o600

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        paths.write_whole(file, "new")
    assert file.read_text() == "former" and list(tmp_path.iterdir()) == [file]
