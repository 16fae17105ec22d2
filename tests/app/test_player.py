"""What the player is told, and what it is asked; that it draws it is in the browser tests."""

import base64
import io
import json
import re

import numpy as np
import pytest

from playground.app.episode.by_hand import CHUNK, HandFlight, steer
from playground.app.gallery import ORDERS, PAD_HEIGHT, gallery_data, path_of
from playground.app.player import FACTS, make_film, scene_data, to_html
from playground.flight.fork import fork
from playground.flight.rollout import Flight, refly, run_episode
from playground.insight.breakdown import break_down, to_npz
from playground.insight.explain import explain
from playground.lab.models.store import ModelStore
from playground.reward.design import keys_of, terms_of
from playground.studies.colours import colour_of
from playground.worlds.lunar_lander.geometry import MAX_STEPS
from playground.worlds.lunar_lander.presets import GYMNASIUM
from playground.worlds.lunar_lander.scene import film
from playground.worlds.lunar_lander.terms import RewardConfig
from playground.worlds.lunar_lander.world import WORLD as LANDER

PART_KEYS = keys_of(terms_of(RewardConfig))


@pytest.fixture(scope="module")
def model():
    return ModelStore().resolve("gymnasium")


@pytest.fixture(scope="module")
def landing(model):
    return run_episode(LANDER, model.policy, 1000)


def film_of(episode, policy=None):
    return make_film("x", episode, film(episode), policy)


def data_of(episode, reward=GYMNASIUM, **more):
    paid = break_down(episode, reward, 0.99).paid
    return scene_data([film_of(episode)], ["x"], [paid], PART_KEYS, PART_KEYS, 0.99, "file", **more)


def numbers(text, kind):
    return np.frombuffer(base64.b64decode(text), kind)


def test_the_browser_gets_what_was_paid_to_the_last_bit(model, landing):
    paid = break_down(landing, GYMNASIUM, 0.99).paid
    data = scene_data([film_of(landing, model.policy)], ["x"], [paid], PART_KEYS, ["legs", "landing"], 0.99, "file")
    (episode,) = json.loads(json.dumps(data))["episodes"]
    columns = [PART_KEYS.index("legs"), PART_KEYS.index("landing")]
    np.testing.assert_array_equal(numbers(episode["paid"], np.float64).reshape(-1, 2), paid[:, columns])
    frames = numbers(episode["frames"], np.float32).reshape(-1, 9)
    np.testing.assert_array_equal(frames[:, :3], film(landing).body)
    assert len(frames) == len(landing) + 1 == len(numbers(episode["facts"], np.float32)) // len(FACTS)
    assert [int(a) for a in episode["actions"]] == landing.actions.tolist()
    chances = numbers(episode["probs"], np.float32).reshape(-1, 4)
    assert chances.sum(axis=1) == pytest.approx(np.ones(len(landing) + 1), abs=1e-5)
    assert chances[:-1].argmax(axis=1).tolist() == landing.actions.tolist()
    assert [part["colour"] for part in data["parts"]] == [colour_of("legs"), colour_of("landing")]


@pytest.mark.parametrize(
    ("episode", "reward"),
    [
        (refly(LANDER, [0], 4), GYMNASIUM),
        (refly(LANDER, [0, 2, 0], 4), RewardConfig(replace_reward=True)),
        (
            refly(LANDER, [2, 1, 3] * 20, 4),
            RewardConfig(w_distance=1e6, w_legs=1e-6, penalty_main=1e-6, replace_reward=True),
        ),
    ],
    ids=["one step", "nothing pays", "huge beside tiny"],
)
def test_odd_episodes_are_told_in_finite_numbers(episode, reward):
    data = data_of(episode, reward)
    json.dumps(data, allow_nan=False)
    for key, kind in (("frames", np.float32), ("facts", np.float32), ("paid", np.float64)):
        assert np.isfinite(numbers(data["episodes"][0][key], kind)).all()


def test_two_episodes_stand_on_one_playhead(model, landing):
    other = run_episode(LANDER, ModelStore().resolve("article").policy, 1000)
    paid = [break_down(episode, GYMNASIUM, 0.99).paid for episode in (landing, other)]
    films = [film_of(landing, model.policy), film_of(other)]
    data = scene_data(films, ["a", "b"], paid, PART_KEYS, PART_KEYS, 0.99, "file")
    assert [episode["name"] for episode in data["episodes"]] == ["a", "b"]
    assert data["episodes"][0]["terrain"] == data["episodes"][1]["terrain"]  # the same seed, the same ground


