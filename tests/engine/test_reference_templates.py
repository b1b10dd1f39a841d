"""The usual families' own templates: our parts, joined, are what the reference renders."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2.sandbox import ImmutableSandboxedEnvironment

from localpersona.engine.chat_template import ChatTemplate
from localpersona.values import Role, Turn

TEMPLATES = {
    path.stem: path.read_text() for path in sorted(Path(__file__).with_name("templates").glob("*.jinja"))
}
BOS, EOS = "<B>", "<E>"
NO_SYSTEM_ROLE = {"gemma-2", "mistral-7b"}
SHAPES: list[list[Role]] = [
    ["user"],
    ["system", "user"],
    ["user", "assistant", "user"],
    ["system", "user", "assistant", "user"],
    ["system", "user", "assistant", "user", "assistant", "user", "assistant", "user"],
]
TALK = [Turn("system", "Be brief."), Turn("user", "Hello!"), Turn("assistant", "Hi."), Turn("user", "And?")]
EXPECTED = {
    "chatml": "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHello!<|im_end|>\n"
    "<|im_start|>assistant\nHi.<|im_end|>\n<|im_start|>user\nAnd?<|im_end|>\n<|im_start|>assistant\n",
    "gemma-2": "<B><start_of_turn>user\nBe brief.\n\nHello!<end_of_turn>\n<start_of_turn>model\nHi.<end_of_turn>\n"
    "<start_of_turn>user\nAnd?<end_of_turn>\n<start_of_turn>model\n",
    "llama-3": "<B><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|><|start_header_id|>user"
    "<|end_header_id|>\n\nHello!<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\nHi.<|eot_id|>"
    "<|start_header_id|>user<|end_header_id|>\n\nAnd?<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
    "mistral-7b": "<B>[INST] Be brief.\n\nHello! [/INST]Hi.<E>[INST] And? [/INST]",
    "mistral-nemo": "<B>[INST]Hello![/INST]Hi.<E>[INST]Be brief.\n\nAnd?[/INST]",
    "phi-3.5": "<|system|>\nBe brief.<|end|>\n<|user|>\nHello!<|end|>\n<|assistant|>\nHi.<|end|>\n<|user|>\nAnd?"
    "<|end|>\n<|assistant|>\n",
    "phi-4": "<|im_start|>system<|im_sep|>Be brief.<|im_end|><|im_start|>user<|im_sep|>Hello!<|im_end|>"
    "<|im_start|>assistant<|im_sep|>Hi.<|im_end|><|im_start|>user<|im_sep|>And?<|im_end|>"
    "<|im_start|>assistant<|im_sep|>",
    "zephyr": "<|system|>\nBe brief.<E>\n<|user|>\nHello!<E>\n<|assistant|>\nHi.<E>\n"
    "<|user|>\nAnd?<E>\n<|assistant|>\n",
}
EXPECTED |= dict.fromkeys(("qwen2.5", "qwen3"), EXPECTED["chatml"])


def reference(source: str, turns: list[Turn]) -> str:
    """Render with real contents, set up as the transformers package does it."""
    environment: Any = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
    )
    environment.filters["tojson"] = json.dumps

    def refuse(message: str) -> None:
        raise ValueError(message)

    environment.globals["raise_exception"] = refuse
    messages = [{"role": turn.role, "content": turn.content} for turn in turns]
    rendered: str = environment.from_string(source).render(
        messages=messages,
        tools=None,
        documents=None,
        add_generation_prompt=True,
        bos_token=BOS,
        eos_token=EOS,
    )
    return rendered


def ours(template: ChatTemplate, turns: list[Turn]) -> str:
    return "".join(part.text for part in template.parts(turns))


@pytest.fixture(scope="module", params=TEMPLATES)
def family(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def template(family: str) -> ChatTemplate:
    return ChatTemplate(TEMPLATES[family], bos=BOS, eos=EOS)


def test_a_conversation_reads_as_the_familys_documentation_says(family: str, template: ChatTemplate) -> None:
    assert ours(template, TALK) == EXPECTED[family]


CONTENT = st.text("ab {}%'\n\t<>é", min_size=1, max_size=12).filter(lambda text: bool(text.strip()))


@settings(derandomize=True, deadline=None, max_examples=25)
@given(data=st.data())
def test_any_conversation_is_rendered_exactly_as_by_the_reference(
    family: str, template: ChatTemplate, data: st.DataObject
) -> None:
    shapes = [shape for shape in SHAPES if family not in NO_SYSTEM_ROLE or shape[0] != "system"]
    turns = [Turn(role, data.draw(CONTENT)) for role in data.draw(st.sampled_from(shapes))]
    assert ours(template, turns) == reference(TEMPLATES[family], turns)


def test_every_role_is_known_to_the_templates() -> None:
    assert {turn.role for turn in TALK} == set(get_args(Role))
