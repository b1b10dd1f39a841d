"""The ways to personalise that are compared, one readable file each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Literal, cast

from localpersona.bench.protocol import BenchError, Method

Kind = Literal["ours", "rival", "control"]


@dataclass(frozen=True)
class Entry:
    """A curve of the benchmark: a method, and how it is asked."""

    key: str
    """What `--methods` takes."""
    title: str
    """In tables and charts."""
    kind: Kind
    module: str
    """In this package; imported only when the method is run, because some need torch."""
    factory: str
    """The class there that makes the method."""
    actively: bool = False
    """Whether the method chooses its questions, by a criterion of its own; otherwise they are drawn."""

    @property
    def source(self) -> str:
        """Entries with equal sources can share what was trained."""
        return f"{self.module}.{self.factory}"

    def load(self) -> Method:
        """Return the method. Raises BenchError when something that it needs is not installed."""
        try:
            module = import_module(f"{__name__}.{self.module}")
        except ModuleNotFoundError as error:
            raise BenchError(
                f"{self.title} needs {error.name}, which is not installed: pip install 'localpersona[bench]',"
                f" or leave {self.key} out with --methods"
            ) from None
        return cast(Method, getattr(module, self.factory)())


ENTRIES = (
    Entry("pref", "PReF, named traits", "ours", "pref", "Pref", actively=True),
    Entry("pref-random", "PReF, named traits, random", "ours", "pref", "Pref"),
    Entry("factors", "PReF, learned factors", "ours", "factors", "Learned", actively=True),
    Entry("factors-random", "PReF, learned factors, random", "ours", "factors", "Learned"),
    Entry("hybrid", "PReF, traits and factors", "ours", "factors", "Hybrid", actively=True),
    Entry("hybrid-random", "PReF, traits and factors, random", "ours", "factors", "Hybrid"),
    Entry("pooled", "One pooled reward (RLHF)", "rival", "pooled", "Pooled"),
    Entry("per-user", "A model per user", "rival", "per_user", "PerUser"),
    Entry("lore", "LoRe", "rival", "lore", "LoRe"),
    Entry("vpl", "VPL", "rival", "vpl", "Vpl", actively=True),
    Entry("vpl-random", "VPL, random", "rival", "vpl", "Vpl"),
    Entry("prlhf", "P-RLHF, individual", "rival", "prlhf", "Individual"),
    Entry("prlhf-clusters", "P-RLHF, clusters", "rival", "prlhf", "Clusters"),
    Entry("neighbours", "Nearest neighbours", "rival", "neighbours", "Neighbours"),
    Entry("shuffled", "PReF, another person's answers", "control", "shuffled", "Shuffled"),
)
"""In the order of the table. The first is the one that others are compared with."""


def chosen(keys: Sequence[str]) -> tuple[Entry, ...]:
    """Return the entries with these keys, all if there are none. Raises BenchError for an unknown key."""
    if not keys:
        return ENTRIES
    by_key = {entry.key: entry for entry in ENTRIES}
    unknown = [key for key in keys if key not in by_key]
    if unknown:
        raise BenchError(f"There is no method {', '.join(unknown)}. Those there are: {', '.join(by_key)}")
    return tuple(by_key[key] for key in dict.fromkeys(keys))
