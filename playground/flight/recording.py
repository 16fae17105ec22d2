"""Pictures of an episode: Gymnasium's own renderer, as frames, GIF, MP4 or PNG.

An episode is flown again from its seed and actions with rendering on. What rendering adds does not
touch the physics, so what is seen is what was scored; `frames` checks that.

Leaves out: choosing which episode.
"""

import io
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import imageio_ffmpeg
import numpy as np
import numpy.typing as npt
from PIL import Image

from playground.flight.rollout import replay
from playground.flight.trajectory import Trajectory
from playground.words.errors import InvalidInput

Frame = npt.NDArray[np.uint8]

GIF_STRIDE: Final = 2
"""Every second frame: 25 a second, in real time, because GIF counts in hundredths."""
LONG: Final = 500
"""Steps from which half as many frames do."""
GIF_HOLD_MS: Final = 1500
"""How long the last frame stays before the loop starts again."""
SUFFIXES: Final = (".gif", ".mp4", ".png")


def frames(trajectory: Trajectory, stride: int = 1) -> Iterator[Frame]:
    """Rendered frames ``(height, width, 3)``: the start, every ``stride``-th step, and the end.

    Raises:
        RuntimeError: flown again, it went elsewhere, so the pictures would not be of this episode.
    """
    for frame, simulator in enumerate(replay(trajectory, "rgb_array")):
        if frame % stride == 0 or frame == len(trajectory):
            yield simulator.render()
        else:
            trajectory.world.finish_frame(simulator)


def gif_stride(steps: int) -> int:
    """Every how many steps a GIF has a frame: 25 a second, half of that for long episodes.

    >>> gif_stride(300), gif_stride(1000)
    (2, 4)
    """
    return GIF_STRIDE if steps <= LONG else 2 * GIF_STRIDE


def to_gif(trajectory: Trajectory) -> bytes:
    """The episode as an endless animation in real time; the last frame stays a while."""
    stride = gif_stride(len(trajectory))
    colours = "split[a][b];[a]palettegen=max_colors=64:stats_mode=diff[p];[b][p]paletteuse=dither=none"
    options = ["-filter_complex", colours, "-loop", "0", "-final_delay", str(GIF_HOLD_MS // 10)]
    rate = trajectory.world.steps_per_second
    return _encode(frames(trajectory, stride), rate / stride, ".gif", "gif", "pal8", options)


def to_mp4(trajectory: Trajectory) -> bytes:
    """The episode as an H.264 film in real time."""
    rate = trajectory.world.steps_per_second
    return _encode(frames(trajectory), rate, ".mp4", "libx264", "yuv420p", ["-preset", "veryfast"])


def _encode(shots: Iterable[Frame], fps: float, suffix: str, codec: str, pixels: str, options: list[str]) -> bytes:
    """Frames through ffmpeg, in a process of its own, so that no film ever lies in this one's memory."""
    with tempfile.TemporaryDirectory() as folder:
        path, shots = Path(folder, f"episode{suffix}"), iter(shots)
        first = np.ascontiguousarray(next(shots))
        writer = imageio_ffmpeg.write_frames(
            str(path),
            (first.shape[1], first.shape[0]),
            fps=fps,
            codec=codec,
            pix_fmt_out=pixels,
            macro_block_size=1,
            quality=None if codec == "gif" else 5,
            output_params=options,
            ffmpeg_log_level="error",
        )
        writer.send(None)
        writer.send(first)
        for shot in shots:
            writer.send(np.ascontiguousarray(shot))
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
