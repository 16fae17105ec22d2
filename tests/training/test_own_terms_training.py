"""Every learner is paid by own terms that remember, and goes on with what they remember after a stop."""

import dataclasses

import numpy as np
import pytest

from playground.reward.own import OwnTerm
from playground.training.algorithms import ALGORITHMS
from playground.training.learners import ppo
from playground.worlds.lunar_lander.presets import GYMNASIUM
from tests.training.test_resume import SHORT, spec_of, train

REMEMBERS = GYMNASIUM.changed(own_terms=(OwnTerm("clock", "t + streak(fires) + total(y)", weight=0.1),))


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr("playground.training.learners.library.sb3.CHUNK", 128)
    monkeypatch.setattr(ppo, "Settings", SHORT)


QUICK = ("ppo", "actor-critic", "a2c", "ppo-byhand")
"""One for each way in which rewards reach a learner."""


@pytest.mark.parametrize(
    "name",
    [
        name if name in QUICK else pytest.param(name, marks=pytest.mark.slow)
        for name in ALGORITHMS
        if name not in ("dpo", "rlhf")
    ],
)
def test_a_learner_resumes_with_what_the_terms_remember(name):
    spec = dataclasses.replace(spec_of(name), reward=REMEMBERS)
    checkpoints = []
    whole = train(spec, on_checkpoint=checkpoints.append)
    resumed = train(spec, checkpoint=checkpoints[0])
    assert resumed.policy == whole.policy
    assert "part.clock" in whole.curve[0]
    parts = [row["part.clock"] for row in whole.curve]
    assert np.isfinite(parts).all()
    assert any(parts)
    plain = train(dataclasses.replace(spec, reward=GYMNASIUM))
    assert plain.policy != whole.policy
