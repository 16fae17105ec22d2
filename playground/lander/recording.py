"""Pictures of an episode: Gymnasium's own renderer, as frames, GIF, MP4 or PNG.

An episode is flown again from its seed and actions with rendering on. The smoke that this adds does not
touch the physics, so what is seen is what was scored; `frames` checks that.

Leaves out: choosing which episode.
"""

import io
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import imageio_ffmpeg
import numpy as np
import numpy.typing as npt
from PIL import Image

from playground.lander.simulator import STEPS_PER_SECOND, make_simulator
from playground.lander.trajectory import Trajectory
from playground.reward.errors import InvalidInput

Frame = npt.NDArray[np.uint8]

GIF_STRIDE: Final = 2
"""Every second frame: 25 a second, in real time, because GIF counts in hundredths."""
GIF_HOLD_MS: Final = 1500
"""How long the last frame stays before the loop starts again."""
SUFFIXES: Final = (".gif", ".mp4", ".png")


def frames(trajectory: Trajectory, stride: int = 1) -> Iterator[Frame]:
    """Rendered frames ``(400, 600, 3)``: the start, every ``stride``-th step, and the end.

    Raises:
        RuntimeError: flown again, the lander went elsewhere, so the pictures would not be of this episode.
    """
    simulator = make_simulator("rgb_array")
    simulator.reset(seed=trajectory.seed)
    yield simulator.render()
    last = len(trajectory) - 1
    for step, action in enumerate(trajectory.actions.tolist()):
        observation, *_ = simulator.step(action)
        if (step + 1) % stride == 0 or step == last:
            yield simulator.render()
    if not np.array_equal(observation, trajectory.observations[-1]):
        raise RuntimeError(f"the episode of seed {trajectory.seed} could not be flown again exactly")
    simulator.close()


def to_gif(trajectory: Trajectory) -> bytes:
    """The episode as an endless animation in real time."""
    shots = list(frames(trajectory, GIF_STRIDE))
    palette, nearest = _palette(shots)
    indexed = [_index(shot, palette, nearest) for shot in shots]
    step_ms = 1000 * GIF_STRIDE // STEPS_PER_SECOND
    out = io.BytesIO()
    indexed[0].save(
        out,
        "GIF",
        save_all=True,
        append_images=indexed[1:],
        duration=[step_ms] * (len(indexed) - 1) + [GIF_HOLD_MS],
        loop=0,
        optimize=False,
    )
    return out.getvalue()


def _palette(shots: Sequence[Frame]) -> tuple[list[int], npt.NDArray[np.uint8]]:
    """64 colours of the whole episode, and the nearest of them for every 15-bit colour."""
    picks = np.concatenate(shots[:: max(1, len(shots) // 8)])
    image: Any = Image.fromarray(picks).quantize(64, dither=Image.Dither.NONE)
    flat = image.getpalette()
    colours = np.array(flat, np.int32).reshape(-1, 3)
    levels = np.arange(32, dtype=np.int32) * 255 // 31  # black stays black and white stays white
    cube = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1).reshape(-1, 1, 3)
    return flat, ((cube - colours) ** 2).sum(axis=-1).argmin(axis=1).astype(np.uint8)


def _index(shot: Frame, palette: list[int], nearest: npt.NDArray[np.uint8]) -> Any:
    """A frame in palette colours; looking colours up is much faster than Pillow's search."""
    r, g, b = (shot[..., channel].astype(np.uint16) >> 3 for channel in range(3))
    image = Image.fromarray(nearest[(r << 10) | (g << 5) | b])
    image.putpalette(palette)
    return image


def to_mp4(trajectory: Trajectory) -> bytes:
    """The episode as an H.264 film, 50 frames a second."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "episode.mp4")
        writer = imageio_ffmpeg.write_frames(
            str(path), (600, 400), fps=STEPS_PER_SECOND, codec="libx264", macro_block_size=2, ffmpeg_log_level="error"
        )
        writer.send(None)
        for frame in frames(trajectory):
            writer.send(np.ascontiguousarray(frame))
        writer.close()
        return path.read_bytes()


def to_png(trajectory: Trajectory, step: int | None = None) -> bytes:
    """One frame: after ``step`` steps, by default the last one."""
    wanted = len(trajectory) if step is None else min(max(step, 0), len(trajectory))
    shots = frames(trajectory, stride=max(wanted, 1))
    frame = next(shots)
    if wanted:
        frame = next(shots)
    out = io.BytesIO()
    Image.fromarray(frame).save(out, "PNG")
    return out.getvalue()


def check_suffix(path: Path) -> None:
    """Refuse a file name that no format goes with.

    Raises:
        InvalidInput: the name does not end in .gif, .mp4 or .png.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise InvalidInput("unknown_recording", file=path.name)


def record(trajectory: Trajectory, path: Path) -> bytes:
    """The episode in the format that the file's name asks for.

    Raises:
        InvalidInput: the name does not end in .gif, .mp4 or .png.
    """
    check_suffix(path)
    make = {".gif": to_gif, ".mp4": to_mp4, ".png": to_png}[path.suffix.lower()]
    return make(trajectory)
