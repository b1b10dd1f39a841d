"""The figures in the card are only as good as the functions that compute them."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from training import finetune, mixing
from training.concordance import bad_below_good, concordance
from training.crossfit import groups_of
from training.data import NAMES, Answers
from training.encoder_gguf import load_weights, reference_embedding, source_folder
from training.finetune import HEADS, PREFIXES, Task, Texts, run
from training.fit import fit_counting
from training.mixing import QUALITY, fit_mixer
from training.network import SCALE, Network
from training.people import roc_auc
from training.unseen import unseen_parts, unseen_scores

from localpersona import shipped
from localpersona.rewards.encoder import Encoder
from localpersona.rewards.features import SURFACE, Features

GENERATOR = np.random.default_rng(0)


def test_concordance_is_the_share_of_pairs_in_order() -> None:
    ratings = GENERATOR.integers(1, 6, (40, 2)).astype(float)
    scores = (ratings + GENERATOR.normal(0, 2, (40, 2))).round()  # rounded, so that some are tied
    folds, prompts = np.repeat([0, 1], 20), np.repeat(np.arange(10), 4)
    expected = []
    for trait in range(2):
        shares = []
        for fold in (0, 1):
            rows = np.flatnonzero(folds == fold)
            pairs = [(i, j) for i, j in combinations(rows, 2) if ratings[i, trait] != ratings[j, trait]]
            orders = [np.sign((scores[i] - scores[j]) * (ratings[i] - ratings[j]))[trait] for i, j in pairs]
            shares.append(np.mean([(1 + order) / 2 for order in orders]))
        expected.append(np.mean(shares))
    found = concordance(scores, ratings, prompts, folds, seed=0)
    np.testing.assert_allclose(found.traits, expected)
    assert found.mean == pytest.approx(np.mean(expected))
    assert found.mean_low < found.mean < found.mean_high


def test_bad_answers_are_compared_with_good_ones_to_the_same_prompt_only() -> None:
    ratings, prompts = np.array([1.0, 5.0, 2.0, 4.0, 3.0]), np.array([0, 0, 1, 1, 1])
    assert bad_below_good(np.array([0.0, 1.0, 5.0, 4.0, 9.0]), ratings, prompts) == 0.5


def test_roc_auc_against_all_pairs() -> None:
    predicted = GENERATOR.random(60).round(1)
    truth = (GENERATOR.random(60) < predicted).astype(float)
    high, low = predicted[truth == 1.0], predicted[truth == 0.0]
    expected = ((high[:, None] > low) + 0.5 * (high[:, None] == low)).mean()
    assert roc_auc(predicted, truth) == pytest.approx(expected)


def planted(count: int) -> tuple[Features, np.ndarray, np.ndarray]:
    """Ratings that are a linear function of a surface feature and a word."""
    surface = GENERATOR.normal(size=(count, SURFACE)).astype(np.float32)
    kind = GENERATOR.random(count) < 0.5
    texts = tuple("kindly boil it" if is_kind else "just boil it" for is_kind in kind)
    ratings = np.repeat((surface[:, 3] + 2 * kind)[:, None], 12, axis=1).astype(float)
    return Features(texts, np.zeros((count, 0), np.float32), surface), ratings, np.arange(count) // 2


def test_counting_finds_what_was_planted_in_words_and_surface() -> None:
    features, ratings, prompts = planted(400)
    counting = fit_counting(features, ratings, prompts, seed=0)
    fresh, truth, _ = planted(200)
    scores = counting.predict(fresh)
    assert scores.shape == (200, HEADS, 12)
    assert np.corrcoef(scores.mean(axis=1)[:, 0], truth[:, 0])[0, 1] > 0.97
    assert not np.allclose(scores[:, 0], scores[:, 1])  # each head has a resample of its own


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fit mixers in a second, which is enough for what is planted here."""
    monkeypatch.setattr(mixing, "STARTS", 1)
    monkeypatch.setattr(mixing, "STEPS", 300)


@pytest.mark.usefixtures("hasty")
def test_the_mixer_learns_that_one_trait_depends_on_how_two_others_combine() -> None:
    read, counted = GENERATOR.normal(size=(1500, 12)), GENERATOR.normal(size=(1500, 12))
    surface = GENERATOR.normal(size=(1500, SURFACE))
    ratings = read + 0.1 * counted
    ratings[:, 10] = np.abs(read[:, 0] + read[:, 1])  # no sum of the two says that
    ratings[:, QUALITY] = (read[:, 0] > 0) * surface[:, 5]
    learned, fresh = slice(0, 1000), slice(1000, 1500)
    mixer = fit_mixer(read[learned], counted[learned], surface[learned], ratings[learned],
                      np.arange(1000) % 5 > 0, seed=0)  # fmt: skip
    asked = [part[fresh].astype(np.float32) for part in (read[:, None], counted[:, None], surface)]
    scores = mixer(*asked)[:, 0]
    for trait, least in ((4, 0.95), (10, 0.6), (QUALITY, 0.8)):
        assert np.corrcoef(scores[:, trait], ratings[fresh, trait])[0, 1] > least
    scaled = mixer.standardised(scores.mean(axis=0), scores.std(axis=0))(*asked)[:, 0]
    np.testing.assert_allclose(scaled.mean(axis=0), 0.0, atol=1e-3)
    np.testing.assert_allclose(scaled.std(axis=0), 1.0, atol=1e-3)


