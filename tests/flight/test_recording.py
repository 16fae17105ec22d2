"""Recordings show the scored episode: Gymnasium's own frames, as GIF, MP4 and PNG that decode."""

import io
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import gymnasium as gym
import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from playground.flight.recording import check_suffix, frames, record, to_gif, to_mp4, to_png
from playground.flight.rollout import run_episode
from playground.flight.trajectory import Trajectory
from playground.words.errors import InvalidInput
from playground.worlds.lunar_lander.probes import Constant, Heuristic, Random
from playground.worlds.lunar_lander.world import WORLD as LANDER


@pytest.fixture(scope="module")
def episode() -> Trajectory:
    """A short crash with all engines firing."""
    return run_episode(LANDER, Random(np.random.default_rng(0)), 8)


@pytest.fixture(scope="module")
def rendered(episode: Trajectory) -> list[np.ndarray]:
    """Gymnasium's own picture after each step, the start first."""
    env = gym.make("LunarLander-v3", render_mode="rgb_array")
    env.reset(seed=episode.seed)
    shots = [env.render()]
    for action in episode.actions.tolist():
        env.step(action)
        shots.append(env.render())
    env.close()
    return shots


@pytest.fixture(scope="module")
def gif(episode: Trajectory) -> bytes:
    return to_gif(episode)


@pytest.fixture(scope="module")
def mp4(episode: Trajectory) -> bytes:
    return to_mp4(episode)


