"""Gymnasium's LunarLander-v3 with discrete actions, as a value."""

from typing import Any, Final

from playground.flight.probes import Probes
from playground.flight.world import Quantity, World
from playground.worlds.lunar_lander.behaviours import BEHAVIOURS, FORECAST
from playground.worlds.lunar_lander.conditions import CONDITIONS, Conditions
from playground.worlds.lunar_lander.geometry import ACTION_NAMES, MAX_STEPS, STEPS_PER_SECOND
from playground.worlds.lunar_lander.highlights import highlights
from playground.worlds.lunar_lander.measures import MEASURES, SCORES
from playground.worlds.lunar_lander.outcomes import Outcome, outcome_of
from playground.worlds.lunar_lander.presets import PRESETS
from playground.worlds.lunar_lander.terms import RewardConfig

QUANTITIES: Final = (
    Quantity("x", "half screens", {"en": "Sideways from the pad.", "zh": "相对着陆区的水平位置。"}),
    Quantity("y", "half screens", {"en": "Above the pad.", "zh": "相对着陆区的高度。"}),
    Quantity("vx", "", {"en": "Sideways speed, scaled.", "zh": "水平速度（已缩放）。"}),
    Quantity("vy", "", {"en": "Upward speed, scaled.", "zh": "向上的速度（已缩放）。"}),
    Quantity("angle", "rad", {"en": "Tilt from upright.", "zh": "机身倾角。"}),
    Quantity("omega", "rad / 0.4 s", {"en": "Rate of turning, scaled.", "zh": "角速度（已缩放）。"}),
    Quantity("left", "", {"en": "1 while the left leg touches the ground.", "zh": "左支腿触地时为 1。"}),
    Quantity("right", "", {"en": "1 while the right leg touches the ground.", "zh": "右支腿触地时为 1。"}),
)


def make(conditions: Conditions, render_mode: str | None) -> Any:
    """A bare lander."""
    from playground.worlds.lunar_lander.simulator import make_simulator  # Box2D, not needed to know the world

    return make_simulator(render_mode, conditions)


def probes() -> Probes:
    """Scripted pilots."""
    from playground.worlds.lunar_lander.probes import PROBES  # Gymnasium's controller loads Box2D

    return PROBES


def age_smoke(simulator: Any) -> None:
    """What Gymnasium's ``render`` does to the smoke, for a step that is not rendered."""
    for particle in simulator.particles:
        particle.ttl -= 0.15
    simulator._clean_particles(False)


WORLD: Final = World(
    id=RewardConfig.env_id,
    module=__name__,
    design=RewardConfig,
    presets=PRESETS,
    quantities=QUANTITIES,
    actions=ACTION_NAMES,
    max_steps=MAX_STEPS,
    steps_per_second=STEPS_PER_SECOND,
    make=make,
    outcomes={
        Outcome.LANDED: "success",
        Outcome.CRASHED: "failure",
        Outcome.OUT_OF_BOUNDS: "failure",
        Outcome.TIMEOUT: "timeout",
    },
    outcome_of=outcome_of,
    rates={
        "landing_rate": (Outcome.LANDED,),
        "crash_rate": (Outcome.CRASHED, Outcome.OUT_OF_BOUNDS),
        "fall_rate": (Outcome.CRASHED,),
        "out_of_bounds_rate": (Outcome.OUT_OF_BOUNDS,),
        "timeout_rate": (Outcome.TIMEOUT,),
    },
    measures=MEASURES,
    success_time="seconds_to_land",
    conditions=CONDITIONS,
    probes=probes,
    behaviours=BEHAVIOURS,
    forecast=FORECAST,
    highlights=highlights,
    scores=SCORES,
    can_fork=True,
    finish_frame=age_smoke,
)
