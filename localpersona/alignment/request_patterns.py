"""The wordings by which prompts ask for a manner, trait by trait. English only; see `requests`."""

from __future__ import annotations

_ASK = (
    r"(?:answer|explain|describe|tell|give|write|rewrite|rephrase|summari[sz]e|list|show|reply|respond|outline|"
    r"discuss|compare|define|draft|compose|put|keep|make|be|sound|say|provide|present|format|return|output|"
    r"create|generate|use|speak|talk|phrase|state|want|need|prefer|i'd like|please)"
)
# Words between request and manner, but not into a relative clause: "tell me about a king who ruled briefly".
_GAP = r"(?:(?!\b(?:who|whose|which|was|were|because|when|why)\b)[^.?!;\n]){0,60}?"
_BEGIN = r"(?:^|[.?!:;\n]\s*)"
_END = r"(?=\s*(?:please|thanks|thank you)?\s*[.?!]*\s*$)"
_NUMBER = r"(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|a few|a couple of|a single|a)"
_PIECE = r"(?:answer|reply|response|explanation|summary|version|message|note|list|overview|description)s?"
_WORK = (
    r"(?:story|poem|haiku|sonnet|limerick|song|essay|article|report|e-?mail|letter|speech|dialogue|guide|"
    r"post|review)"
)
_LAYOUT = r"(?:lists?|bullet(?:ed)?[- ]?(?:points?)?|bullets|tables?|headings?|numbered (?:steps|points)|checklists?)"


def _asked(manner: str) -> str:
    """Return a pattern for the manner beside a word of request, or alone at an end of the prompt."""
    return (
        rf"\b{_ASK}\b{_GAP}\b{manner}\b|{_BEGIN}{manner}\b(?=\s*[,:.!-]|\s+{_ASK}\b)|[,;:]\s*{manner}{_END}"
    )


