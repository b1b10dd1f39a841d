"""The English phrases that surface features count. Chosen by eye; the heads learn what they weigh."""

from __future__ import annotations

import re


def _any_of(phrases: str) -> re.Pattern[str]:
    """Match any of the phrases as whole words; "*" stands for any ending, "'" for both apostrophes."""
    spelled = [re.escape(" ".join(phrase.split())) for phrase in phrases.split(",")]
    patterns = [p.replace(r"\*", r"\w*").replace("'", "['’]").replace(r"\ ", r"\s+") for p in spelled]
    return re.compile(rf"\b(?:{'|'.join(patterns)})(?!\w)", re.IGNORECASE)


HEDGE = _any_of(
    """
    may, might, maybe, perhaps, possibly, probably, likely, seem*, appear*, could, suggest*, tend*,
    usually, generally, often, sometimes, I think, I guess, I suspect, I believe, I'd guess, not
    sure, not certain, no guarantee, as far as i, in my view, roughly, somewhat, arguably, depend*,
    uncertain, hard to say, hard to tell, not entirely, can't be sure
    """
)

CERTAIN = _any_of(
    """
    definitely, certainly, always, never, must, clearly, obviously, absolutely, guaranteed, without
    doubt, no doubt, without question, undoubtedly, will, exactly, full stop, every time, simple as
    that, period, the answer is, nothing else, only
    """
)

POLITE = _any_of(
    """
    please, thank*, kind*, grateful, sorry, apolog*, welcome, happy to, glad to, pleasure, would
    you, may i, you might like, you may wish, if you wish, if i may, do feel free, of course,
    appreciate*, gladly, with respect, I hope, best wishes, delighted, honoured, by all means
    """
)

WARM = _any_of(
    """
    sorry, understand*, feel*, tough, hard, frustrat*, disheartening, worr*, lovely, proud, gentle,
    gently, care, caring, hope*, hug*, alone, natural, normal, stress*, sounds like, comfort*,
    heart*, easy on yourself, kind to yourself, you've got this, you're doing, dear, brave
    """
)

EAGER = _any_of(
    """
    great, love, amazing, awesome, fantastic, brilliant, wonderful, excit*, fun, yes, wow, superb,
    incredible, go for it, best part, thrill*, gorgeous, magic*, so much, can't wait, absolutely
    """
)

FORMAL = _any_of(
    """
    furthermore, moreover, therefore, thus, hence, whom, upon, regarding, shall, one may, one
    should, it is, should be, may be, must be, prior to, consequently, nevertheless, subsequently,
    advisable, recommended, whilst, thereby, in order to, sufficient*, require*, obtain*, provided
    that
    """
)

CASUAL = _any_of(
    """
    yeah, yep, nah, gonna, wanna, kinda, sorta, stuff, pretty, ok, okay, hey, dude, mate, guys,
    cool, honestly, just, bit, loads, tons, a lot, get, got, grab, thing, things, bet, bits, folks,
    way, pop, chuck, stick it, bunch, heck, weird, totally, anyway, basically
    """
)

SIMILE = _any_of(
    """
    like a, like an, like the, like your, like trying, as if, as though, think of, imagine, picture,
    the way a, a bit like, rather like, much as, the same way, resembles, analog*, metaphor*
    """
)

STORY = _any_of(
    """
    once, my friend, a friend, my uncle, my aunt, my mother, my neighbour, a man, a woman, was,
    were, had, said, told, went, came, thought, for example, for instance, say you, suppose
    """
)

SECOND_PERSON = _any_of(
    """
    you, your, yours, yourself, you're, you've, you'll, you'd
    """
)

FIRST_PERSON = _any_of(
    """
    I, I'm, I've, I'd, I'll, me, my, mine, we, us, our
    """
)
