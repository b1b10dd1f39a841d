"""The run times that could score answers, each in a file of its own, and what it takes to compare them.

Each is loaded in a fresh process by worker.py; until then none imports its packages, since that is part of what
is measured. What this does not know: how rounds take turns (bench_rewards.py).
"""

from __future__ import annotations