MANNERS: tuple[tuple[str, str], ...] = (
    # How to say it: a request wherever it stands, "What is DNA, in simple terms?"
    ("length", _asked(r"(?:very )?(?:briefly|concisely|succinctly|tersely|at length|thoroughly|exhaustively)")),
    ("length", r"\bin (?:(?:great|more|full|some|as much) )?detail\b|\bin a nutshell\b|\btl;?dr\b"),
    ("length", rf"\b(?:in|within|under|at most|no more than|less than|max(?:imum)?|about|around) {_NUMBER} "
               r"(?:(?:short|long|simple|full|single) )?(?:words?|sentences?|lines?|paragraphs?|pages?|"
               r"characters)\b"),
    ("length", r"\b(?:yes or no|as (?:short|brief|long|detailed) as (?:possible|you can)|key points only)\b"),
    ("structure", rf"\b(?:as|in|into|with|using) (?:an? |"
                  rf"the )?(?:\w+ ){{0,2}}?{_LAYOUT}\b(?! (?:of contents|price))"),
    ("structure", r"\bstep[- ]by[- ]step\b|\b(?:no|without) (?:bullets?|lists?|bullet points|headings)\b"),
    ("structure", r"\b(?:as|in) (?:(?:flowing|plain|continuous) )?prose\b|"
                  r"\b(?:in|as) (?:one|a single|a|two|three|\d+) (?:\w+ )?paragraphs?\b"),
    ("formality", r"\bin (?:an? )?(?:\w+ )?(?:formal|informal|casual|professional|chatty) (?:tone|style|"
                  r"language|register|way)\b"),
    ("humour", r"\b(?:no|without|skip the) (?:jokes?|humou?r)\b|\bin a (?:funny|humorous|witty|"
               r"serious) (?:way|tone|style)\b"),
    ("enthusiasm", r"\b(?:no|without) exclamation marks?\b|\bin an? (?:enthusiastic|excited|calm) (?:way|"
                   r"tone|voice)\b"),
    ("depth", r"\b(?:in|using|with) (?:very )?(?:simple|plain|layman'?s|lay|everyday|easy|technical|"
              r"non-technical) "
              r"(?:words?|terms?|language|english)\b|\beli5\b|\b(?:no|without) jargon\b"),
    ("depth", r"\b(?:like|as if|as though) i(?:'m|’m| am| were|'d be) (?:a )?(?:five|5|ten|10|child|"
              r"beginner|kid)\b|"
              r"\b(?:for|to) (?:an? )?(?:five|5|six|6|ten|10)[- ]year[- ]olds?\b"),
    ("imagery", r"\b(?:with|using|without|no) (?:an? |any |some )?(?:real[- ]life )?(?:analog(?:y|ies)|"
                r"metaphors?|similes?)\b"),
    ("elicitation", r"\bask me (?:\w+ ){0,3}questions?\b|\b(?:quiz|interview) me\b|\bask me (?:first|before)\b|"
                    r"\b(?:don'?t|do not|without) ask(?:ing)? (?:me )?(?:\w+ )?(?:questions?|back)\b"),
    ("confidence", r"\b(?:don'?t|do not|without|no) hedg(?:e|ing)\b|\bsay (?:so )?if you(?:'re|"
                   r" are) (?:not sure|unsure)\b"),
    ("*", r"\b(?:only|just|nothing but|raw|valid)\b[^.?!\n]{0,30}\b(?:json|xml|yaml|csv|html|code|sql|"
          r"markdown)\b|"
          r"\b(?:as|in|into) (?:an? |valid |raw )*(?:json|xml|yaml|csv|toml)\b(?! (?:parser|file))|"
          r"\b(?:json|xml|yaml|csv|code) only\b"),
)  # fmt: skip
THINGS: tuple[tuple[str, str], ...] = (
    # What to make: a request, unless the sentence is about such a thing, "What is a formal letter?"
    ("length", rf"\b(?:short|brief|quick|concise|long|longer|shorter|lengthy|detailed|comprehensive|thorough|"
               rf"in-depth|extensive|one-line|\d+[- ](?:word|sentence|line|paragraph|page)) {_PIECE}\b"),
    ("length", rf"\b{_ASK}\b[^.?!\n]{{0,25}}\b(?:very )?(?:short|brief|long|detailed|comprehensive|"
               rf"\d+[- ]\w+) {_WORK}\b"),
    ("length", r"\b(?:keep|make) (?:it|this|that|your answer|the answer|them) (?:\w+ ){0,2}?"
               r"(?:short|brief|concise|long|longer|shorter|quick|detailed)\b|\bbe (?:very )?(?:brief|"
               r"concise|detailed)\b"),
    ("length", r"\b(?:just|only) (?:give me |tell me |say )?(?:the|an?) (?:answer|result|number|name|word|"
               r"gist)\b"),
    ("length", r"\belaborate on\b|\bmore detail(?:s|ed)?\b"),
    ("structure", rf"\b(?:make|give me|write|need|want|create|show me|use)(?: me)? (?:an? |"
                  rf"the )?(?:\w+ ){{0,2}}?{_LAYOUT}\b"),
    ("structure", r"^\s*(?:please )?list\b|\b(?:and|then|please|can you|could you) list (?:\d+|all|some|the|"
                  r"five|ten|three)\b"),
    ("structure", rf"\b{_ASK}\b[^.?!\n]{{0,25}}\b{_WORK}\b"),
    ("formality", rf"\b{_ASK}\b{_GAP}\b(?:formal(?:ly)?|informal(?:ly)?|casual(?:ly)?|professional(?:ly)?|"
                  r"colloquial(?:ly)?|business-like|chatty|slang)\b"),
    ("formality", r"\b(?:formal|informal|casual|professional|business|cover|resignation|"
                  r"complaint) (?:letter|e-?mail)\b|"
                  r"\bletter of (?:complaint|resignation|recommendation)\b"),
    ("politeness", rf"\b{_ASK}\b{_GAP}\b(?:polite(?:ly)?|courteous(?:ly)?|blunt(?:ly)?|rude(?:ly)?|"
                   rf"brutally honest)\b|"
                   r"\bformal (?:letter|e-?mail)\b|\bletter of (?:complaint|resignation)\b"),
    ("humour", rf"\b{_ASK}\b{_GAP}\b(?:funny|humorous(?:ly)?|hilarious|witty|playful(?:ly)?|jokes?|puns?|"
               rf"limerick|"
               r"sarcastic(?:ally)?|seriously)\b"),
    ("enthusiasm", rf"\b{_ASK}\b{_GAP}\b(?:enthusiastic(?:ally)?|excited(?:ly)?|calmly|upbeat|"
                   rf"energetic(?:ally)?)\b"),
    ("warmth", rf"\b{_ASK}\b{_GAP}\b(?:warmly|sympathetic(?:ally)?|empathetic(?:ally)?|heartfelt|"
               r"matter-of-fact|neutral(?:ly)?|objective(?:ly)?|impersonal(?:ly)?)\b"),
    ("depth", rf"\b{_ASK}\b{_GAP}\b(?:for|to) (?:an? |complete |absolute )*(?:experts?|beginners?|layperson|"
              rf"laymen|"
              r"child|children|kids?|novices?|specialists?)\b"),
    ("imagery", rf"\b{_ASK}\b{_GAP}\b(?:metaphors?|analog(?:y|ies)|similes?|vivid(?:ly)?|literal(?:ly)?)\b"),
    ("confidence", r"\bbe (?:absolutely |more )?(?:certain|decisive|cautious)\b|\bhow (?:sure|"
                   r"certain) are you\b"),
    # Code: the prose around it keeps its manner.
    ("code", r"\b(?:write|give me|show me|create|implement|generate|refactor|debug|fix)\b[^.?!\n]{0,40}\b"
             r"(?:code|function|script|regex|regular expression|sql query|class|one-liner|unit tests?|"
             r"bash command|"
             r"shell command|css|html page|python program|program in \w+)\b"),
)  # fmt: skip
