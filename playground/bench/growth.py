"""How the time grows with what there is more of: steps, environments, jobs at once, models at hand.

Leaves out: quality of the policies; these trainings are too short to learn.
"""

import hashlib
import json
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from playground.bench.figures import Figure
from playground.worlds.lunar_lander.presets import GYMNASIUM

STEPS: Final = (65_536, 131_072, 262_144)
ENVS: Final = (1, 4, 16, 32, 64, 256)
JOBS: Final = (1, 2, 4)
MODELS: Final = (10, 1_000, 10_000)


def measure_growth() -> list[Figure]:
    """All four, each size once."""
    return [*_steps(), *_envs(), *_jobs(), *_models()]


def _train(**settings: Any) -> float:
    from playground.training.spec import TrainSpec
    from playground.training.train import train

    start = time.perf_counter()
    train(TrainSpec(GYMNASIUM, keep_best=False, **settings))
    return time.perf_counter() - start


def _steps() -> list[Figure]:
    return [Figure(f"training of {steps:,} steps", [_train(steps=steps)]) for steps in STEPS]


def _envs() -> list[Figure]:
    steps = 32_768
    figures = []
    for n in ENVS:
        seconds = _train(steps=steps, n_envs=n, n_steps=max(2, 4096 // n), batch_size=512)
        figures.append(Figure(f"training speed with {n} environments", [steps / seconds], "/s"))
    return figures


def _jobs() -> list[Figure]:
    from playground.lab.models.store import ModelStore
    from playground.lab.queue.local import Local
    from playground.training.spec import TrainSpec

    figures = []
    for count in JOBS:
        folder = tempfile.mkdtemp(prefix="playground-bench-")
        try:
            store = ModelStore(Path(folder))
            queue = Local(store)
            specs = [TrainSpec(GYMNASIUM, seed=100 + i, steps=65_536) for i in range(count)]
            start = time.perf_counter()
            for spec in specs:
                queue.submit(spec)
            while any(store.find(spec.key) is None for spec in specs):
                time.sleep(0.05)
            figures.append(Figure(f"{count} jobs of 65,536 steps asked for at once", [time.perf_counter() - start]))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return figures


def _models() -> list[Figure]:
    """Look-ups in stores of copies of a shipped model, each in a folder of its own."""
    from playground.lab.models.store import ModelStore

    figures = []
    for count in MODELS:
        folder = Path(tempfile.mkdtemp(prefix="playground-bench-"))
        try:
            copy_models(folder, count)
            store = ModelStore(folder)
            start = time.perf_counter()
            assert store.find(key_of(count - 1)) is not None
            found = time.perf_counter() - start
            start = time.perf_counter()
            assert len(list(store.list_trained())) == count
            listed = time.perf_counter() - start
            figures += [
                Figure(f"one model found among {count:,}", [1e3 * found], "ms"),
                Figure(f"{count:,} models listed", [1e3 * listed], "ms"),
            ]
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return figures


def key_of(index: int) -> str:
    """The key of a copy; like real ones, no two begin alike."""
    return hashlib.sha256(str(index).encode()).hexdigest()


def copy_models(folder: Path, count: int) -> None:
    """Fill a home with copies of a shipped model, each under a key of its own."""
    from playground.lab.models.store import ModelStore

    shipped = ModelStore().resolve("gymnasium")
    manifest = json.loads((shipped.folder / "manifest.json").read_text())
    for index in range(count):
        key = key_of(index)
        copy = folder / key
        shutil.copytree(shipped.folder, copy, copy_function=_link)
        (copy / "manifest.json").unlink()
        (copy / "manifest.json").write_text(json.dumps(manifest | {"key": key}))


def _link(source: str, target: str) -> str:
    """A hard link where the file system has them: ten thousand models need no room."""
    try:
        Path(target).hardlink_to(source)
    except OSError:
        shutil.copy2(source, target)
    return target
