"""A disk that gets full at one write after another. It is a real one: a small file system, mounted for this test."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HELPER = Path(__file__).with_name("on_a_full_disk.py")
PATHS = [str(HELPER.parents[2]), str(HELPER.parents[2] / "scripts")]
MOUNT = 'mount -t tmpfs -o size=3m tmpfs "$1" && exec "$2" "$3" "$1" 9'


def test_a_full_disk_leaves_all_or_nothing_of_what_was_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if (
        shutil.which("unshare") is None
        or subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode
    ):
        pytest.skip("this system lets nobody mount a file system of their own")
    monkeypatch.setenv("PYTHONPATH", ":".join(PATHS))
    command = ["unshare", "-rm", "sh", "-c", MOUNT, "sh", str(tmp_path), sys.executable, str(HELPER)]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    for deed, done in json.loads(ran.stdout).items():
        assert not done[0] and done[-1], f"{deed} should fail at first and succeed at last: {done}"
