"""Set up on first use, then run localpersona with the arguments given. On Windows: python scripts\\run.py"""

from __future__ import annotations

import sys

from environment import ensure, run_module

if __name__ == "__main__":
    sys.exit(run_module(ensure("run"), "localpersona", sys.argv[1:]))
