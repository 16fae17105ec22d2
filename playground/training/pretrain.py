"""Make the models that ship with the project: ``python -m playground.training.pretrain [SLUG …]``.

Each preset is trained with the default settings, so that choosing a preset in the app finds its model.

Leaves out: anything that the ordinary training does not do.
"""

import argparse
import shutil
from concurrent.futures import ProcessPoolExecutor

from playground.reward.presets import PRESET
from playground.training.engine import train
from playground.training.home import CHECKOUT
from playground.training.spec import TrainSpec
from playground.training.store import write_model
from playground.training.work import manifest_of, model_files


def pretrain(slug: str) -> str:
    """Train one preset into ``models/presets/<slug>``; a line on the result."""
    spec = TrainSpec(PRESET[slug].config)
    result = train(spec)
    folder = CHECKOUT / "models" / "presets" / slug
    shutil.rmtree(folder, ignore_errors=True)
    write_model(folder, spec.key, model_files(spec, result), manifest_of(result))
    s = result.scorecard.summary
    return (
        f"{slug}: landed {s['landing_rate']:.0%}, crashed {s['crash_rate']:.0%}, timed out {s['timeout_rate']:.0%}, "
        f"Gymnasium return {s['native_return_mean']:.1f}, {result.steps:,} steps in {result.seconds:.0f} s"
    )


def main() -> None:
    """Train the presets that are named, or all of them."""
    parser = argparse.ArgumentParser(description="Train the models that ship with the project.")
    parser.add_argument("slugs", nargs="*", choices=[*PRESET, []], metavar="SLUG", help="by default all presets")
    parser.add_argument("--jobs", type=int, default=1, help="trainings at once")
    arguments = parser.parse_args()
    with ProcessPoolExecutor(arguments.jobs) as pool:
        for line in pool.map(pretrain, arguments.slugs or PRESET):
            print(line, flush=True)


if __name__ == "__main__":
    main()
