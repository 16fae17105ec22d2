"""Bring in a PPO that Stable-Baselines3 saved elsewhere, without running anything that is in the file.

``PPO.load`` unpickles, and a pickle can run code. Here a fresh model is built from a spec of ours, and only the
tensors of the zip are read into it (``torch.load`` with ``weights_only``). The pickled part is never opened.

Leaves out: other algorithms, and networks whose layers the spec does not name.
"""

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Final

from playground.lander.scorecard import evaluate
from playground.reward.errors import InvalidInput
from playground.training.engine import Result, build_ppo, check_finite, dump_policy
from playground.training.fast_ppo import to_numpy
from playground.training.landers import Fleet
from playground.training.spec import TrainSpec
from playground.training.store import Model, write_model
from playground.training.work import manifest_of, model_files

MAX_UNPACKED: Final = 64 * 1024 * 1024


def import_zip(path: Path, spec: TrainSpec, out: Path) -> Model:
    """Make a model folder from an SB3 zip.

    Args:
        path: the zip.
        spec: what it was trained on, as far as that is known; its ``net_arch`` and ``activation`` must fit.
        out: the folder to make.

    Raises:
        InvalidInput: not a zip, too large when unpacked, or tensors that do not fit.
    """
    check_zip(path)
    model = build_ppo(replace(spec, n_envs=1), Fleet(1))
    try:
        model.set_parameters(str(path), device="cpu")
        model.share_memory()
        check_finite(model)
    except Exception as error:  # whatever a stranger's file makes SB3, torch or zipfile raise
        raise InvalidInput("bad_zip", file=path.name, reason=str(error) or repr(error)) from None
    buffer = io.BytesIO()
    model.save(buffer)
    card = evaluate(to_numpy(model), spec.gamma)
    result = Result(dump_policy(model), buffer.getvalue(), [], card, steps=0, seconds=0.0, kept=0)
    return write_model(out, spec.key, model_files(spec, result), manifest_of(result) | {"imported": path.name})


def activation_in(path: Path) -> str:
    """The activation that the zip's own description names, read as text; tanh, SB3's default, if it names none.

    Raises:
        InvalidInput: not a zip, or too large.
    """
    check_zip(path)
    try:
        with zipfile.ZipFile(path) as archive:
            described = json.loads(archive.read("data"))["policy_kwargs"]["activation_fn"]
    except (KeyError, TypeError, ValueError, OSError, RuntimeError, zipfile.BadZipFile):
        return "tanh"
    return "relu" if "ReLU" in str(described) else "tanh"


def check_zip(path: Path) -> None:
    """Refuse a file that is no zip, or one that unpacks to more than 64 MiB.

    Raises:
        InvalidInput: says which.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(info.file_size for info in archive.infolist())
    except (OSError, zipfile.BadZipFile) as error:
        raise InvalidInput("bad_zip", file=path.name, reason=str(error)) from None
    if unpacked > MAX_UNPACKED:
        raise InvalidInput("too_big", size=f"{unpacked:,}", limit=f"{MAX_UNPACKED:,}")
