"""Make the models that ship with the project: ``python -m playground.lab.pretrain [SLUG …]``.

Each preset is trained with the default settings, so that choosing a preset in the app finds its model. Beside them
stand a policy that was stopped half-way, for what goes on from one (``dpo``, ``rlhf``), and a model each of the
algorithms that are written out here and land, so that what their updates did can be looked at.

Leaves out: anything that the ordinary training does not do.
"""

import argparse
import shutil
from concurrent.futures import ProcessPoolExecutor
from typing import Final

from playground.lab.job_runner import manifest_of, model_files
from playground.lab.paths import CHECKOUT
from playground.lab.store import ModelStore, write_model
from playground.training.algorithms import HALF_TRAINED
from playground.training.spec import TrainSpec, for_algorithm
from playground.training.train import train
from playground.worlds.lunar_lander.presets import GYMNASIUM, PRESET

_HALF = TrainSpec(GYMNASIUM, steps=73_728, seed=1, ent_coef=0.0, keep_best=False)
"""It lands in 30 to 60 of 100 episodes, and also now and then when its actions are drawn, so preferences see it."""
SPECS: Final = {
    **{slug: TrainSpec(preset.config) for slug, preset in PRESET.items()},
    HALF_TRAINED: _HALF,
    "ppo-byhand": for_algorithm(TrainSpec(GYMNASIUM, steps=294_912), "ppo-byhand"),
    "grpo": for_algorithm(TrainSpec(GYMNASIUM), "grpo"),
    "dapo": for_algorithm(TrainSpec(GYMNASIUM), "dapo"),
    "dpo": for_algorithm(TrainSpec(GYMNASIUM, init_from=_HALF.key), "dpo"),
    "rlhf": for_algorithm(TrainSpec(GYMNASIUM, init_from=_HALF.key), "rlhf"),
}
"""By the name of the folder, those before the ones that go on from them."""


def pretrain(slug: str) -> str:
    """Train one model into ``models/presets/<slug>``; a line on the result."""
    spec = SPECS[slug]
    initial = ModelStore().resolve(HALF_TRAINED).policy if spec.init_from else None
    result = train(spec, initial=initial)
    folder = CHECKOUT / "models" / "presets" / slug
    shutil.rmtree(folder, ignore_errors=True)
    write_model(folder, spec.key, model_files(spec, result), manifest_of(result))
    s = result.scorecard.summary
    return (
        f"{slug}: landed {s['landing_rate']:.0%}, crashed {s['crash_rate']:.0%}, timed out {s['timeout_rate']:.0%}, "
        f"Gymnasium return {s['native_return_mean']:.1f}, {result.steps:,} steps in {result.seconds:.0f} s"
    )


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
