import gymnasium as gym
import numpy as np
import pytest

from playground.flight.rollout import refly
from playground.flight.trajectory import Trajectory
from playground.worlds import DEFAULT_ID as ENV_ID
from playground.worlds.lunar_lander.conditions import CALM
from playground.worlds.lunar_lander.geometry import STEPS_PER_SECOND
from playground.worlds.lunar_lander.scene import film, instruments
from playground.worlds.lunar_lander.world import WORLD as LANDER

WILD = np.random.default_rng(5).integers(0, 4, 400)


@pytest.mark.parametrize("seed", [0, 7, 1000])
def test_a_scene_is_gymnasiums_own_state_at_every_step(seed):
    episode = refly(LANDER, WILD, seed)
    scene = film(episode)
    env = gym.make(ENV_ID)
    env.reset(seed=seed)
    world = env.unwrapped

    def now():
        return [(*body.position, body.angle) for body in (world.lander, *world.legs)]

    there = [now()]
    velocities = [tuple(world.lander.linearVelocity)]
    for action in episode.actions:
        env.step(int(action))
        there.append(now())
        velocities.append(tuple(world.lander.linearVelocity))
    there = np.array(there, np.float32)
    np.testing.assert_array_equal(scene.body, there[:, 0])
    np.testing.assert_array_equal(scene.legs, there[:, 1:])
    assert scene.pad == pytest.approx((world.helipad_x1, world.helipad_x2, world.helipad_y))
    ground = [polygon[0] for polygon in world.sky_polys] + [world.sky_polys[-1][1]]
    np.testing.assert_allclose(scene.terrain, ground, rtol=1e-6)
    shown = instruments(episode)
    np.testing.assert_allclose(shown["speed_x_m_s"], np.array(velocities)[:, 0], atol=1e-4)
    np.testing.assert_allclose(shown["speed_y_m_s"], np.array(velocities)[:, 1], atol=1e-4)
    np.testing.assert_allclose(shown["tilt_deg"], np.degrees(there[:, 0, 2]), atol=1e-3)
    middle = (world.helipad_x1 + world.helipad_x2) / 2
    np.testing.assert_allclose(shown["offset_m"], there[:, 0, 0] - middle, atol=1e-4)


def test_in_free_fall_nothing_pushes():
    shown = instruments(refly(LANDER, [0] * 20, 3))
    assert np.abs(shown["push_y_m_s2"][2:]).max() < 0.05
    assert np.abs(shown["push_x_m_s2"][2:]).max() < 0.05
    assert np.diff(shown["speed_y_m_s"])[3:] * STEPS_PER_SECOND == pytest.approx(CALM.gravity, abs=0.05)


def test_the_main_engine_pushes_upwards():
    shown = instruments(refly(LANDER, [2] * 10, 3))
    assert shown["push_y_m_s2"][2:].min() > 5


def test_an_episode_of_one_step_has_two_frames():
    scene = film(refly(LANDER, [0], 11))
    assert len(scene) == 2
    assert scene.body.shape == (2, 3)


def test_frames_of_another_episode_are_refused():
    episode = refly(LANDER, [0, 2, 1] * 10, 3)
    other = Trajectory(LANDER, 4, episode.observations, episode.actions, episode.rewards, episode.terminated)
    with pytest.raises(RuntimeError, match="could not be flown again"):
        film(other)
