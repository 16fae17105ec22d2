"""Rewards as JSON (file, download, cache key) and as URL query parameters.

Reading refuses what it does not understand and names the field; it never guesses and never runs code.
Leaves out: presets by name (``presets``) and training settings, which have their own reader.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeVar

from playground.reward.design import Design, check_field, defaults_of
from playground.reward.own import MAX_TERMS, OwnTerm
from playground.words.errors import InvalidInput

SCHEMA: Final = 2
"""Written where a design has own terms; all others are written as schema 1, as ever."""
MAX_BYTES: Final = 64 * 1024
TERMS: Final = "terms"
"""The field of own terms in files and links."""
UNNAMED: Final = "LunarLander-v3"
"""The environment of a file that names none: files are older than the field ``env``."""

D = TypeVar("D", bound=Design)


def to_fields(config: Design) -> dict[str, Any]:
    """Plain values by field name; numbers are floats, and minus zero is zero. Own terms stand under ``terms``.

    >>> from playground import RewardConfig
    >>> to_fields(RewardConfig(w_legs=10))["w_legs"]
    10.0
    """
    values = ((name, getattr(config, name)) for name in defaults_of(type(config)))
    fields = {n: v if isinstance(v, str) else bool(v) if n == "replace_reward" else float(v) + 0.0 for n, v in values}
    return fields | ({TERMS: [own.to_fields() for own in config.own_terms]} if config.own_terms else {})


def changed_fields(config: Design, base: Design | None = None) -> dict[str, Any]:
    """The fields in which ``config`` differs from ``base`` (by default from its kind's defaults).

    >>> from playground import RewardConfig
    >>> changed_fields(RewardConfig(w_legs=10))
    {'w_legs': 10.0}
    """
    reference, values = to_fields(base or type(config)()), to_fields(config)
    if TERMS in reference:
        values.setdefault(TERMS, [])
    return {name: value for name, value in values.items() if value != reference.get(name)}


def dump_reward(config: Design) -> str:
    """Reward JSON with the fields that differ from the defaults, one on a line.

    ``env`` names the environment, but for `UNNAMED`.

    >>> from playground import RewardConfig
    >>> print(dump_reward(RewardConfig(w_legs=10)))
    {
      "schema": 1,
      "w_legs": 10.0
    }
    """
    env = {} if config.env_id == UNNAMED else {"env": config.env_id}
    return json.dumps({"schema": schema_of(config), **env, **changed_fields(config)}, indent=2, ensure_ascii=False)


def schema_of(config: Design) -> int:
    """The schema that a reward's file is written in: 1 as long as that one can say it."""
    return SCHEMA if config.own_terms else 1


def parse_reward(text: str | bytes, kind: type[D]) -> D:
    """The reward in a JSON file.

    Args:
        text: JSON, at most 64 KiB.
        kind: whose fields it may have.

    Raises:
        InvalidInput: what is wrong, with the field's name; or the file is for another environment.

    >>> from playground import RewardConfig
    >>> parse_reward('{"schema": 1, "w_legs": 10}', RewardConfig).w_legs
    10.0
    """
    values = parse_object(text)
    env = values.pop("env", UNNAMED)
    if env != kind.env_id:
        raise InvalidInput("other_world", value=env, known=kind.env_id)
    return fields_to_reward(values, kind)


def parse_object(text: str | bytes, limit: int = MAX_BYTES) -> dict[str, Any]:
    """One JSON object of finite numbers, with ``schema`` checked and taken out.

    Raises:
        InvalidInput: too large, not JSON, not an object, a field twice, or a schema this version can't read.
    """
    size = len(text) if isinstance(text, bytes) or len(text) > limit else len(text.encode(errors="surrogatepass"))
    if size > limit:
        raise InvalidInput("too_big", size=f"{size:,}", limit=f"{limit:,}")
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8-sig")
        value = json.loads(text, object_pairs_hook=_object)
    except InvalidInput:
        raise
    except (ValueError, RecursionError) as error:
        raise InvalidInput("not_json", reason=str(error)) from None
    if not isinstance(value, dict):
        raise InvalidInput("not_an_object", value=value)
    if "schema" not in value:
        raise InvalidInput("missing_schema")
    check_schema(value.pop("schema"))
    return value


def _object(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, value in pairs:
        if name in result:
            raise InvalidInput("duplicate_field", field=name)
        result[name] = value
    return result


def check_schema(value: object) -> None:
    """Refuse a file of another schema.

    Raises:
        InvalidInput: newer, or not a schema number at all.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidInput("not_an_integer", field="schema", value=value)
    if value > SCHEMA:
        raise InvalidInput("newer_schema", value=value, known=SCHEMA)
    if value < 1:
        raise InvalidInput("out_of_range", field="schema", low=1, high=SCHEMA, value=value)


def fields_to_reward(values: Mapping[str, Any], kind: type[D]) -> D:
    """A reward from plain values; fields left out take their default.

    Raises:
        InvalidInput: an unknown field, a wrong type, NaN or infinity.
    """
    own: tuple[OwnTerm, ...] = ()
    typed: dict[str, Any] = {}
    for name, value in values.items():
        if name == TERMS:
            own = read_terms(value)
            continue
        if name not in defaults_of(kind):
            raise InvalidInput("unknown_field", field=name)
        check_field(kind, name, value)
        typed[name] = value if isinstance(value, bool | str) else float(value)
    return kind(**typed, **({"own_terms": own} if own else {}))


def read_terms(value: object) -> tuple[OwnTerm, ...]:
    """Own terms from a file's ``terms``; ``form`` and ``weight`` may be left out.

    Raises:
        InvalidInput: what is wrong, with the field's name.
    """
    if not isinstance(value, list):
        raise InvalidInput("terms_not_a_list", value=value)
    if len(value) > MAX_TERMS:
        raise InvalidInput("too_many_terms", count=len(value), limit=MAX_TERMS)
    terms = []
    for number, one in enumerate(value):
        if not isinstance(one, dict):
            raise InvalidInput("not_an_object", value=one)
        for field in one:
            if field not in OwnTerm.__dataclass_fields__:
                raise InvalidInput("unknown_field", field=f"terms[{number}].{field}")
        for field in ("name", "expression"):
            if field not in one:
                raise InvalidInput("missing_field", field=f"terms[{number}].{field}")
        terms.append(OwnTerm(**one))
    return tuple(terms)


def to_query(config: Design, base: Design) -> dict[str, str]:
    """URL parameters for what differs from ``base``; floats keep every digit.

    >>> from playground import RewardConfig
    >>> to_query(RewardConfig(w_legs=10, replace_reward=True), RewardConfig())
    {'w_legs': '10', 'replace_reward': 'true'}
    """
    return {name: _write(value) for name, value in changed_fields(config, base).items()}


def _terms_of_query(text: str, base: Design) -> tuple[OwnTerm, ...]:
    """Own terms from a URL: a JSON list like a file's.

    Raises:
        InvalidInput: what is wrong.
    """
    if len(text) > MAX_BYTES:
        raise InvalidInput("too_big", size=f"{len(text):,}", limit=f"{MAX_BYTES:,}")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("not_json", reason=str(error)) from None
    terms = read_terms(value)
    base.changed(own_terms=terms)
    return terms


def from_query(query: Mapping[str, str], base: D) -> tuple[D, list[InvalidInput]]:
    """The reward that a URL describes: ``base`` with the parameters that name a field laid over it.

    Returns:
        The reward, and what was wrong with each parameter that could not be used.

    >>> from playground import RewardConfig
    >>> config, problems = from_query({"w_legs": "10", "w_angle": "steep"}, RewardConfig())
    >>> config.w_legs, [p.params["field"] for p in problems]
    (10.0, ['w_angle'])
    """
    values, problems = to_fields(base), []
    for name, default in defaults_of(type(base)).items():
        if name in query:
            try:
                value = _read(name, default, query[name])
                check_field(type(base), name, value)
                values[name] = value
            except InvalidInput as error:
                problems.append(error)
    if TERMS in query:
        try:
            values[TERMS] = [own.to_fields() for own in _terms_of_query(query[TERMS], base)]
        except InvalidInput as error:
            problems.append(error)
    return fields_to_reward(values, type(base)), problems


def _write(value: bool | float | str | list[Any]) -> str:
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else repr(value).removesuffix(".0")


def _read(name: str, default: object, text: str) -> bool | float | str:
    if isinstance(default, bool):
        if text not in ("true", "false"):
            raise InvalidInput("not_a_bool", field=name, value=text)
        return text == "true"
    if isinstance(default, str):
        return text
    try:
        return float(text)
    except ValueError:
        raise InvalidInput("not_a_number", field=name, value=text) from None
