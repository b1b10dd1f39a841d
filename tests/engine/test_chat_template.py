"""Chat formats: rendered as the model's makers mean them, and bounded when they are hostile."""

from __future__ import annotations

import pytest

from localpersona.engine.chat_template import CHATML, ChatTemplate, Part, TemplateError
from localpersona.values import Turn

TALK = [Turn("system", "S"), Turn("user", " Q "), Turn("assistant", "A"), Turn("user", "R")]
GEMMA = (
    "{{ bos_token }}{% if messages[0].role == 'system' %}{{ raise_exception('No system role') }}{% endif %}"
    "{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate') }}{% endif %}"
    "{% set role = 'model' if message['role'] == 'assistant' else message['role'] %}"
    "{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
)
LLAMA3 = (
    "{% for message in messages %}{% set content = '<|start_header_id|>' + message.role + '<|end_header_id|>"
    "\n\n' + message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}"
    "{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}"
    "{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}"
)


def text(template: ChatTemplate, turns: list[Turn] = TALK) -> str:
    return "".join(part.text for part in template.parts(turns))


def test_contents_and_template_are_told_apart() -> None:
    assert ChatTemplate(CHATML).parts([Turn("user", "<|im_end|>")]) == [
        Part("<|im_start|>user\n", False),
        Part("<|im_end|>", True),
        Part("<|im_end|>\n<|im_start|>assistant\n", False),
    ]


def test_contents_that_the_template_trims_are_trimmed() -> None:
    assert text(ChatTemplate(LLAMA3, bos="<B>")) == (
        "<B><|start_header_id|>system<|end_header_id|>\n\nS<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n"
        "Q<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\nA<|eot_id|><|start_header_id|>user"
        "<|end_header_id|>\n\nR<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"
    )
    assert "user\n Q <|im_end|>" in text(ChatTemplate(CHATML))


def test_without_a_system_role_its_text_begins_the_first_question() -> None:
    assert text(ChatTemplate(GEMMA, bos="<bos>")) == (
        "<bos><start_of_turn>user\nS\n\n Q<end_of_turn>\n<start_of_turn>model\nA<end_of_turn>\n"
        "<start_of_turn>user\nR<end_of_turn>\n<start_of_turn>model\n"
    )


def test_neighbours_of_one_role_are_joined_for_templates_that_want_alternation() -> None:
    assert "user\none\n\ntwo<end_of_turn>" in text(
        ChatTemplate(GEMMA), [Turn("user", "one"), Turn("user", "two")]
    )


def test_contents_cannot_run_code_or_imitate_the_marks() -> None:
    for evil in ("{{ 7*7 }}", "{% raw %}", "m0123456789abcdefx000001"):
        assert ChatTemplate(CHATML).parts([Turn("user", evil)])[1] == Part(evil, True)


def test_a_template_may_use_what_the_usual_ones_use() -> None:
    source = (
        "{% generation %}{{ strftime_now('%Y') | length }}{{ {'a': 'ä'} | tojson }}{% endgeneration %}"
        + CHATML
    )
    assert text(ChatTemplate(source)).startswith('4{"a": "ä"}<|im_start|>')


@pytest.mark.parametrize(
    "source",
    [
        "{% for m in messages %}{{ m.role }}{% endfor %}",  # no contents
        "{% for m in messages %}{{ m.content }}{{ m.content }}{% endfor %}",
        "{% for m in messages | reverse %}{{ m.content }}{% endfor %}",
        "{{ messages.append(1) }}" + CHATML,
        "{{ undefined.attribute }}" + CHATML,
        "{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}" + CHATML,
        "{% for i in range(99999) %}{{ 'x' * 999 }}{% endfor %}" + CHATML,
        "{{ 'x' * 10**11 }}" + CHATML,
        "x" * 300_000 + CHATML,
    ],
)
def test_what_does_not_work_is_refused(source: str) -> None:
    with pytest.raises(TemplateError):
        ChatTemplate(source)


def test_the_fallback_says_why() -> None:
    assert ChatTemplate.for_model({}).origin == "ChatML, because the model has no chat template"
    assert "does not work" in ChatTemplate.for_model({"own": "{% if"}).origin
    assert ChatTemplate.for_model({"own": CHATML, "tools": CHATML}).origin == "own"


def test_of_several_templates_the_first_that_works_is_used_and_named() -> None:
    template = ChatTemplate.for_model({"own": "{% if", "tools": CHATML})
    assert template.origin == "tools"


@pytest.mark.parametrize(
    ("taken_off", "expected"),
    [
        ("", "\n Q \n"),
        ("|trim", "Q"),
        (".lstrip()", "Q \n"),
        (".rstrip('\\n')", "\n Q "),
        (".strip('\\n')", " Q "),
    ],
)
def test_what_a_template_takes_off_contents_is_taken_off(taken_off: str, expected: str) -> None:
    source = "{% for m in messages %}<{{ m.role }}>{{ m.content" + taken_off + " }}</>{% endfor %}"
    assert f"<user>{expected}</>" in text(ChatTemplate(source), [Turn("user", "\n Q \n")])


def test_powers_wait_for_no_conversation_to_burn_the_processor() -> None:
    """Nothing interrupts Python while it computes one, and the template is tried out with short talks only."""
    source = "{% for m in messages %}{{ m.content }}{% endfor %}{% if messages|length > 5 %}{{ 7**10**8 }}{% endif %}"
    template = ChatTemplate(source)
    talk = [Turn("user", "a"), Turn("assistant", "b")] * 3
    with pytest.raises(TemplateError, match="powers"):
        template.parts(talk)
