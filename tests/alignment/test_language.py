"""English or not: by script and little words, in doubt English."""

from __future__ import annotations

import pytest

from localpersona.alignment.language import foreign_language, requested_language

FOREIGN = {
    "Wie bekomme ich Wachs aus einer Tischdecke?": "German",
    "Was soll ich für ein Wochenende am Meer einpacken?": "German",
    "Kannst du mir erklären, warum der Himmel blau ist?": "German",
    "Comment enlever la cire d'une nappe ?": "French",
    "Pourquoi le ciel est-il bleu ?": "French",
    "Peux-tu m'expliquer ce que c'est qu'une pompe à chaleur et comment elle marche dans une maison ?": "French",
    "¿Cómo puedo dormir mejor por la noche?": "Spanish",
    "¿Por qué el cielo es azul y no verde?": "Spanish",
    "Come faccio a togliere la cera da una tovaglia?": "Italian",
    "Perché il cielo è blu e non verde?": "Italian",
    "Como posso dormir melhor e não acordar com o barulho da rua?": "Portuguese",
    "Hoe krijg ik kaarsvet uit een tafelkleed?": "Dutch",
    "Waarom is de lucht blauw en niet groen?": "Dutch",
    "Hur kan jag sova bättre om natten och inte vakna av ljudet?": "Swedish, Danish or Norwegian",
    "Hvordan kan jeg sove bedre om natten?": "Swedish, Danish or Norwegian",
    "Jak mogę lepiej spać i co zrobić, że się nie budzę w nocy?": "Polish, Czech or Croatian",
    "Geceleri nasıl daha iyi uyurum ve ne yapmam için bir öneri var mı?": "Turkish",
    "Bagaimana saya bisa tidur lebih baik di malam hari dan apa yang harus dihindari?": "Indonesian or Malay",
    "Miten minä voin nukkua paremmin ja miksi herään yöllä?": "Finnish",
    "Làm thế nào để tôi có thể ngủ ngon hơn?": "Vietnamese",
    "Почему небо голубое?": "in Cyrillic letters",
    "Γιατί ο ουρανός είναι μπλε;": "Greek",
    "لماذا السماء زرقاء؟": "in Arabic letters",
    "天空为什么是蓝色的？": "Chinese or Japanese",
    "空はなぜ青いのですか？": "Japanese",
    "하늘은 왜 파란가요?": "Korean",
    "आसमान नीला क्यों है?": "in Devanagari letters",
    "ทำไมท้องฟ้าจึงเป็นสีฟ้า": "Thai",
}

ENGLISH = (
    "How do I get candle wax out of a tablecloth?",
    "Why is the sky blue?",
    "sleep better how",
    "ok",
    "Thanks!",
    "Gazpacho recipe",
    "Who was Charles de Gaulle?",
    "What does 'Wie geht es dir' mean?",
    "Is El Niño over?",
    "What is the Côte d'Azur like in May?",
    "Translate 'good morning' into Japanese",
    "What does 水 mean in Chinese characters, and how is it written?",
    "Who wrote Les Misérables?",
    "La La Land or Amélie tonight?",
    "Explain the word Schadenfreude to me",
    "x² + y² = z², solve for y",
    "def f(x): return x + 1",
    "```\nfür die Liste der Namen\n```\nWhy does this print nothing?",
    "What is the difference between ser and estar?",
    "Order of the letters α, β and γ in the Greek alphabet, please",
    "pls fix my grammer: i has went home",
    "den of lions bible story",
    "Los Angeles to San Diego by train",
    "Do men die earlier than women?",
    "42",
    "",
    "😀😀😀",
    "Is Pad Thai or Tom Yum hotter?",
)

WANTED = {
    "Explain tides in French": "French",
    "Translate to Spanish: good morning": "Spanish",
    "Translate the following sentence into German: I am tired.": "German",
    "Please answer in Italian. Why is the sky blue?": "Italian",
    "Why is the sky blue? In Dutch, please.": "Dutch",
    "in Japanese: thank you very much": "Japanese",
    "How do people say hello in French cafés?": "",
    "What is popular in German schools?": "",
    "I live in Polish Hill. Where can I eat?": "",
    "Translate into English: Guten Morgen": "",
    "Why is Finnish so hard?": "",
}


@pytest.mark.parametrize("text", FOREIGN)
def test_other_languages_are_told(text: str) -> None:
    assert foreign_language(text) == FOREIGN[text]


@pytest.mark.parametrize("text", ENGLISH)
def test_english_and_what_cannot_be_told_is_left_alone(text: str) -> None:
    assert foreign_language(text) == ""


@pytest.mark.parametrize("prompt", WANTED)
def test_a_language_asked_for(prompt: str) -> None:
    found = requested_language(prompt)
    assert found == WANTED[prompt]