def test_folds_that_share_a_prompt_are_held_out_together() -> None:
    folds = np.repeat([0, 1, 2, 3, 8], [6, 6, 3, 3, 4])
    prompts = np.array([*range(6), *range(6, 12), *range(12, 15), *range(15, 18), 0, 1, 6, 7])
    groups = groups_of(prompts, folds)
    for group in np.unique(groups):
        assert not set(prompts[groups == group]) & set(prompts[groups != group])
    assert len(set(groups[np.isin(folds, [0, 1, 8])])) == 1
    assert len(set(groups)) > 1


def test_the_network_is_the_published_encoder_before_it_learns() -> None:
    weights = load_weights(source_folder())
    network = Network(weights, HEADS, 12).eval()
    tokens = [[101, 2129, 102, 2066, 2023, 102], [101, 102, 2178, 3437, 2182, 1012, 102]]
    means = network.embed(tokens).detach().numpy() / SCALE
    for vector, one in zip(means, tokens, strict=True):
        asked = one.index(102) + 1
        whole = (vector[:384] * (len(one) - asked) + vector[384:] * asked) / len(one)
        np.testing.assert_allclose(whole, reference_embedding(weights, one), atol=1e-5)
    assert all(np.array_equal(tensor, weights[name]) for name, tensor in network.checkpoint().items())


@pytest.fixture(scope="module")
def answers() -> Answers:
    """Short answers whose rating is whether they are polite, in four folds."""
    generator = np.random.default_rng(0)
    rows, ratings = [], []
    for number in range(48):
        polite = bool(number % 2)
        text = f"{'Please do' if polite else 'Just do'} {['this', 'that', 'it'][number % 3]} {number // 6}"
        rows.append({"prompt": f"What about {number // 2}?", "text": text})
        ratings.append(generator.normal(3.0 if polite else 1.0, 0.2, len(NAMES)))
    prompts = np.arange(48) // 2
    return Answers(rows, np.array(ratings), prompts, prompts % 4, np.ones(48, dtype=bool))


@pytest.mark.usefixtures("hasty")
def test_fine_tuning_learns_goes_on_after_an_interruption_and_never_sees_what_it_is_tested_on(
    answers: Answers, tmp_path: Path
) -> None:
    tokeniser = Encoder(shipped.reward_model() / "encoder.gguf", threads=1)
    texts = Texts.of(answers, tokeniser)
    tokeniser.close()
    groups = groups_of(answers.prompts, answers.folds)
    files = []
    for group in range(2):
        inside, outside = np.flatnonzero(groups == group), np.flatnonzero(groups != group)
        files.append(run(Task(f"{group}", outside, inside, 0, 3), answers, texts, tmp_path))
    task = Task("0", np.flatnonzero(groups != 0), np.flatnonzero(groups == 0), 0, 3)
    again = interrupted(task, answers, texts, tmp_path / "again")
    with np.load(files[0]) as straight, np.load(again) as resumed:
        np.testing.assert_allclose(straight["head weights"], resumed["head weights"], atol=1e-6)
    two = np.flatnonzero(groups < 2)
    small = Answers([answers.rows[row] for row in two], answers.ratings[two], answers.prompts[two],
                    answers.folds[two], answers.written[two])  # fmt: skip
    parts = unseen_parts(small, groups[two], files, seed=0)
    polite = small.ratings[:, 0] > 2
    for share in (1.0, *PREFIXES):
        assert parts.read[share].shape == (len(two), HEADS, len(NAMES))
    read = parts.mean(1.0)[0][:, 0]
    assert read[polite].mean() > read[~polite].mean()
    scores = unseen_scores(parts, small, groups[two], seed=0)[1.0].mean(axis=1)[:, 0]
    assert np.corrcoef(scores, polite)[0, 1] > 0.7


def interrupted(task: Task, answers: Answers, texts: Texts, cache: Path) -> Path:
    """Train with a break after the first epoch."""
    cache.mkdir()

    class Stop(Exception):
        pass

    kept = finetune._keep

    def keep_once(state: dict[str, object], epochs: int, path: Path) -> None:
        kept(state, epochs, path)
        raise Stop

    finetune._keep = keep_once
    try:
        with pytest.raises(Stop):
            run(task, answers, texts, cache)
    finally:
        finetune._keep = kept
    return run(task, answers, texts, cache)
