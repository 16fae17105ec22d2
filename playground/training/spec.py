"""Everything that decides which policy a training makes: the reward, the seed and the hyperparameters.

A spec's canonical JSON is what a model's key is the SHA-256 of, so the same spec is trained once. Library
versions are not part of it: a model records them, but an upgrade does not hide what is already there.

Leaves out: the training itself.
"""

import dataclasses
import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from playground.flight.world import World
from playground.reward.codec import changed_fields, fields_to_reward, parse_object, schema_of
from playground.reward.design import Design
from playground.training.algorithms import ALGORITHMS, DEFAULT_ALGORITHM, Value
from playground.words.errors import InvalidInput
from playground.worlds import DEFAULT_ID, find_world

SCHEDULES: Final = ("linear", "constant")
ACTIVATIONS: Final = ("tanh", "relu")
MAX_LAYERS: Final = 4


@dataclass(frozen=True)
class Bounds:
    """The values that a hyperparameter may take."""

    low: float
    high: float
    whole: bool = False


BOUNDS: Final[dict[str, Bounds]] = {
    "seed": Bounds(0, 2**32 - 1, whole=True),
    "steps": Bounds(1, 100_000_000, whole=True),
    "gamma": Bounds(0.0, 1.0),
    "learning_rate": Bounds(1e-7, 1.0),
    "n_envs": Bounds(1, 256, whole=True),
    "n_steps": Bounds(2, 8192, whole=True),
    "batch_size": Bounds(2, 1_000_000, whole=True),
    "n_epochs": Bounds(1, 100, whole=True),
    "gae_lambda": Bounds(0.0, 1.0),
    "clip_range": Bounds(0.01, 1.0),
    "ent_coef": Bounds(0.0, 1.0),
    "persistence": Bounds(0.0, 0.999),
    "vf_coef": Bounds(0.0, 10.0),
    "max_grad_norm": Bounds(0.01, 100.0),
    "until_landing": Bounds(0.0, 1.0),
    "seconds": Bounds(0.0, 86_400.0),
}

MOST_STEPS: Final = int(BOUNDS["steps"].high)
"""Steps of a training that only the clock ends."""

BUDGETS: Final[dict[str, dict[str, Any]]] = {
    "quick": {"until_landing": 0.94},
    "standard": {},
    "best": {"steps": 2_000_000},
}
"""Named choices of how long to train, as changes of the default: until it lands, the default, the best quality."""

COMMON: Final = (
    "reward",
    "seed",
    "steps",
    "gamma",
    "keep_best",
    "init_from",
    "algorithm",
    "settings",
    "seconds",
    "until_landing",
    "env",
)
"""Fields that every algorithm has. The others are the settings of the one algorithm that has them in the spec."""
LATER: Final = {"settings": (), "seconds": 0.0}
"""Fields that came later, and the value that stands for all older files: left out of the JSON, so no key changed."""
LATER_ELSEWHERE: Final = LATER | {"until_landing": 0.0}
"""The same for all other algorithms, which could not stop early at first."""

KEY: Final = re.compile(r"[0-9a-f]{64}")
"""What a model's key looks like."""


