"""Set up with the test tools, then ruff, mypy, import-linter and pytest; extra arguments go to pytest.

All four run even if one fails, so that one run shows everything; pytest is last, because its summary is what
people and CI look for. On Windows: python scripts\\test.py
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from environment import ROOT, ensure

SIDE_BY_SIDE = ("-n", "auto", "--maxprocesses", "4", "--dist", "worksteal")
"""Most tests wait for a process or a screen, so two at once take little more than half the time. `-n 0` undoes it."""


def main() -> int:
    python = ensure("test")
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # PyTorch's: several tests at once fill the cores already
    tool = python.parent
    checks: dict[str, list[str | Path]] = {
        "ruff (lint)": [tool / "ruff", "check", "."],
        "ruff (format)": [tool / "ruff", "format", "--check", "."],
        "mypy": [tool / "mypy"],
        "import-linter": [tool / "lint-imports", "--no-cache"],
        "pytest": [python, "-m", "pytest", *SIDE_BY_SIDE, *sys.argv[1:]],
    }
    failed = []
    for name, command in checks.items():
        print(f"── {name}", flush=True)
        if subprocess.run(command, cwd=ROOT).returncode:
            failed.append(name)
    if failed:
        print(f"── failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
