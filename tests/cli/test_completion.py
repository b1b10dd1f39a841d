"""Shell completion: what Tab offers, and that the scripts are accepted by their shells."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from .conftest import Shell

ASKS = {"bash": {"COMP_CWORD": "1"}, "zsh": {"COMP_CWORD": "1"}, "fish": {"COMP_CWORD": "hist"}}


@pytest.mark.parametrize("name", ASKS)
def test_a_script_asks_the_command_which_offers_what_fits(shell: Shell, name: str) -> None:
    printed = shell("completion", name)
    assert printed.code == 0 and "_LOCALPERSONA_COMPLETE" in printed.out
    asks = {"_LOCALPERSONA_COMPLETE": f"{name}_complete", "COMP_WORDS": "localpersona hist", **ASKS[name]}
    offered = subprocess.run(
        [sys.executable, "-m", "localpersona"],
        env={**os.environ, **asks},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "history" in offered.stdout and "purge" not in offered.stdout


@pytest.mark.parametrize("name", ASKS)
def test_the_shell_accepts_its_script(shell: Shell, name: str) -> None:
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    script = shell("completion", name).out
    subprocess.run([name, "-n"], input=script, text=True, check=True)


def test_without_a_shell_it_says_how_to_install_it(shell: Shell) -> None:
    told = shell("completion").out
    for name in ASKS:
        assert f"localpersona completion {name}" in told
    assert shell("completion", "tcsh").code == 2
