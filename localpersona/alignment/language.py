"""Whether a text is English, the one language that the reward model was trained on.

Two signs: the script its letters are written in, and its commonest little words (articles, pronouns,
prepositions), which make up a third to a half of any running text and hardly overlap between languages.
Detectors were considered: the small ones want a model file or are no longer kept, the good ones add tens of
megabytes; and all of them name one of a hundred languages, where the question here is only "English or not?",
asked of prompts of one line, with English by far the likeliest. What this does not know: languages that are
not in the lists, and texts without little words (a name, a formula, code). Those count as English.
"""

from __future__ import annotations

import re
import unicodedata


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ENGLISH = _words(
    "the a an and or but of to in on at for from with by about as is are was were be been am do does did have has "
    "had i you he she it we they my your his her its our their me him them this that these those what which who "
    "how why when where can could will would should may not no if so than there more some any all please"
)
_OTHERS: dict[str, frozenset[str]] = {
    "German": _words(
        "der die das den dem des ein eine einen einem und oder aber nicht ich du er sie es wir ihr mein dein ist "
        "sind war bin hat haben wird werden kann wie was warum wer wo auf aus bei mit nach von vom zu zum zur für "
        "über auch noch nur wenn dass im am bitte mir mich dir"
    ),
    "French": _words(
        "le la les un une des du de et ou mais ne pas je tu il elle nous vous ils elles mon ma mes est sont était "
        "ai as ont suis que qui quoi comment pourquoi quand où dans sur avec pour par sans au aux ce cette ces "
        "plus très quel quelle peux peut moi c'est s'il"
    ),
    "Spanish": _words(
        "el la los las un una unos y o pero no yo tú él ella nosotros mi mis tu es son era soy está están ha han "
        "que qué cómo por para con sin de del en al se lo le su sus más muy cuál cuándo dónde quién puedo puede "
        "favor"
    ),
    "Italian": _words(
        "il lo la i gli le un una uno e o ma non io tu lui lei noi voi mio mia è sono era ho ha hanno che chi come "
        "perché quando dove di del della dei in nel nella su con per da al alla più molto quale posso può mi si "
        "cosa"
    ),
    "Portuguese": _words(
        "o a os as um uma e ou mas não eu tu ele ela nós você meu minha é são era estou está tem que como por para "
        "com sem de do da dos das em no na nos ao se mais muito qual quando onde quem posso pode"
    ),
    "Dutch": _words(
        "de het een en of maar niet ik jij je hij zij wij we mijn is zijn was ben heeft hebben wordt kan hoe wat "
        "waarom wie waar op uit bij met naar van voor over ook nog als dat dit die er te om aan in"
    ),
    "Swedish, Danish or Norwegian": _words(
        "en ett et den det de og och eller men inte ikke jag jeg du han hun hon vi min mitt är er var har kan "
        "hur hvordan vad hva hvad varför hvorfor vem på av af med till til från fra för for om som att at i"
    ),
    "Polish, Czech or Croatian": _words(
        "i a w we z ze na do nie ja ty on ona my jest są był mam jak co dlaczego kto gdzie że się to ten ta dla po "
        "je jsem jsou není proč kdo kde jako sam si ne kako što zašto gdje su"
    ),
    "Turkish": _words(
        "ve veya ama bir bu şu o ben sen biz siz ne nasıl neden kim nerede için ile de da mi mı mu mü değil var yok "
        "daha çok en gibi"
    ),
    "Indonesian or Malay": _words(
        "yang dan atau di ke dari untuk dengan ini itu saya aku kamu dia kami kita tidak adalah apa bagaimana "
        "mengapa kenapa siapa ada akan bisa dapat"
    ),
    "Finnish": _words(
        "ja tai mutta ei en on olen ovat oli mitä miten miksi kuka missä se tämä hän minä sinä että kun"
    ),
    "Hungarian": _words("a az és vagy de nem van egy hogy mit hogyan miért ki hol én te mi meg is csak"),
    "Vietnamese": _words(
        "là và của có không tôi bạn cho một những các được trong với này làm thế nào gì tại sao"
    ),
}  # fmt: skip
_SCRIPTS = {
    "CYRILLIC": "in Cyrillic letters",
    "GREEK": "Greek",
    "ARABIC": "in Arabic letters",
    "HEBREW": "Hebrew",
    "DEVANAGARI": "in Devanagari letters",
    "BENGALI": "Bengali",
    "TAMIL": "Tamil",
    "THAI": "Thai",
    "CJK": "Chinese or Japanese",
    "HIRAGANA": "Japanese",
    "KATAKANA": "Japanese",
    "HANGUL": "Korean",
}
_NAMES = _words(
    "french german spanish italian portuguese dutch swedish danish norwegian finnish polish czech croatian "
    "serbian slovak slovenian hungarian romanian bulgarian greek turkish russian ukrainian arabic hebrew persian "
    "farsi hindi urdu bengali punjabi tamil telugu thai vietnamese indonesian malay tagalog chinese mandarin "
    "cantonese japanese korean latin esperanto welsh irish catalan basque swahili afrikaans icelandic"
)
_NAME = "|".join(sorted(_NAMES))
_WANTED = re.compile(
    rf"\b(?:translate|translation|answer|reply|respond|write|say|put|explain|tell|speak|give)\b[^.?!\n]{{0,80}}?"
    rf"\b(?:in|into|to) ({_NAME})\b(?=\s*(?:[,.:;!?()\n]|$|(?:please|and|how|what|why|about|so|using|with|for|the)\b))|"
    rf"(?:^|[,;:.!?\n]\s*)(?:please )?in ({_NAME})\b(?=[,:.!]|\s*$)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_CODE = re.compile(r"```.*?(?:```|$)|`[^`\n]+`|https?://\S+", re.DOTALL)
_READ = 5000
"""Characters of a text that are looked at."""
_FOREIGN_LETTERS = 0.3
"""Share of letters outside the Latin script from which a text is not English: quoting a word does not count."""


def foreign_language(text: str) -> str:
    """Return in words which language a text is in when it is not English; "" when it is, or cannot be told."""
    plain = unicodedata.normalize("NFC", _CODE.sub(" ", text[:_READ]))
    return _by_script(plain) or _by_little_words(plain)


def requested_language(prompt: str) -> str:
    """Return the language that a prompt asks for ("in French", "translate … into Thai"); "" when none, or English."""
    found = _WANTED.search(prompt[:_READ])
    return "" if found is None else (found.group(1) or found.group(2)).capitalize()


def _by_script(text: str) -> str:
    letters = [letter for letter in text if letter.isalpha()]
    scripts: dict[str, int] = {}
    for letter in letters:
        if letter > "ʯ":  # the last of the Latin blocks
            script = unicodedata.name(letter, "").split(" ")[0].split("-")[0]
            scripts[script] = scripts.get(script, 0) + 1
    scripts.pop("LATIN", None)  # Vietnamese letters, among others
    if not letters or sum(scripts.values()) < _FOREIGN_LETTERS * len(letters):
        return ""
    return _SCRIPTS.get(max(scripts, key=lambda script: scripts[script]), "in another script")


def _by_little_words(text: str) -> str:
    words = [word.lower().replace("’", "'") for word in _WORD.findall(text)]
    english = sum(word in ENGLISH for word in words)
    counts = {language: sum(word in known for word in words) for language, known in _OTHERS.items()}
    best = max(counts, key=lambda language: counts[language])
    # One foreign little word may be a title or a name; twice as many as English ones are a language.
    enough = counts[best] >= 2 and counts[best] > 2 * english
    return best if enough and counts[best] >= 0.15 * len(words) else ""
