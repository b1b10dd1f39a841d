"""Pairs of short answers that anyone would order alike: (trait, prompt, the lower, the higher)."""

from __future__ import annotations

_RICE, _SAD = "How do I cook rice?", "My dog died yesterday and I can't stop crying."
_SKY, _JOB = "Why is the sky blue?", "Should I take the new job?"

AGREED: tuple[tuple[str, str, str, str], ...] = (
    (
        "length",
        _RICE,
        "Boil one cup in two cups of water for 12 minutes.",
        "Rinse one cup of rice until the water runs clear. Put it in a pan with two cups of cold "
        "water and a pinch of salt. Bring it to a boil, stir once, turn the heat as low as it goes "
        "and cover it tightly. Leave it for 12 minutes without lifting the lid. Take it off the "
        "heat, let it stand for ten minutes more, and fluff it with a fork before you serve it. For "
        "brown rice allow half an hour and more water.",
    ),
    (
        "formality",
        _JOB,
        "Yeah, go for it! Sounds like a way better gig, and you can always bail if it's rubbish, mate.",
        "It would be advisable to accept the position, provided that the contractual terms are "
        "satisfactory. One should nevertheless request written confirmation of the salary prior to "
        "resigning.",
    ),
    (
        "humour",
        _SKY,
        "Air molecules scatter short wavelengths of sunlight more than long ones, so the sky appears blue.",
        "Because red had a prior engagement at sunset! Seriously though, blue light bounces off the "
        "air like a toddler full of sugar in a ball pit, and somehow it always ends up in your eyes. "
        "Blame physics, not me.",
    ),
    (
        "elicitation",
        _JOB,
        "Take it if the pay is better and you like the people. Otherwise stay where you are.",
        "That depends on you. What matters most to you, the pay, the people or the work itself? How "
        "long have you been in your present job? And is there a date by which you have to decide?",
    ),
    (
        "enthusiasm",
        _JOB,
        "It may be worth considering. Compare the two and decide.",
        "Yes! What fantastic news! A new job is such an exciting adventure, and you're going to love "
        "it! Go for it!",
    ),
    (
        "politeness",
        _RICE,
        "You're using too much water. Stop lifting the lid. Measure it properly.",
        "Thank you for asking! If I may suggest it, please try a little less water, and kindly leave "
        "the lid on. I do hope that this helps, and please feel free to ask again.",
    ),
    (
        "confidence",
        _SKY,
        "I'm not sure, but it might be something to do with scattering. Perhaps blue light is "
        "possibly scattered more, though I could be wrong.",
        "Air scatters blue light far more than red. That is the reason, without any doubt. It has "
        "nothing to do with the sea.",
    ),
    (
        "structure",
        _RICE,
        "Rinse the rice, then simmer it in twice as much water for twelve minutes and let it stand for ten.",
        "## Steps\n\n1. **Rinse** the rice.\n2. **Simmer** it in twice as much water.\n3. **Rest** "
        "it for ten minutes.\n\n## Tips\n\n- Keep the lid on.\n- Use a fork.",
    ),
    (
        "depth",
        _SKY,
        "Sunlight has all the colours in it. The air bounces the blue bits around more than the "
        "rest, so blue comes at you from everywhere.",
        "Rayleigh scattering by N2 and O2 has a cross-section proportional to λ⁻⁴, so 450 nm "
        "radiation is scattered about four times as strongly as 650 nm; photopic sensitivity and the "
        "solar spectral irradiance suppress the violet end.",
    ),
    (
        "warmth",
        _SAD,
        "Grief after the death of a pet is common. It usually lasts several weeks.",
        "I'm so sorry. Losing a friend like that hurts terribly, and of course you can't stop "
        "crying. Be gentle with yourself today; you loved him, and it shows. I'm here if you want to "
        "tell me about him.",
    ),
    (
        "imagery",
        _SKY,
        "Air scatters short wavelengths more than long ones, so blue light reaches the eye from all "
        "directions.",
        "Imagine sunlight as a crowd running through a forest of pinball pins. The red runners are "
        "like tall men who step over them; the blue ones are like marbles that bounce off every pin, "
        "until the whole forest glitters with them.",
    ),
    (
        "quality",
        "How do I cook rice without it sticking to the pan?",
        "Everyone has different needs, and there are many things to think about. It is always good "
        "to learn more about things, and I wish you the best of luck. Things are what they are, and "
        "there are many things.",
        "Rinse the rice until the water runs clear, which washes off the loose starch. Bring it to a "
        "boil, turn the heat to its lowest, cover it tightly and don't stir. After 12 minutes let it "
        "stand off the heat for 10.",
    ),
)
