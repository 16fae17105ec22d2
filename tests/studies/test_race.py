import pytest

from playground.lab.models.store import ModelStore
from playground.studies.race import Entrant, entrants, memory_of, plan_race, race_table
from playground.training.algorithms import ALGORITHMS
from playground.training.spec import TrainSpec
from playground.words import race
from playground.words.errors import InvalidInput
from playground.words.numbers import spread
from playground.words.tables import to_markdown
from playground.worlds import find_world
from playground.worlds.lunar_lander.presets import GYMNASIUM

START = "0" * 64


class FakeModel:
    """What a race looks at."""

    def __init__(self, landing, seed=0, curve=(), memory=None):
        self.summary = {"landing_rate": landing, "native_return_mean": 200.0}
        self.manifest = {"steps": 1000, "seconds": 5.0} | ({} if memory is None else {"memory": memory})
        self.curve = list(curve)
        self.spec, self.key = TrainSpec(GYMNASIUM, seed=seed), str(seed)


def point(landing, seconds, steps):
    return {"landing_rate": landing, "seconds": seconds, "steps": steps}


def test_a_plan_has_every_seed_of_every_algorithm_and_one_budget():
    specs = plan_race(GYMNASIUM, ["grpo", "a2c"], 2, seconds=60)
    assert [(s.algorithm, s.seed) for s in specs] == [("grpo", 0), ("a2c", 0), ("grpo", 1), ("a2c", 1)]
    assert {s.seconds for s in specs} == {60}
    assert all(s.steps >= 10**8 for s in specs)
    by_steps = plan_race(GYMNASIUM, ["ppo", "grpo"], 1, steps=5000)
    assert {s.steps for s in by_steps} == {5000}
    as_usual = plan_race(GYMNASIUM, ["ppo", "grpo"], 1, steps=TrainSpec.steps)
    assert {s.steps for s in as_usual} == {TrainSpec.steps}


def test_all_algorithms_can_race_from_a_start():
    specs = plan_race(GYMNASIUM, list(ALGORITHMS), 1, steps=1000, start=START)
    assert [s.algorithm for s in specs] == list(ALGORITHMS)
    assert {s.init_from for s in specs if ALGORITHMS[s.algorithm].needs_start} == {START}
    assert {s.init_from for s in specs if not ALGORITHMS[s.algorithm].needs_start} == {""}
    assert {s.gamma for s in plan_race(GYMNASIUM, ["ppo", "ppo-article"], 1, steps=1)} == {0.995, 0.99}
    assert {s.gamma for s in plan_race(GYMNASIUM, ["ppo", "ppo-article"], 1, steps=1, gamma=0.9)} == {0.9}


@pytest.mark.parametrize(
    ("arguments", "budget", "code"),
    [
        ((["ppo"], 1), {}, "no_budget"),
        ((["ppo"], 0), {"steps": 10}, "out_of_range"),
        (([], 1), {"steps": 10}, "not_a_choice"),
        ((["sac"], 1), {"steps": 10}, "not_a_choice"),
        ((["dpo"], 1), {"steps": 10}, "needs_start"),
        ((["ppo"], 1), {"steps": -5}, "out_of_range"),
        ((["ppo"], 1), {"seconds": -5.0}, "out_of_range"),
    ],
)
def test_a_race_that_cannot_be_run_says_why(arguments, budget, code):
    with pytest.raises(InvalidInput) as caught:
        plan_race(GYMNASIUM, *arguments, **budget)
    assert caught.value.code == code


def test_a_variation_races_beside_the_defaults_of_every_algorithm_that_has_the_setting():
    varied = [{"clip_higher": False}, {"k_epochs": 2, "starts": 4}, {"k_epochs": 4}]
    specs = plan_race(GYMNASIUM, ["grpo", "dapo", "ppo"], 2, steps=1000, variations=varied)
    field = entrants(specs, {})
    assert [(e.name, dict(e.settings)) for e in field] == [
        ("grpo", {}),
        ("grpo", {"k_epochs": 2, "starts": 4}),
        ("dapo", {}),
        ("dapo", {"clip_higher": False}),
        ("dapo", {"k_epochs": 2, "starts": 4}),
        ("ppo", {}),
    ]
    assert len(specs) == 12  # what is the default anyway is no further entrant
    assert field[3].name_in("en") == "DAPO, clip_higher=False"
    model = ModelStore().resolve("gymnasium")
    by_settings = entrants(specs, {specs[3].key: model})
    assert [len(e.models) for e in by_settings] == [0, 0, 0, 1, 0, 0]


def test_a_variation_that_fits_nobody_names_the_settings_that_there_are():
    with pytest.raises(InvalidInput) as caught:
        plan_race(GYMNASIUM, ["grpo"], 1, steps=1000, variations=[{"colour": 1}])
    assert "group_size" in str(caught.value)
    with pytest.raises(InvalidInput):
        plan_race(GYMNASIUM, ["ppo"], 1, steps=1000, variations=[{"k_epochs": 1}])


def test_the_goal_is_the_first_look_with_nine_of_ten_landings():
    there = FakeModel(0.9, curve=[point(0.5, 1, 10), point(0.9, 2, 20), point(1.0, 3, 30)])
    entrant = Entrant("grpo", (there, FakeModel(0.2, curve=[point(0.2, 1, 10)])))
    assert entrant.seconds_to_goal == [2]
    assert entrant.steps_to_goal == [20]
    _, line = race_table([entrant], "en")
    assert line[3] == "2 s (1 of 2 seeds)"
    assert line[1] == "90, 20"


def test_memory_is_summed_by_what_it_is_for_and_unknown_where_nobody_told():
    told = {"actor": 10, "critic": 20, "reward model": 3, "optimizer": 40, "batch": 5, "pairs": 6, "process": 99}
    assert memory_of(FakeModel(1, memory=told)) == {"networks": 33, "optimizer": 40, "batch": 11, "process": 99}
    assert memory_of(FakeModel(1)) == {}
    assert race_table([Entrant("grpo", (FakeModel(1),))], "en")[1][-1] == "–"


def test_a_race_that_was_cut_short_shows_what_is_there():
    specs = plan_race(GYMNASIUM, ["ppo", "grpo"], 2, steps=1000)
    model = ModelStore().resolve("gymnasium")
    field = entrants(specs, {specs[0].key: model})
    assert [(e.name, len(e.models)) for e in field] == [("ppo", 1), ("grpo", 0)]
    table = to_markdown(race_table(field, "en")).splitlines()
    assert len(table) == 4
    assert all(line.count("|") == len(race.COLUMNS) + 1 for line in table)


def test_spread_of_equal_values_is_one_number():
    assert spread([2.0, 2.0]) == "2"
    assert spread([1234.5, 0.0, 5000.0]) == "1,234 (0–5,000)"


def test_a_race_in_another_world_trains_every_algorithm_there():
    world = find_world("CartPole-v1")
    specs = plan_race(world.presets[0].config, ["ppo", "reinforce", "dqn"], 1, steps=100)
    assert [(spec.algorithm, spec.env) for spec in specs] == [(name, world.id) for name in ("ppo", "reinforce", "dqn")]
