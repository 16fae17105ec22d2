"""Bring in a PPO that Stable-Baselines3 saved elsewhere, without running anything that is in the file.

``PPO.load`` unpickles, and a pickle can run code. Here a fresh model is built from a spec of ours, and only the
tensors of the zip are read into it (``torch.load`` with ``weights_only``). The pickled part is never opened. A zip does
not say what reward it was trained on; unless the caller does, the model is marked so, and Gymnasium's scores it.

Leaves out: other algorithms, and networks whose layers the spec does not name.
"""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from playground.flight.scorecard import EVALUATION_SEEDS, evaluate
from playground.flight.world import World
from playground.lab.models.model import UNKNOWN, Model
from playground.lab.models.store import ModelStore, write_model
from playground.lab.queue.job_runner import manifest_of, model_files
from playground.training.nets import dump_policy
from playground.training.result import Result
from playground.training.sb3_io import read_zip
from playground.training.spec import TrainSpec, dump_spec
from playground.words.errors import InvalidInput

MAX_UNPACKED: Final = 64 * 1024 * 1024


def import_zip(
    path: Path,
    spec: TrainSpec,
    out: Path | None = None,
    *,
    reward_known: bool = False,
    evaluation: Sequence[int] = EVALUATION_SEEDS,
) -> Model:
    """Make a model from an SB3 zip.

    Its key is the SHA-256 of the spec, the network, and whether the reward is known. So it is never taken for what a
    training of that spec makes, nor one zip for another.

    Args:
        path: the zip.
        spec: what it was trained on, as far as that is known; its ``net_arch`` and ``activation`` must fit.
        out: the folder to make; by default the model joins the user's.
        reward_known: whether it was trained on the spec's reward; if not, that reward only scores it.
        evaluation: seeds of the scorecard's episodes.

    Raises:
        InvalidInput: not a zip, too large when unpacked, for another environment, tensors that do not fit, or a folder
            that cannot be written.
    """
    check_zip(path)
    check_environment(path, spec.world)
    try:
        policy, model_zip = read_zip(path, replace(spec, n_envs=1))
    except Exception as error:  # whatever a stranger's file makes SB3, torch or zipfile raise
        raise InvalidInput("bad_zip", file=path.name, reason=" ".join(str(error).split()) or repr(error)) from None
    card = evaluate(spec.world, policy, spec.gamma, evaluation)
    result = Result(dump_policy(policy), model_zip, [], card, steps=0, seconds=0.0, kept=0)
    reward = "given" if reward_known else UNKNOWN
    key = hashlib.sha256(dump_spec(spec) + result.policy + reward.encode()).hexdigest()
    files, manifest = model_files(spec, result), manifest_of(result) | {"imported": path.name, "reward": reward}
    return ModelStore().add(key, files, manifest) if out is None else write_model(out, key, files, manifest)


def activation_in(path: Path) -> str:
    """The activation that the zip's own description names, read as text; tanh, SB3's default, if it names none.

    Raises:
        InvalidInput: not a zip, or too large.
    """
    check_zip(path)
    return "relu" if "ReLU" in str(_described(path, "policy_kwargs", "activation_fn")) else "tanh"


def check_environment(path: Path, world: World) -> None:
    """Refuse a policy whose zip describes other observations or actions than the world's, read as text.

    Raises:
        InvalidInput: it does; one that describes none passes, its tensors will tell.
    """
    shape, actions = _described(path, "observation_space", "_shape"), _described(path, "action_space", "n")
    fits = actions is None or str(actions) == str(len(world.actions))
    if shape not in (None, [world.observation_size]) or not fits:
        raise InvalidInput(
            "other_environment", value=f"observations {shape} and {actions or 'other'} actions", known=world.id
        )


def _described(path: Path, *names: str) -> Any:
    """What the zip's description says under these names; None if it says nothing."""
    try:
        with zipfile.ZipFile(path) as archive:
            value = json.loads(archive.read("data"))
        for name in names:
            value = value[name]
    except (KeyError, TypeError, ValueError, OSError, RuntimeError, RecursionError, zipfile.BadZipFile, zlib.error):
        return None
    return value


def check_zip(path: Path) -> None:
    """Refuse a file that is no zip, or one that unpacks to more than 64 MiB.

    Raises:
        InvalidInput: says which.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(info.file_size for info in archive.infolist())
    except (OSError, zipfile.BadZipFile) as error:
        raise InvalidInput("bad_zip", file=path.name or str(path), reason=str(error)) from None
    if unpacked > MAX_UNPACKED:
        raise InvalidInput("too_big", size=f"{unpacked:,}", limit=f"{MAX_UNPACKED:,}")
