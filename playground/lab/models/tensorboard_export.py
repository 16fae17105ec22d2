"""A learning curve as TensorBoard's event file, written by Stable-Baselines3's own logger.

Names are those of SB3's ``EvalCallback`` and ``PPO.train``, because every row is an evaluation: ``eval/mean_reward`` is
the designed return and ``eval/success_rate`` the landing rate. A training writes its rows as they come, so
``tensorboard --logdir`` on the home folder shows running trainings and finished models side by side.

Leaves out: episodes of the training itself, which are flown with noise.
"""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from stable_baselines3.common import logger

NAMES: Final = {
    "designed_return": "eval/mean_reward",
    "discounted_return": "eval/mean_discounted_reward",
    "native_return": "eval/mean_native_reward",
    "landing_rate": "eval/success_rate",
    "steps": "time/total_timesteps",
    "seconds": "time/time_elapsed",
}
"""TensorBoard's names of a curve's columns; ``part.x`` is ``part/x`` and ``train.x`` is ``train/x``."""


class EventLog:
    """An event file that grows with a learning curve.

    Args:
        folder: where the file goes; made if it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self._format = logger.TensorBoardOutputFormat(str(folder))
        self._rows = 0

    def write(self, curve: Sequence[Mapping[str, float]]) -> None:
        """Add the rows of a curve that are not there yet."""
        for row in curve[self._rows :]:
            values = to_scalars(row)
            self._format.write(values, dict.fromkeys(values, ()), step=int(row["steps"]))
        self._rows = len(curve)

    def close(self) -> None:
        """End the file."""
        self._format.close()


def available() -> bool:
    """Whether TensorBoard is installed, which SB3's logger writes with."""
    return logger.SummaryWriter is not None  # type: ignore[attr-defined]


def event_file(curve: Sequence[Mapping[str, float]], place: Path | None = None) -> bytes:
    """The event file of a whole curve; empty for an empty one.

    Args:
        curve: its rows.
        place: a folder to write in meanwhile; by default the machine's own for temporary files.
    """
    if not curve:
        return b""
    with tempfile.TemporaryDirectory(dir=place) as folder:
        log = EventLog(Path(folder))
        log.write(curve)
        log.close()
        (path,) = Path(folder).iterdir()
        return path.read_bytes()


def to_scalars(row: Mapping[str, float]) -> dict[str, float]:
    """A row of a curve by TensorBoard's names, with the speed.

    >>> to_scalars({"steps": 4096.0, "seconds": 2.0, "part.legs": 3.5})
    {'time/total_timesteps': 4096.0, 'time/time_elapsed': 2.0, 'part/legs': 3.5, 'time/fps': 2048}
    """
    values = {NAMES.get(name, name.replace(".", "/", 1)): value for name, value in row.items()}
    return values | {"time/fps": int(row["steps"] / max(row["seconds"], 1e-3))}
