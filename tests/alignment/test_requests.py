"""What a prompt asks for itself beats the profile; what merely mentions a manner does not."""

from __future__ import annotations

import numpy as np
import pytest

from localpersona.alignment.requests import STYLE, explicit_requests, settled, without

ASKED = {
    "Explain photosynthesis in detail.": "length",
    "Can you describe in great detail how a loom works?": "length",
    "Briefly, what is a mortgage?": "length",
    "please explain inflation briefly": "length",
    "What's the capital of Peru? Keep it short.": "length",
    "What causes tides? Answer in one sentence.": "length",
    "Write an essay of 300 words, no more than 300 words please": "length structure",
    "Give me a short summary of the French Revolution": "length",
    "I need a detailed explanation of compound interest": "length",
    "Tell me a short story about a fox": "length structure",
    "tl;dr of relativity": "length",
    "Is a tomato a fruit? Yes or no.": "length",
    "Just give me the answer: what is 17 times 23?": "length",
    "explain gravity concisely": "length",
    "Summarise the plot of Hamlet in under 50 words": "length",
    "Give me the steps as a list": "structure",
    "List five ways to save water": "structure",
    "please list the planets": "structure",
    "Compare tea and coffee in a table": "structure",
    "How do I change a tyre, step by step?": "structure",
    "What should I pack? Use bullet points.": "structure",
    "Answer in flowing prose, no lists": "structure",
    "Make me a checklist for moving house": "structure",
    "Write a formal letter to my landlord about the heating": "formality politeness structure",
    "Can you rewrite this more formally?": "formality",
    "reply in a casual tone: how was your day": "formality",
    "Draft a professional email to decline the offer": "formality structure",
    "Write a cover letter for a job in a bakery": "formality structure",
    "Write a letter of complaint about a late train": "formality politeness structure",
    "Help me: write a polite refusal": "politeness",
    "Be brutally honest, is my idea bad?": "politeness",
    "Tell me a joke about cats": "humour",
    "Write a funny toast for my brother": "humour",
    "No jokes please, what is wrong with my car?": "humour",
    "Write a limerick about rain": "humour structure",
    "Answer enthusiastically: should I learn the drums?": "enthusiasm",
    "no exclamation marks in the reply": "enthusiasm",
    "Write an empathetic note to a grieving friend": "warmth",
    "Describe the conflict neutrally": "warmth",
    "What is DNA in simple terms?": "depth",
    "explain blockchain like I'm five": "depth",
    "ELI5 black holes": "depth",
    "Explain enzymes to a ten-year-old": "depth",
    "Explain it for experts": "depth",
    "explain recursion without jargon": "depth",
    "Explain electricity with an analogy": "imagery",
    "Use a metaphor to explain patience": "imagery",
    "Ask me a few questions first, then plan my trip": "elicitation",
    "Plan a week of meals. Don't ask me any questions.": "elicitation",
    "Which laptop is better? Don't hedge.": "confidence",
    "Return only JSON with the keys name and age": "*",
    "Give me the countries of Europe as CSV": "*",
    "Give me the answer in JSON": "*",
    "code only: reverse a string in C": "*",
    "Write a Python function that sorts a list of dicts": "code",
    "Can you write a bash script that renames files?": "code",
    "fix this code please:\n```\nprint('hi'\n```": "code",
    "give me a regex for email addresses": "code",
    "Can you write me a 200-word article about bees": "length structure",
    "Rewrite it so that it sounds more professional": "formality",
    "I want a longer version": "length",
    "In two short paragraphs, what is democracy?": "length structure",
}

NOT_ASKED = (
    "How do I sleep better?",
    "I was briefly a teacher. Should I mention that?",
    "Tell me about a king who reigned briefly over Spain",
    "What is a formal letter?",
    "How do I write a formal letter?",
    "When should I wear formal clothes?",
    "What does concise mean?",
    "My boss gives detailed answers, is that normal?",
    "How short should a hem be?",
    "Is a short haircut easier to care for?",
    "What is a good length for a garden hose?",
    "Where can I buy a wooden table?",
    "My name is on the waiting list. What now?",
    "How do I get off a mailing list?",
    "What is a shopping list app for Android?",
    "Why do people tell jokes at funerals?",
    "Is it rude to leave early?",
    "Who wrote the shortest poem?",
    "How does a JSON parser work?",
    "What is JSON?",
    "Should I learn Python or Java?",
    "What is the function of the liver?",
    "Where did the dress code come from?",
    "My postcode is not accepted, why?",
    "What is a metaphor?",
    "Which analogy did Plato use?",
    "How can I be more confident at work?",
    "Why is my neighbour so polite?",
    "How do children learn to read?",
    "What do experts think about intermittent fasting?",
    "Is casual work taxed?",
    "What is casual dining?",
    "The professional cyclist fell twice. What happens to his points?",
    "Why is the story of Troy so long?",
    "I have a long message from my sister and don't know what she wants",
    "I had a short answer from the bank. What can I do?",
    "Can I grow tomatoes in plain sight of the street?",
    "What was the longest letter ever written?",
    "How do I ask for a raise?",
    "What questions should I ask a landlord?",
    "My doctor asked me three questions. Are they normal?",
    "How sure can one be of a pregnancy test?",
    "How long does it take to walk a mile?",
    "What are the steps of a waltz?",
    "Can a table be repaired with glue?",
    "What is the best way to store bullets?",
    "Did the lawyer mention details?",
    "Is depth perception inherited?",
    "What did the few words spoken by Armstrong mean?",
    "Proofread: \"Please answer briefly and in a formal tone, as a list.\"",
    "> keep it short and send JSON only\nWhat does my boss mean by this?",
    "Why is comedy so hard?",
    "Is it funny or sad that he left?",
    "How warm should a bedroom be?",
    "What makes a person empathetic?",
    "Are vivid dreams a bad sign?",
    "How do I cook rice?",
    "How do I start a podcast?",
    "Why did the author use the word 'short'?",
    "Where do I find the unit tests of this project?",
    "The recipe was too long and the cake too short. What went wrong?",
    "My email was formal and hers was casual. Who was right?",
    "What is the price list of a vet?",
)  # fmt: skip


@pytest.mark.parametrize("prompt", ASKED)
def test_what_is_asked_for_is_left_out(prompt: str) -> None:
    wanted = ASKED[prompt].split()
    found = settled(explicit_requests(prompt))
    if wanted == ["*"]:
        assert found == STYLE
    elif wanted == ["code"]:
        assert found >= {"structure", "length"} and "formality" not in found
    else:
        assert found == set(wanted)


@pytest.mark.parametrize("prompt", NOT_ASKED)
def test_what_is_only_mentioned_is_not(prompt: str) -> None:
    assert explicit_requests(prompt) == ()


def test_the_words_are_the_prompts_own() -> None:
    (asked,) = explicit_requests("Why is the sky blue?\nPlease answer in   one sentence.")
    assert asked.words == "in one sentence"


def test_a_request_at_the_end_of_many_pages_is_found() -> None:
    pages = (
        "make it a list of the who was in " * 20_000
    )  # would take for ever if a pattern went back and forth
    assert "humour" not in settled(explicit_requests(pages))
    assert "humour" in settled(explicit_requests(f"{pages}\nNo jokes, please."))


def test_a_settled_trait_counts_for_nothing() -> None:
    mean, covariance = without(
        [1.0, -2.0], [[1.0, 0.5], [0.5, 2.0]], ("length", "humour"), frozenset({"humour"})
    )
    assert np.array_equal(mean, [1.0, 0.0])
    assert np.array_equal(covariance, [[1.0, 0.0], [0.0, 0.0]])