@dataclass(frozen=True)
class TrainSpec:
    """One training, fully described.

    Raises:
        InvalidInput: (a `ValueError`) names the field that is out of range.
    """

    reward: Design
    seed: int = 0
    steps: int = 1_000_000
    """Environment steps in all, rounded up to whole rollouts of ``n_envs · n_steps``."""
    gamma: float = 0.995
    """Discount: 1/(1−γ) steps is how far the policy looks ahead."""
    learning_rate: float = 1.5e-3
    schedule: str = "linear"
    """The learning rate falls to zero in a straight line, and exploration ends at half; or both stay as they are."""
    net_arch: tuple[int, ...] = (64, 64)
    """Hidden layers of the actor and, separately, of the critic."""
    activation: str = "relu"
    n_envs: int = 32
    n_steps: int = 128
    """Steps of each environment between two updates."""
    batch_size: int = 512
    n_epochs: int = 10
    gae_lambda: float = 0.98
    clip_range: float = 0.2
    ent_coef: float = 0.005
    persistence: float = 0.95
    """One environment in eight explores persistently: its noise stays the same for another step so probably."""
    vf_coef: float = 0.5
    max_grad_norm: float = 2.0
    normalize_reward: bool = True
    """Divide rewards by a running deviation of the return, for the learner only."""
    keep_best: bool = True
    """Keep the evaluated policy with the highest discounted designed return, not the last one."""
    until_landing: float = 0.0
    """Stop early, once this share of 64 validation episodes succeeds, and keep that policy; 0 trains all steps."""
    init_from: str = ""
    """Key of the model whose network the training starts from; by default a fresh one."""
    algorithm: str = DEFAULT_ALGORITHM
    """A key of ``ALGORITHMS``."""
    env: str = DEFAULT_ID
    settings: tuple[tuple[str, Value], ...] = ()
    """The names and values that differ from the algorithm's defaults, if its settings are not fields of the spec."""
    seconds: float = 0.0
    """Stop after so many seconds of learning, whatever ``steps`` says; 0 never does. Then the machine decides, too."""

    def __post_init__(self) -> None:
        for name, bounds in BOUNDS.items():
            _check_number(name, getattr(self, name), bounds)
        for name, choices in (("schedule", SCHEDULES), ("activation", ACTIVATIONS), ("algorithm", tuple(ALGORITHMS))):
            if getattr(self, name) not in choices:
                raise InvalidInput("not_a_choice", field=name, value=getattr(self, name), choices=", ".join(choices))
        if self.init_from and not (isinstance(self.init_from, str) and KEY.fullmatch(self.init_from)):
            raise InvalidInput("not_a_key", field="init_from", value=self.init_from)
        if self.world.id != self.reward.env_id:
            raise InvalidInput("other_world", value=self.reward.env_id, known=self.env)
        for name in ("normalize_reward", "keep_best"):
            if not isinstance(getattr(self, name), bool):
                raise InvalidInput("not_a_bool", field=name, value=getattr(self, name))
        if not isinstance(self.net_arch, tuple) or len(self.net_arch) > MAX_LAYERS:
            raise InvalidInput("out_of_range", field="net_arch (layers)", low=0, high=MAX_LAYERS, value=self.net_arch)
        for width in self.net_arch:
            _check_number("net_arch", width, Bounds(1, 1024, whole=True))
        self._check_algorithm()

    def _check_algorithm(self) -> None:
        """Refuse settings of another algorithm, and a start where none is wanted or one is missing."""
        algorithm = ALGORITHMS[self.algorithm]
        for name, value in self.settings:
            if name not in algorithm.settings:
                choices = ", ".join(algorithm.settings) or "none"
                raise InvalidInput("unknown_setting", field=name, algorithm=self.algorithm, choices=choices)
            _check_kind(name, value, algorithm.settings[name].default)
        if not algorithm.in_spec:
            for f in dataclasses.fields(self):
                if f.name not in COMMON and getattr(self, f.name) != f.default:
                    choices = ", ".join(algorithm.settings)
                    raise InvalidInput("unknown_setting", field=f.name, algorithm=self.algorithm, choices=choices)
        if self.init_from and not algorithm.can_start:
            raise InvalidInput("no_start", algorithm=self.algorithm)
        if algorithm.needs_start and not self.init_from:
            raise InvalidInput("needs_start", algorithm=self.algorithm)

    @property
    def world(self) -> World:
        """Where it trains."""
        return find_world(self.env)

    @property
    def usual(self) -> bool:
        """PPO with the default settings, or for longer, or until it lands; any reward, seed and discount."""
        steps = max(self.steps, TrainSpec.steps)
        return self == TrainSpec(self.reward, self.seed, steps, self.gamma, until_landing=self.until_landing)

    @property
    def all_settings(self) -> dict[str, Value]:
        """Every setting of the algorithm, the defaults among them; empty if they are the spec's own fields."""
        return {name: s.default for name, s in ALGORITHMS[self.algorithm].settings.items()} | dict(self.settings)

    @property
    def key(self) -> str:
        """SHA-256 of the canonical JSON, 64 hexadecimal digits."""
        return hashlib.sha256(dump_spec(self)).hexdigest()


def _check_number(name: str, value: object, bounds: Bounds) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidInput("not_a_number", field=name, value=value)
    if bounds.whole and not isinstance(value, int):
        raise InvalidInput("not_an_integer", field=name, value=value)
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidInput("not_finite", field=name, value=value)
    if not bounds.low <= value <= bounds.high:
        raise InvalidInput("out_of_range", field=name, low=bounds.low, high=bounds.high, value=value)


def _check_kind(name: str, value: object, default: Value) -> None:
    """Refuse a setting of another kind than its default; a whole number may stand for a real one."""
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise InvalidInput("not_a_bool", field=name, value=value)
    elif isinstance(default, int | float):
        _check_number(name, value, Bounds(-1e9, 1e9, whole=isinstance(default, int)))
    elif isinstance(default, str):
        if not isinstance(value, str):
            raise InvalidInput("not_text", field=name, value=value)
    elif not isinstance(value, tuple) or not 1 <= len(value) <= MAX_LAYERS:
        raise InvalidInput("out_of_range", field=f"{name} (layers)", low=1, high=MAX_LAYERS, value=value)
    else:
        for width in value:
            _check_number(name, width, Bounds(1, 1024, whole=True))


