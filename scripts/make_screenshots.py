"""Make the README's pictures: .venv/bin/python scripts/make_screenshots.py

The real app, the real engine with the embedded model and the real reward model, in a throw-away home: somebody
who likes casual answers in lists answers the onboarding questions, asks one question, and looks at every screen.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from localpersona.assistant import Assistant
from localpersona.settings import Settings
from localpersona.ui.app import LocalPersonaApp, screen_called

TASTE = {"length": 0.5, "formality": -0.4, "structure": 1.0}
PROMPT = "How do I keep a basil plant alive on the windowsill?"
PICTURES = Path(__file__).with_name("screenshots")


def onboard(assistant: Assistant) -> None:
    """Answer all questions of a round as somebody with TASTE would."""
    weights = [TASTE.get(trait.name, 0.0) for trait in assistant.traits]
    while (question := assistant.next_question()) is not None:
        pairs = zip(weights, question.traits_first, question.traits_second, strict=True)
        assistant.compare(
            question, 1.0 if sum(w * (first - second) for w, first, second in pairs) > 0 else 0.0
        )


async def photograph(size: tuple[int, int], seed: int) -> None:
    settings = Settings(candidates=8, max_tokens=320, hints=False)
    with Assistant.open(settings=settings) as assistant:
        assistant.greeted()
        onboard(assistant)
        first = assistant.reply(PROMPT, seed=seed)
        print(f"{first.text}\n\n{first.explanation.summary}")
        app = LocalPersonaApp(assistant)
        async with app.run_test(size=size) as pilot:
            await app.chat.parts.open_chat.shown.wait()
            await app.chat.parts.opening.open(first.chat_id or 0)
            await pilot.pause(1.0)
            _save(app, "chat")
            await pilot.press("escape", "w")
            await pilot.pause(1.0)
            _save(app, "why")
            await pilot.press("escape")
            app.action_go("profile")
            await pilot.pause(3.0)
            _save(app, "profile")
            for key, name in (("enter", "trait"), ("enter", "comparison")):
                await pilot.press(key)
                await pilot.pause(3.0)
                _save(app, name)
            await pilot.press("escape", "escape", "p")
            await pilot.pause(1.5)
            _save(app, "profiles")
            await pilot.press("escape", "escape", "f7")
            await pilot.pause(1.5)
            _save(app, "branches")
            await pilot.press("escape", "ctrl+b")
            await pilot.pause(1.5)
            _save(app, "chats")
            await pilot.press("ctrl+b", "f1")
            await pilot.pause(1.5)
            _save(app, "help")
            await pilot.press("escape")
            for name in ("models", "catalogue", "settings", "onboarding", "welcome", "views"):
                app.push_screen(screen_called(name))
                await pilot.pause(2.5)
                _save(app, name)
                app.pop_screen()
                await pilot.pause(0.5)


def _save(app: LocalPersonaApp, name: str) -> None:
    picture = app.export_screenshot(title="LocalPersona")
    # Textual names a font on the web; looking at a picture shall not fetch anything.
    picture = re.sub(r"@font-face \{.*?\}", "", picture, flags=re.DOTALL)
    (PICTURES / f"{name}.svg").write_text(picture, encoding="utf-8")
    print(f"scripts/screenshots/{name}.svg")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=5, help="of the answer (default 5)")
    arguments = parser.parse_args()
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        os.environ["LOCALPERSONA_HOME"] = home
        asyncio.run(photograph((110, 34), arguments.seed))


if __name__ == "__main__":
    main()
