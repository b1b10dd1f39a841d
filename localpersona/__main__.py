"""`python -m localpersona`, and what the installed command starts."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line; Ctrl-C while Python still imports it is no traceback either."""
    try:
        from localpersona.cli import main
    except KeyboardInterrupt:
        sys.exit(130)
    main()


def _forget_the_current_directory() -> None:
    """Undo what `python -m` does: modules that happen to lie where the user is must not be imported."""
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120  os is built in
    if not sys.flags.safe_path and sys.path and sys.path[0] != here:
        del sys.path[0]


if __name__ == "__main__":
    _forget_the_current_directory()
    main()