def default_spec(reward: Design, **changes: Any) -> TrainSpec:
    """The training of a reward that its world suggests, in the reward's own world.

    Args:
        reward: of any world.
        **changes: fields of the spec that are to have other values.

    Raises:
        InvalidInput: a field is out of range.
    """
    world = find_world(reward.env_id)
    return TrainSpec(reward, **{**world.training, **changes, "env": world.id})


def for_algorithm(spec: TrainSpec, name: str) -> TrainSpec:
    """The same task for another algorithm, with that one's own settings.

    Where it has a discount or a number of steps of its own, that one holds, but steps that somebody chose are kept.

    Raises:
        InvalidInput: there is no such algorithm, or it needs a model to start from and the spec names none.
    """
    if name not in ALGORITHMS:
        raise InvalidInput("not_a_choice", field="algorithm", choices=", ".join(ALGORITHMS), value=name)
    if name == spec.algorithm:
        return spec
    kept = {field: getattr(spec, field) for field in ("reward", "env", "seed", "steps", "seconds")}
    start = spec.init_from if ALGORITHMS[name].needs_start else ""
    gamma, steps = ALGORITHMS[name].gamma, ALGORITHMS[name].steps
    if steps is not None and spec.steps == TrainSpec.steps:
        kept["steps"] = steps
    return TrainSpec(algorithm=name, gamma=spec.gamma if gamma is None else gamma, init_from=start, **kept)


def dump_spec(spec: TrainSpec) -> bytes:
    """Canonical JSON: every setting and what the reward sets, sorted, no spaces, floats as Python prints them.

    Fields of the reward at their default are left out, so a term that is added later changes no key. All settings of
    the algorithm are written, so that its defaults may change without two policies sharing a key.
    """
    algorithm = ALGORITHMS[spec.algorithm]
    written = {"schema": schema_of(spec.reward), "reward": changed_fields(spec.reward)}
    values: dict[str, Any] = dataclasses.asdict(spec) | written
    for name, bounds in BOUNDS.items():
        values[name] = int(values[name]) if bounds.whole else float(values[name]) + 0.0
    values["net_arch"] = list(spec.net_arch)
    for name, default in (LATER if algorithm.in_spec else LATER_ELSEWHERE).items():
        if values[name] == default:
            del values[name]
    if not algorithm.in_spec:
        values = {name: value for name, value in values.items() if name in (*COMMON, "schema")}
        defaults = {name: s.default for name, s in algorithm.settings.items()}
        values["settings"] = {
            name: float(value) if isinstance(defaults[name], float) else value  # type: ignore[arg-type]
            for name, value in spec.all_settings.items()
        }
    return json.dumps(values, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def parse_spec(text: str | bytes) -> TrainSpec:
    """The spec in a JSON file; settings left out take their default.

    Raises:
        InvalidInput: what is wrong, with the field's name.
    """
    values = parse_object(text)
    if not isinstance(values.get("reward"), dict):
        raise InvalidInput("not_an_object", value=values.get("reward"))
    world = find_world(values.get("env", DEFAULT_ID))
    reward = fields_to_reward(values.pop("reward"), world.design)
    known = {f.name for f in dataclasses.fields(TrainSpec)}
    for name in values:
        if name not in known:
            raise InvalidInput("unknown_field", field=name)
    if isinstance(values.get("net_arch"), list):
        values["net_arch"] = tuple(values["net_arch"])
    values["settings"] = changed_settings(values.get("algorithm", DEFAULT_ALGORITHM), values.get("settings", {}))
    return TrainSpec(reward=reward, **values)


def changed_settings(algorithm: object, given: object) -> tuple[tuple[str, Value], ...]:
    """Settings as a spec has them: by name, those at the algorithm's default left out.

    Raises:
        InvalidInput: they are no object.
    """
    if not isinstance(given, Mapping):
        raise InvalidInput("not_an_object", value=given)
    known = ALGORITHMS[algorithm].settings if isinstance(algorithm, str) and algorithm in ALGORITHMS else {}
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
    for name, value in values.items():
        if isinstance(value, int) and name in known and isinstance(known[name].default, tuple):
            values[name] = (value,)  # one layer
    return tuple(sorted((n, v) for n, v in values.items() if n not in known or not _same(v, known[n].default)))


def _same(value: object, default: Value) -> bool:
    """Equal, and not a number in the place of a switch."""
    return value == default and isinstance(value, bool) == isinstance(default, bool)


def hyperparameters(spec: TrainSpec) -> dict[str, Any]:
    """Every field that the algorithm has, but the reward, for tables; its own settings each by name."""
    plain = {f.name: getattr(spec, f.name) for f in dataclasses.fields(spec) if f.name not in ("reward", "settings")}
    if ALGORITHMS[spec.algorithm].in_spec:
        return {name: value for name, value in plain.items() if LATER.get(name, None) != value}
    return {name: value for name, value in plain.items() if name in COMMON} | spec.all_settings
