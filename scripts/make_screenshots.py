"""Make the README's pictures: .venv/bin/python scripts/make_screenshots.py

The real app, the real engine with the embedded model and the real reward model, in a throw-away home: somebody
who likes short, casual answers in lists answers the onboarding questions, asks one question, and looks at the
profile.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from localpersona.assistant import Assistant
from localpersona.settings import Settings
from localpersona.ui.app import LocalPersonaApp
from localpersona.ui.widgets.prompt_box import PromptBox

TASTE = {"length": -1.0, "formality": -1.0, "structure": 1.0, "depth": -0.5}
PROMPT = "What should I pack for a weekend of hiking?"
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
    settings = Settings(candidates=8, max_tokens=160)
    with Assistant.open(settings=settings) as assistant:
        assistant.greeted()
        onboard(assistant)
        first = assistant.reply(PROMPT, seed=seed)
        print(f"{first.text}\n\n{first.explanation.summary}")
        app = LocalPersonaApp(assistant)
        async with app.run_test(size=size) as pilot:
            while app.model_activity or assistant.engine.info is None:
                await asyncio.sleep(0.1)
            await pilot.pause(1.0)
            _save(app, "chat")
            app.action_go("profile")
            await pilot.pause(1.5)
            _save(app, "profile")
            await pilot.press("escape")
            app.chat.query_one(PromptBox).focus()


def _save(app: LocalPersonaApp, name: str) -> None:
    # The title bar of the picture would otherwise name whatever the last screen was.
    (PICTURES / f"{name}.svg").write_text(app.export_screenshot(title="LocalPersona"), encoding="utf-8")
    print(f"scripts/screenshots/{name}.svg")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=1, help="of the answer (default 1)")
    arguments = parser.parse_args()
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        os.environ["LOCALPERSONA_HOME"] = home
        asyncio.run(photograph((110, 34), arguments.seed))


if __name__ == "__main__":
    main()
