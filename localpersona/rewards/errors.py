"""Apart from the model, so that the question bank can be read without llama.cpp."""

from __future__ import annotations


class RewardModelError(Exception):
    """The reward model's or the question bank's files cannot be used. str(error) is one line."""