def picture(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def gif_frames(data: bytes) -> list[tuple[np.ndarray, int]]:
    """Each frame's picture and how long it stays, in ms."""
    image = Image.open(io.BytesIO(data))
    result = []
    for number in range(image.n_frames):
        image.seek(number)
        result.append((np.asarray(image.convert("RGB")), image.info["duration"]))
    return result


def test_frames_are_gymnasiums_own(episode: Trajectory, rendered: list[np.ndarray]) -> None:
    shots = list(frames(episode))
    assert len(shots) == len(episode) + 1
    for shot, theirs in zip(shots, rendered, strict=True):
        np.testing.assert_array_equal(shot, theirs)
    assert not np.array_equal(rendered[0], rendered[-1])


@pytest.mark.parametrize("stride", [2, 3, 7, 10_000])
def test_a_stride_keeps_the_start_and_the_end(stride: int, episode: Trajectory, rendered: list[np.ndarray]) -> None:
    last = len(episode)
    expected = [0, *range(stride, last, stride), last]
    shots = list(frames(episode, stride))
    assert len(shots) == len(expected)
    for shot, step in zip(shots, expected, strict=True):
        np.testing.assert_array_equal(shot, rendered[step])


def test_an_episode_that_flies_differently_is_not_shown(episode: Trajectory) -> None:
    moved = episode.observations.copy()
    moved[-1, 0] += 0.001
    with pytest.raises(RuntimeError, match=r"seed 8 could not be flown again"):
        list(frames(replace(episode, observations=moved)))


def test_a_png_of_the_end_is_of_the_scored_end_or_not_shown(episode: Trajectory) -> None:
    moved = episode.observations.copy()
    moved[-1, 0] += 0.001
    with pytest.raises(RuntimeError, match=r"seed 8 could not be flown again"):
        to_png(replace(episode, observations=moved))


def test_gif_has_every_second_frame_at_25_a_second_and_holds_the_last(
    gif: bytes, episode: Trajectory, rendered: list[np.ndarray]
) -> None:
    steps = [*range(0, len(episode), 2), len(episode)]
    shots = gif_frames(gif)
    assert [duration for _, duration in shots] == [40] * (len(steps) - 1) + [1500]
    for (shot, _), step in zip(shots, steps, strict=True):
        assert np.abs(shot.astype(int) - rendered[step]).mean() < 3  # 64 colours instead of all


def test_gif_loops_for_ever_at_the_full_size(gif: bytes) -> None:
    image = Image.open(io.BytesIO(gif))
    assert image.format == "GIF"
    assert image.size == (600, 400)
    assert image.info["loop"] == 0


def test_gif_of_a_landing_lasts_as_long_as_the_flight() -> None:
    landing = run_episode(LANDER, Heuristic(), 200)
    assert str(landing.outcome) == "landed"
    shots = gif_frames(to_gif(landing))
    assert sum(duration for _, duration in shots) == pytest.approx(landing.seconds * 1000 + 1500, abs=40)
    assert shots[-1][1] >= 1500  # frames that do not change may be shown as one


def test_gif_of_the_shortest_episode_decodes() -> None:
    whole = run_episode(LANDER, Constant(0), 4)
    one = Trajectory(LANDER, 4, whole.observations[:2], whole.actions[:1], whole.rewards[:1], False)
    assert [duration for _, duration in gif_frames(to_gif(one))] == [40, 1500]


def test_mp4_is_one_and_has_every_frame(mp4: bytes, episode: Trajectory, tmp_path: Path) -> None:
    assert mp4[4:8] == b"ftyp"
    path = tmp_path / "episode.mp4"
    path.write_bytes(mp4)
    count, seconds = imageio_ffmpeg.count_frames_and_secs(str(path))
    assert count == len(episode) + 1
    assert seconds == pytest.approx((len(episode) + 1) / 50, abs=0.021)


def test_mp4_shows_the_episode(mp4: bytes, rendered: list[np.ndarray], tmp_path: Path) -> None:
    path = tmp_path / "episode.mp4"
    path.write_bytes(mp4)
    reader = imageio_ffmpeg.read_frames(str(path), pix_fmt="rgb24")
    assert next(reader)["size"] == (600, 400)
    for number, data in enumerate(reader):
        if number % 20 == 0:
            shot = np.frombuffer(data, np.uint8).reshape(400, 600, 3)
            assert np.abs(shot.astype(int) - rendered[number]).mean() < 5


def test_png_shows_the_chosen_step(episode: Trajectory, rendered: list[np.ndarray]) -> None:
    last = len(episode)
    for step, expected in ((0, 0), (1, 1), (30, 30), (last, last), (None, last), (last + 50, last), (-3, 0)):
        np.testing.assert_array_equal(picture(to_png(episode, step)), rendered[expected])
    assert not np.array_equal(rendered[0], rendered[1])


@pytest.mark.parametrize(("name", "start"), [("a.gif", b"GIF89a"), ("a.PNG", b"\x89PNG"), ("b.c.png", b"\x89PNG")])
def test_the_name_chooses_the_format(name: str, start: bytes) -> None:
    whole = run_episode(LANDER, Constant(0), 4)
    one = Trajectory(LANDER, 4, whole.observations[:2], whole.actions[:1], whole.rewards[:1], False)
    assert record(one, Path(name)).startswith(start)


@pytest.mark.parametrize("name", ["a.webm", "a.jpg", "a", "gif", ".gif", "a.gif.zip", ""])
def test_any_other_name_is_refused(name: str, episode: Trajectory) -> None:
    for attempt in (lambda: check_suffix(Path(name)), lambda: record(episode, Path(name))):
        with pytest.raises(InvalidInput) as caught:
            attempt()
        assert caught.value.code == "unknown_recording"


def test_a_picture_without_a_screen_prints_nothing(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from playground.flight.recording import record\n"
        "from playground.flight.rollout import run_episode; from playground.flight.probes import Constant\n"
        "from playground.worlds import find_world\n"
        "episode = run_episode(find_world('MountainCar-v0'), Constant(1), 0, max_steps=2)\n"
        "assert record(episode, Path('car.png')).startswith(b'\\x89PNG')"
    )
    bare = {name: value for name, value in os.environ.items() if name not in ("XDG_RUNTIME_DIR", "SDL_VIDEODRIVER")}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=bare, cwd=tmp_path, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
