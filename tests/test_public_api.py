"""The names that a script may rely on, and how they behave without an engine or a screen."""

from __future__ import annotations

import json
from importlib import import_module

import numpy as np
import pytest

import localpersona as lp


@pytest.mark.parametrize("package", ["localpersona", "localpersona.rewards"])
def test_every_public_name_can_be_loaded_and_others_are_refused(package: str) -> None:
    module = import_module(package)
    assert dir(module) == sorted(module.__all__)
    assert all(getattr(module, name) is not None for name in module.__all__)
    with pytest.raises(AttributeError, match="nonsense"):
        _ = module.nonsense


def test_a_user_is_learned_from_the_bank_and_predicted() -> None:
    bank, user = lp.question_bank(), lp.Weights.prior()
    assert (user.names, user.version) == (bank.names, bank.version)
    asked: list[int] = []
    while len(asked) < 10 and (index := lp.next_question(user, bank.differences, asked)) is not None:
        asked.append(index)
        likes_short = bank.differences[index][bank.names.index("length")] < 0
        user = user.update(bank.differences[index], float(likes_short))
    shorter = np.zeros(len(user.names))
    shorter[user.names.index("length")] = -1.0
    assert user.predict([shorter])[0] > lp.Weights.prior().predict([shorter])[0] > 0
    assert lp.question_gains(user, bank.differences).shape == (len(bank),)


def test_weights_travel_as_json_and_come_back_as_a_prior() -> None:
    user = lp.Weights.prior().update(np.ones(12), 1.0)
    again = lp.Weights.from_dict(json.loads(json.dumps(user.to_dict())))
    assert again.comparisons == 0
    assert np.array_equal(again.mean, user.mean) and np.array_equal(again.covariance, user.covariance)
