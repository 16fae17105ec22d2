"""Make the models that ship with the project: ``python -m playground.lab.models.pretrain [SLUG …]``.

Each preset of each world is trained with the settings that its world suggests, so that choosing a preset finds its
model; a model's name begins with its world's, but for the default world. Beside them stand a policy that was stopped
half-way, for what goes on from one (``dpo``, ``rlhf``), and a model each of the algorithms that are written out here
and land, so that what their updates did can be looked at.

Leaves out: anything that the ordinary training does not do.
"""

import argparse
import shutil
from concurrent.futures import ProcessPoolExecutor
from typing import Final

from playground.lab.models.model import CHECKPOINTS
from playground.lab.models.store import ModelStore, write_model
from playground.lab.paths import CHECKOUT
from playground.lab.queue.job_runner import manifest_of, model_files
from playground.training.algorithms import HALF_TRAINED
from playground.training.spec import TrainSpec, default_spec, for_algorithm
from playground.training.train import train
from playground.worlds import DEFAULT_ID, REGISTRY, find_world
from playground.worlds.lunar_lander.presets import GYMNASIUM

_HALF = TrainSpec(GYMNASIUM, steps=73_728, seed=1, ent_coef=0.0, keep_best=False)
"""It lands in 30 to 60 of 100 episodes, and also now and then when its actions are drawn, so preferences see it."""
SPECS: Final = {
    **{
        preset.slug if world.id == DEFAULT_ID else f"{world.slug}-{preset.slug}": default_spec(preset.config)
        for world in map(find_world, REGISTRY)
        for preset in world.presets
    },
    HALF_TRAINED: _HALF,
    "ppo-byhand": for_algorithm(TrainSpec(GYMNASIUM, steps=294_912), "ppo-byhand"),
    "grpo": for_algorithm(TrainSpec(GYMNASIUM), "grpo"),
    "dapo": for_algorithm(TrainSpec(GYMNASIUM), "dapo"),
    "dpo": for_algorithm(TrainSpec(GYMNASIUM, init_from=_HALF.key), "dpo"),
    "rlhf": for_algorithm(TrainSpec(GYMNASIUM, init_from=_HALF.key), "rlhf"),
}
"""By the name of the folder, those first from which others go on."""


def pretrain(slug: str) -> str:
    """Train one model into ``models/presets/<slug>``; a line on the result."""
    spec = SPECS[slug]
    initial = ModelStore().resolve(HALF_TRAINED).policy if spec.init_from else None
    result = train(spec, initial=initial)
    folder = CHECKOUT / "models" / "presets" / slug
    shutil.rmtree(folder, ignore_errors=True)
    files = model_files(spec, result)
    if spec.env != DEFAULT_ID:
        files.pop(CHECKPOINTS, None)  # half of the size, and only the default world's page shows them
    write_model(folder, spec.key, files, manifest_of(result))
    s = result.scorecard.summary
    rates = ", ".join(f"{name} {s[name]:.0%}" for name in spec.world.kind_rates)
    length = f"{result.steps:,} steps in {result.seconds:.0f} s"
    return f"{slug}: {rates}, Gymnasium return {s['native_return_mean']:.1f}, {length}"


def main() -> None:
    """Train the models that are named, or all of them."""
    parser = argparse.ArgumentParser(description="Train the models that ship with the project.")
    parser.add_argument("slugs", nargs="*", choices=[*SPECS, []], metavar="SLUG", help="by default all")
    parser.add_argument("--jobs", type=int, default=1, help="trainings at once")
    arguments = parser.parse_args()
    slugs = arguments.slugs or list(SPECS)
    with ProcessPoolExecutor(arguments.jobs) as pool:
        for later in (False, True):  # a start must exist before the models that go on from it
            for line in pool.map(pretrain, [slug for slug in slugs if bool(SPECS[slug].init_from) == later]):
                print(line, flush=True)


if __name__ == "__main__":
    main()
