"""The ways to personalise that are compared, one readable file each."""

from __future__ import annotations
