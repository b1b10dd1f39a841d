from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import localpersona
from localpersona import shipped
from localpersona.rewards import TRAITS, RewardModel, RewardModelError
from rewards.agreed import AGREED

PROMPT = "How do I cook rice?"


@pytest.mark.parametrize(("trait", "prompt", "lower", "higher"), AGREED, ids=[row[0] for row in AGREED])
def test_it_orders_what_anyone_would_order_alike(
    model: RewardModel, trait: str, prompt: str, lower: str, higher: str
) -> None:
    low, high = model.score(prompt, [lower, higher])[:, model.names.index(trait)]
    assert high > low + 1.0


def test_every_trait_has_an_agreed_pair(model: RewardModel) -> None:
    assert {row[0] for row in AGREED} == set(model.names)


def test_scores_and_spreads_have_a_row_for_each_response(model: RewardModel) -> None:
    responses = ["Boil it.", "Fry it.", "Ask somebody else?"]
    scores, spreads = model.score(PROMPT, responses), model.spread(PROMPT, responses)
    assert scores.shape == spreads.shape == (3, len(TRAITS))
    assert scores.dtype == spreads.dtype == np.float32
    assert (spreads > 0).all()
    assert model.score(PROMPT, []).shape == (0, len(TRAITS))


def test_names_are_the_traits_in_their_order(model: RewardModel) -> None:
    assert model.names == tuple(trait.name for trait in TRAITS)


def test_a_score_does_not_depend_on_what_else_is_scored(model: RewardModel) -> None:
    texts = [text for _, _, *pair in AGREED for text in pair]
    together = model.score(PROMPT, texts)
    alone = np.concatenate([model.score(PROMPT, [text]) for text in texts[::-1]])[::-1]
    np.testing.assert_allclose(together, alone, atol=0.05)


def test_a_beginning_is_scored_like_what_it_will_become(model: RewardModel) -> None:
    whole = [text for _, _, *pair in AGREED for text in pair if len(text) > 120]
    begun = [text[: len(text) // 2] for text in whole]
    finished, expected, careless = (
        model.score(PROMPT, texts, finished)
        for texts, finished in ((whole, True), (begun, False), (begun, True))
    )
    formality = model.names.index("formality")
    assert np.corrcoef(expected[:, formality], finished[:, formality])[0, 1] > 0.7
    length = model.names.index("length")  # half an answer is short; what it will become is not
    assert (expected[:, length] - careless[:, length]).mean() > 0.0
    assert model.spread(PROMPT, begun, finished=False).shape == expected.shape


def test_embeddings_tell_topics_apart(model: RewardModel) -> None:
    texts = [
        "Boil the rice for ten minutes.",
        "Simmer rice for ten minutes.",
        "Sign your will before witnesses.",
    ]
    rice, simmered, will = model.embed(PROMPT, texts)
    assert rice.shape == (64,)
    assert np.linalg.norm(rice - simmered) < np.linalg.norm(rice - will)


def test_the_prompt_matters_for_quality(model: RewardModel) -> None:
    answer = AGREED[-1][3]
    quality = model.names.index("quality")
    fitting = model.score(AGREED[-1][1], [answer])[0, quality]
    assert fitting > model.score("How do I write a will?", [answer])[0, quality]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        "\x00\x1b[31m",
        "\ud800",
        "漢字 العربية 😀" * 50,
        "word " * 200_000,
        "x" * 1_000_000,
        "\n" * 9_999,
    ],
    ids=["empty", "blank", "controls", "surrogate", "scripts", "long", "one word", "newlines"],
)
def test_odd_texts_get_finite_scores(model: RewardModel, text: str) -> None:
    assert np.isfinite(model.score_and_spread(text, [text, "Boil it."])).all()


def test_training_responses_have_mean_zero_and_deviation_one(model: RewardModel) -> None:
    bank = localpersona.question_bank()
    scores = np.concatenate([bank.traits[:, 0], bank.traits[:, 1]])
    assert (np.abs(scores.mean(axis=0)) < 1.0).all()
    assert (scores.std(axis=0)[:-1] > 0.5).all() and (scores.std(axis=0) < 2.0).all()


def test_the_prior_is_for_these_scores(model: RewardModel) -> None:
    assert model.prior.version == model.version
    assert model.prior.names == model.names
    assert localpersona.Weights.prior().to_dict() == model.prior.to_dict()
    assert model.prior.mean[model.names.index("quality")] > 0.5  # everyone wants it


def test_scoring_from_several_threads_gives_the_same(model: RewardModel) -> None:
    expected = model.score(PROMPT, ["Boil it."])
    found: list[np.ndarray] = []
    threads = [
        threading.Thread(target=lambda: found.append(model.score(PROMPT, ["Boil it."]))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(scores, expected) for scores in found) and len(found) == 4


def test_it_needs_no_network_and_no_torch() -> None:
    program = """
import socket, sys
def refuse(*arguments, **options):
    raise AssertionError("a socket was opened")
socket.socket = socket.create_connection = socket.getaddrinfo = refuse
import localpersona
with localpersona.RewardModel.load(threads=1) as model:
    model.score("How?", ["Like this."])
assert not {"torch", "transformers", "sentence_transformers", "scipy", "gguf"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_the_version_is_the_card_s_and_the_bank_s(model: RewardModel) -> None:
    results = json.loads((shipped.reward_model() / "results.json").read_text(encoding="utf-8"))
    card = (shipped.reward_model() / "CARD.md").read_text(encoding="utf-8")
    assert model.version == results["model"]["version"] == localpersona.question_bank().version
    assert f"`{model.version}`" in card


def test_a_closed_model_says_so(copied: Path) -> None:
    model = RewardModel.load(copied, threads=1)
    model.close()
    with pytest.raises(RewardModelError, match="closed"):
        model.score(PROMPT, ["Boil it."])


@pytest.mark.parametrize("name", ["encoder.gguf", "heads.npz", "prior.json"])
@pytest.mark.parametrize("damage", ["missing", "empty", "truncated", "scrambled", "nonsense"])
def test_missing_and_damaged_files_are_refused_in_one_line(copied: Path, name: str, damage: str) -> None:
    path = copied / name
    content = path.read_bytes()
    path.unlink()
    if damage != "missing":
        damaged = {
            "empty": b"",
            "truncated": content[: len(content) // 2],
            "scrambled": content[:2000] + bytes(40) + content[2040:],
            "nonsense": b"[1, 2",
        }
        path.write_bytes(damaged[damage])
    with pytest.raises(RewardModelError) as error:
        RewardModel.load(copied)
    assert "\n" not in str(error.value) and len(str(error.value)) < 400


def test_a_prior_of_another_version_is_refused(copied: Path) -> None:
    prior = json.loads((copied / "prior.json").read_text(encoding="utf-8"))
    (copied / "prior.json").write_text(json.dumps({**prior, "version": "another"}), encoding="utf-8")
    with pytest.raises(RewardModelError, match="another version"):
        RewardModel.load(copied)


def test_heads_that_were_changed_have_another_version(copied: Path, model: RewardModel) -> None:
    from localpersona.rewards.heads import Heads

    heads, encoder = Heads.load(copied / "heads.npz")
    assert heads.version(encoder) == model.version
    ones = np.ones(len(heads.names), dtype=np.float32)
    changed = replace(heads, beginning=heads.beginning.standardised(0 * ones, 2 * ones))
    assert changed.version(encoder) != model.version
    assert heads.version("another encoder") != model.version
