"""From text to tokens and back by a model's vocabulary. What people write never becomes a control token."""

from __future__ import annotations

import ctypes
import re
from functools import cached_property
from itertools import pairwise
from typing import Any

from llama_cpp import llama_cpp as L

_THINK = (b"<think>", b"</think>")
_CONTROL_LIKE = re.compile(
    r"<[|｜].*[|｜]>|</?s>|\[/?[A-Z_]+\]|<</?[A-Z]+>>|</?\w*(?:turn|tool|think|im_|sep)\w*>"
)
_EVERY_BYTE = "".join(
    chr(code)
    for codes in (
        range(1, 0xC0),
        range(0xC0, 0x800, 0x40),
        range(0x800, 0xD800, 0x800),
        range(0xE000, 0x110000, 0x1000),
    )
    for code in codes
)


class Vocabulary:
    """The vocabulary of a loaded model, which must outlive it.

    template: source of the model's chat template. llama.cpp leaves control tokens in plain text alone, but
    always recognises "user defined" ones; those that the template is built of, or that look like control
    tokens, must not be recognised in what people write either.
    """

    def __init__(self, model: Any, template: str = "") -> None:
        self._vocabulary = L.llama_model_get_vocab(model)
        self._pieces: dict[int, bytes] = {}
        self.size: int = L.llama_vocab_n_tokens(self._vocabulary)
        self.adds_bos = bool(L.llama_vocab_get_add_bos(self._vocabulary))
        self.bos: int = L.llama_vocab_bos(self._vocabulary)
        self.eos: int = L.llama_vocab_eos(self._vocabulary)
        self._spaced = L.llama_vocab_type(self._vocabulary) == L.LLAMA_VOCAB_TYPE_SPM
        self.control: dict[str, int] = {}
        """Tokens that only a template may produce."""
        user_defined: list[str] = []
        for token in range(self.size):
            attributes = L.llama_vocab_get_attr(self._vocabulary, token)
            if attributes & (L.LLAMA_TOKEN_ATTR_CONTROL | L.LLAMA_TOKEN_ATTR_UNKNOWN):
                self.control[self.text(token)] = token
            elif attributes & L.LLAMA_TOKEN_ATTR_USER_DEFINED:
                user_defined.append(self.text(token))
        guarded = [
            text
            for text in user_defined
            if len(text) > 1 and not text.isspace() and (text in template or _CONTROL_LIKE.fullmatch(text))
        ]
        self._guarded = (
            re.compile("|".join(map(re.escape, sorted(guarded, key=len, reverse=True)))) if guarded else None
        )

    def text(self, token: int) -> str:
        """Return how the vocabulary spells the token; "" for none (-1)."""
        raw = L.llama_vocab_get_text(self._vocabulary, token) if 0 <= token < self.size else b""
        return str((raw or b"").decode("utf-8", "replace"))

    def ends(self, token: int) -> bool:
        return bool(L.llama_vocab_is_eog(self._vocabulary, token))

    def is_control(self, token: int) -> bool:
        return bool(L.llama_vocab_is_control(self._vocabulary, token))

    def piece(self, token: int) -> bytes:
        """Return the token as bytes of text; control tokens are empty, except the tags of reasoning."""
        if token not in self._pieces:
            shown = L.llama_vocab_get_text(self._vocabulary, token) in _THINK
            self._pieces[token] = self._piece(token, shown)
        return self._pieces[token]

    def _piece(self, token: int, special: bool, size: int = 64) -> bytes:
        buffer = ctypes.create_string_buffer(size)
        length = L.llama_token_to_piece(self._vocabulary, token, buffer, size, 0, special)
        return self._piece(token, special, -length) if length < -size else buffer.raw[: max(length, 0)]

    def try_out(self) -> None:
        """Tokenise text with every byte that UTF-8 has. With a damaged vocabulary llama.cpp aborts on some of them."""
        self.tokenise_content(_EVERY_BYTE)

    @cached_property
    def longest(self) -> int:
        """Bytes of the longest token: n bytes of text are at least n / longest tokens."""
        return max((len(self.text(token).encode()) for token in range(self.size)), default=1)

    def tokenise_template(self, text: str, *, continues: bool = False) -> list[int]:
        """Return the tokens of text written by the template: control tokens are recognised."""
        return self._tokenise(text, True, continues)

    def tokenise_content(self, text: str, *, continues: bool = True, guard: bool = True) -> list[int]:
        """Return the tokens of text written by people or models: never a control token.

        continues: whether ordinary text stands before it; vocabularies of the SentencePiece kind put a space
        before text that begins the prompt or follows a control token. guard=False lets "user defined" tokens
        through, which the model's own half-written answer needs.
        """
        tokens: list[int] = []
        for part in self._cut(text) if guard else [text]:
            tokens += self._tokenise(part, False, continues)
            continues = True
        return tokens

    def _cut(self, text: str) -> list[str]:
        """Cut the text inside every guarded spelling, so that it reads the same but never matches."""
        if self._guarded is None:
            return [text]
        cuts = [0, *(found.start() + 1 for found in self._guarded.finditer(text)), len(text)]
        return [text[start:end] for start, end in pairwise(cuts)]

    def _tokenise(self, text: str, special: bool, continues: bool) -> list[int]:
        if not text:
            return []
        if not (self._spaced and continues):
            return self._plain(text, special)
        # With a line break before it the text gets no extra space; the line break's own tokens are then taken off.
        head, whole = self._plain("\n", False), self._plain("\n" + text, special)
        return whole[len(head) :] if whole[: len(head)] == head else self._plain(text, special)

    def _plain(self, text: str, special: bool) -> list[int]:
        data = text.encode("utf-8", "replace")
        room = len(data) + 8
        tokens = (L.llama_token * room)()
        count = L.llama_tokenize(self._vocabulary, data, len(data), tokens, room, False, special)
        if count < 0:
            tokens = (L.llama_token * -count)()
            count = L.llama_tokenize(self._vocabulary, data, len(data), tokens, -count, False, special)
        return list(tokens[: max(count, 0)])
