"""A decoder whose probabilities are known, and which knows how many cells a real one would need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from localpersona.alignment.decoder import Row, Stopped

END = 3


class MarkovDecoder:
    """The next token's probabilities depend on the last token only; token 3 ends."""

    def __init__(self, table: Mapping[int, Sequence[float]]) -> None:
        self.table = {last: np.log(np.array(row, np.float32) + 1e-30) for last, row in table.items()}
        self.batches: list[dict[int, list[int]]] = []
        self.stop_after: int | None = None
        self.most_cells = 0
        self._cells: dict[int, list[tuple[int, object]]] = {}

    def start(self, *tokens: int) -> MarkovDecoder:
        """Forget everything but this prompt."""
        self._cells, self.most_cells, self.stop_after = {}, 0, None
        self.append({0: tokens})
        self.batches.clear()
        return self

    def append(self, tokens: Mapping[int, Sequence[int]]) -> None:
        if self.stop_after is not None and len(self.batches) >= self.stop_after:
            raise Stopped
        self.batches.append({sequence: list(new) for sequence, new in tokens.items()})
        for sequence, new in tokens.items():
            self._cells.setdefault(sequence, []).extend((token, object()) for token in new)
        used = {id(cell) for cells in self._cells.values() for _, cell in cells}
        self.most_cells = max(self.most_cells, len(used))

    def logits(self, sequence: int) -> Row:
        return self.table[self._cells[sequence][-1][0]]

    def tokens(self, sequence: int) -> Sequence[int]:
        return [token for token, _ in self._cells.get(sequence, [])]

    def fork(self, source: int, targets: Iterable[int]) -> None:
        for target in targets:
            self._cells[target] = list(self._cells[source])

    def drop(self, sequence: int, length: int = 0) -> int:
        self._cells[sequence] = self._cells.get(sequence, [])[:length]
        return len(self._cells[sequence])

    def piece(self, token: int) -> bytes:
        return b"abc"[token : token + 1]

    def ends(self, token: int) -> bool:
        return token == END