def test_the_answer_names_the_actions_and_adds_up(model, landing):
    step = 80
    why = explain(fork(landing, step, model.policy, 3), int(landing.actions[step]), GYMNASIUM, 0.99)
    answer = data_of(landing, why=(1, step, why))["why"]
    chosen, *others = answer["rows"]
    assert chosen["chosen"]
    assert set(chosen["gaps"]) == {0.0}
    assert len(others) == 3
    ranked = sorted((why.means[a] for a in range(4) if a != why.chosen), reverse=True)
    for row, mean in zip(others, ranked, strict=True):
        assert sum(row["gaps"]) == pytest.approx(why.means[why.chosen] - mean)
    assert answer["text"]


def test_the_offline_page_needs_nothing_from_outside(landing):
    page = to_html(data_of(landing), "a </title> & b")
    assert not re.findall(r"(?:src|href)=|@import|url\(|https?://(?!www\.w3\.org)", page)
    assert "a &lt;/title> &amp; b" in page
    (data,) = re.findall(r'<script type="application/json" id="episode">(.*?)</script>', page, re.S)
    assert json.loads(data)["episodes"][0]["steps"] == len(landing)


def test_data_cannot_break_out_of_the_offline_page(landing):
    paid = break_down(landing, GYMNASIUM, 0.99).paid
    evil = "</script><script>alert(1)</script>"
    page = to_html(scene_data([film_of(landing)], [evil], [paid], PART_KEYS, PART_KEYS, 0.99, "file"), "x")
    assert "<script>alert" not in page


def test_the_arrays_are_the_episode(landing):
    parts = break_down(landing, GYMNASIUM, 0.99)
    with np.load(io.BytesIO(to_npz(landing, parts))) as arrays:
        np.testing.assert_array_equal(arrays["observations"], landing.observations)
        np.testing.assert_array_equal(arrays["paid"], parts.paid)
        assert arrays["parts"].tolist() == list(PART_KEYS)
        assert refly(LANDER, arrays["actions"], int(arrays["seed"])).rewards.tolist() == landing.rewards.tolist()


def test_a_flight_by_hand_is_flown_by_gymnasiums_physics():
    hand = HandFlight("a", Flight(LANDER, 5))
    keys = "2222" * 60
    for end in range(CHUNK, len(keys) + 1, CHUNK):
        steer(hand, keys[:end])
    reference = refly(LANDER, [2] * len(keys), 5)
    flown = hand.flight.so_far()
    np.testing.assert_array_equal(flown.observations, reference.observations)
    assert hand.ended == reference.terminated


@pytest.mark.parametrize("sent", ["", "0", "01x3", "9999", "3" * 50])
def test_a_flight_takes_only_new_actions_that_are_actions(sent):
    hand = HandFlight("a", Flight(LANDER, 5))
    steer(hand, "01")
    steer(hand, sent)
    assert hand.actions in ("01", "01" + sent[2:])
    assert set(hand.actions) <= set("0123")
    assert len(hand.flight.so_far()) == len(hand.actions)


def test_a_flight_by_hand_ends_with_the_time_limit():
    class Waiting(Flight):
        def step(self, action):
            self.actions.append(action)

    hand = HandFlight("a", Waiting(LANDER, 5))
    steer(hand, "0" * 2 * MAX_STEPS)
    assert hand.ended
    assert len(hand.actions) == MAX_STEPS


def test_the_gallery_has_every_episode_and_every_score(model, landing):
    card = model.scorecard
    data = gallery_data(card, GYMNASIUM, [path_of(landing)] * len(card), 1000)
    json.dumps(data, allow_nan=False)
    assert len(data["episodes"]) == len(card) == sum(kind["count"] for kind in data["outcomes"])
    assert data["episodes"][3]["scores"]["native"] == card.native_return[3]
    assert [order["key"] for order in data["orders"]] == list(ORDERS)
    assert set(data["episodes"][0]["scores"]) == set(ORDERS)


def test_a_path_ends_where_the_lander_stands(landing):
    scene = film(landing)
    (x, y) = path_of(landing)[-1]
    assert x == pytest.approx(scene.body[-1, 0], abs=0.01)
    assert y == pytest.approx(scene.body[-1, 1] - 0.6, abs=0.01)  # LEG_DOWN / SCALE above the ground
    assert scene.pad[2] == pytest.approx(PAD_HEIGHT)
