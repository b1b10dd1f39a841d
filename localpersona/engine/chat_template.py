"""A conversation in the model's own chat format, cut into what the template wrote and what people wrote.

The template is rendered with random marks in place of the contents, so that no content can change what it
does, and the result is split at the marks. A template comes with the model file, hence from anywhere: it runs
in jinja2's sandbox with bounded source, time, memory and output.
"""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from jinja2 import Template, nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from localpersona.engine.limits import bounded
from localpersona.values import Role, Turn

CHATML = """
{%- for message in messages %}
{{- '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"""
CHATML_END = "<|im_end|>"
_LONGEST_SOURCE = 200_000  # characters; the longest known are about 30,000
_LONGEST_RESULT = 2_000_000
_SECONDS, _BYTES = 1.0, 256 * 2**20
_PADDING = "\n \n"  # around contents while trying out: what is left of it shows what the template strips


_Result = TypeVar("_Result")


class TemplateError(Exception):
    """The template does not work, or not for this conversation."""


OWN = "chat template of the model"


@dataclass(frozen=True, slots=True)
class Part:
    text: str
    content: bool
    """True: written by a person or a model, never to be read for control tokens."""


@dataclass(frozen=True, slots=True)
class _Trim:
    """What the template takes off a content, as arguments for lstrip and rstrip: "" nothing, None all white space."""

    left: str | None = ""
    right: str | None = ""

    def __call__(self, content: str) -> str:
        return content.lstrip(self.left).rstrip(self.right)


class ChatTemplate:
    """One template, compiled and tried out. Raises TemplateError when a plain conversation is beyond it."""

    def __init__(self, source: str, *, bos: str = "", eos: str = "", origin: str = OWN) -> None:
        self.origin = origin
        self._tokens = {"bos_token": bos, "eos_token": eos}
        self._template = _compile(source)
        self._merges_system = False
        self._trims: dict[Role, _Trim] = {}
        self._try_out()

    @classmethod
    def for_model(cls, sources: Mapping[str, str], *, bos: str = "", eos: str = "") -> ChatTemplate:
        """Return the first of the model's templates that works, or ChatML, and an origin that says which and why.

        sources: origin → template, the best first.
        """
        for origin, source in sources.items():
            with contextlib.suppress(TemplateError):
                return cls(source, bos=bos, eos=eos, origin=origin)
        reason = (
            "the model's own chat template does not work" if sources else "the model has no chat template"
        )
        return cls(CHATML, bos=bos, eos=eos, origin=f"ChatML, because {reason}")

    def parts(self, turns: Sequence[Turn]) -> list[Part]:
        """Return the conversation up to where the assistant's next answer begins. Raises TemplateError.

        Neighbours of the same role are joined, because many templates insist on alternation.
        """
        turns = _joined(turns)
        if self._merges_system and turns and turns[0].role == "system":
            turns = _with_system_in_question(turns)
        pieces, order = self._pieces([turn.role for turn in turns])
        parts = [Part(pieces[0], False)]
        for index, piece in zip(order, pieces[1:], strict=True):
            turn = turns[index]
            parts += [Part(self._trims.get(turn.role, _Trim())(turn.content), True), Part(piece, False)]
        return [part for part in parts if part.text]

    def _pieces(self, roles: Sequence[Role], padding: str = "") -> tuple[list[str], list[int]]:
        """Return what the template writes around the contents, one piece more than there are roles, and the order
        in which the contents stand between them: some put the system's words before the last question."""
        mark = f"m{secrets.token_hex(8)}x"
        messages = [
            {"role": role, "content": f"{padding}{mark}{index:06d}{padding}"}
            for index, role in enumerate(roles)
        ]
        pieces = re.split(mark + r"(\d{6})", self._render(messages))
        order = [int(index) for index in pieces[1::2]]
        said = [index for index in order if roles[index : index + 1] != ["system"]]
        if sorted(order) != list(range(len(roles))) or said != sorted(said):
            raise TemplateError("the template leaves out, repeats or reorders messages")
        return pieces[::2], order

    def _render(self, messages: list[dict[str, str]]) -> str:
        values = {"messages": messages, "add_generation_prompt": True, "tools": None, "documents": None}
        return _guard(lambda: _collect(self._template, {**values, **self._tokens}))

    def _try_out(self) -> None:
        """Learn from a small conversation whether there is a system role, and what is taken off contents."""
        roles: list[Role] = ["system", "user", "assistant", "user"]
        try:
            pieces, order = self._pieces(roles, _PADDING)
        except TemplateError:
            self._merges_system = True
            roles = roles[1:]
            pieces, order = self._pieces(roles, _PADDING)
        for index, before, after in zip(order, pieces, pieces[1:], strict=False):
            self._trims[roles[index]] = _Trim(_left_trim(before), _right_trim(after))


def _left_trim(before: str) -> str | None:
    return "" if before.endswith(_PADDING) else "\n" if before.endswith(_PADDING[1:]) else None


def _right_trim(after: str) -> str | None:
    return "" if after.startswith(_PADDING) else "\n" if after.startswith(_PADDING[:-1]) else None


def _joined(turns: Sequence[Turn]) -> list[Turn]:
    joined: list[Turn] = []
    for turn in turns:
        if joined and joined[-1].role == turn.role:
            turn = Turn(turn.role, f"{joined.pop().content}\n\n{turn.content}")
        joined.append(turn)
    return joined


def _with_system_in_question(turns: Sequence[Turn]) -> list[Turn]:
    """For models without a system role: what it would say begins the first question."""
    system, *rest = turns
    if not rest or rest[0].role != "user":
        return [Turn("user", system.content), *rest]
    return [Turn("user", f"{system.content}\n\n{rest[0].content}"), *rest[1:]]


def _compile(source: str) -> Template:
    if len(source) > _LONGEST_SOURCE:
        raise TemplateError("the template is too long")
    environment = _Sandbox(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols, _Generation])
    environment.filters["tojson"] = lambda value, **options: json.dumps(value, ensure_ascii=False, **options)
    environment.globals |= {"raise_exception": _raise, "strftime_now": time.strftime}
    return _guard(lambda: environment.from_string(source))


def _collect(template: Template, values: dict[str, Any]) -> str:
    result, size = [], 0
    for piece in template.generate(values):
        size += len(piece)
        if size > _LONGEST_RESULT:
            raise TemplateError("the template writes too much")
        result.append(piece)
    return "".join(result)


def _guard(work: Callable[[], _Result]) -> _Result:
    """Do untrusted work within limits; whatever it raises becomes a TemplateError."""
    try:
        with bounded(_SECONDS, _BYTES):
            return work()
    except TemplateError:
        raise
    except Exception as error:
        raise TemplateError(f"{type(error).__name__}: {error}") from error


class _Sandbox(ImmutableSandboxedEnvironment):
    """jinja2's, without powers: one of large numbers takes minutes in which nothing can interrupt Python."""

    intercepted_binops = frozenset({"**"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        raise TemplateError("the template computes powers")


def _raise(message: str) -> None:
    raise TemplateError(message)


class _Generation(Extension):
    """`{% generation %}…{% endgeneration %}` marks what the assistant says, for training only."""

    tags = {"generation"}  # noqa: RUF012  jinja2 declares it as a plain set

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)
