"""The benchmarks that anyone can run: `localpersona bench`. Needs nothing of the app but the reward model.

`preferences` compares ways to personalise on held-out people and held-out prompts. A method is one file in
`methods`, under the interface in `protocol`.
"""

from __future__ import annotations
