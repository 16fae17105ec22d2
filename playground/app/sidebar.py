"""The sidebar: the reward's design, the way to share it, the training settings and the one button.

Every widget writes into the `Session` from its callback and is seeded from it before it is drawn, so presets,
links, files and sliders all change the same thing. A slider tick never trains.

Leaves out: what the design pays (``views.playground``).
"""

import math
from collections.abc import Callable
from dataclasses import fields
from typing import Any, Final

import streamlit as st

from playground.app.pages.check_line import check
from playground.app.session import NOT_SET, Session, board, read_setting, session, start_of, store, write_setting
from playground.app.texts import language, say, say_error
from playground.insight.repair import slider_bounds, sound_bands
from playground.lab.model_names import model_name
from playground.lab.notebook.fields import LIMITS, check_text
from playground.lab.notebook.intent import Intent
from playground.reward.codec import dump_reward, parse_reward, to_fields
from playground.reward.design import Design
from playground.reward.export import to_python
from playground.reward.term import FORMS, WEIGHT_LIMIT, Slider, Term
from playground.studies.colours import colour_of
from playground.training.spec import ACTIVATIONS, BOUNDS, BUDGETS, SCHEDULES, TrainSpec
from playground.words.errors import InvalidInput
from playground.words.say import LANGUAGES
from playground.worlds.lunar_lander.presets import PRESET

GROUPS: Final[dict[str, Callable[[Term], bool]]] = {
    "state": lambda term: term.potential is not None,
    "fuel": lambda term: term.event is not None and not term.outcome,
    "outcome": lambda term: term.outcome,
}
SOUND_COLOUR: Final = "#22a35a"
MAIN_SETTINGS: Final = ("seed", "steps", "gamma", "learning_rate")


def draw_sidebar() -> None:
    """All of it, in the sidebar."""
    state = session()
    bands = _bands(state.draft, state.spec.gamma)
    st.html(_styles(state.draft, bands))
    with st.sidebar:
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.subheader(say("design.title"), anchor=False)
            _language_switch()
        with st.container(key="act"):
            if _train_button(state) in ("train", "resume"):
                _budget(state)
                _hypothesis(state)
        _preset_and_share(state)
        _form(state)
        for group, belongs in GROUPS.items():
            st.caption(say(f"design.group.{group}"))
            for term in state.draft.terms:
                if belongs(term):
                    _weight(state, term)
        if any(bands.values()):
            st.caption(say("design.bands"))
        _mode(state)
        _settings(state)


@st.cache_data(max_entries=256, show_spinner=False)
def _bands(reward: Design, gamma: float) -> dict[str, list[tuple[float, float]]]:
    """Where each slider may stand so that landing pays best."""
    return sound_bands(reward, gamma)


def _band_style(term: Term, reward: Design, bands: list[tuple[float, float]]) -> str:
    """Green under the stretches of a slider in which landing pays best."""
    low, high = slider_bounds(reward)[term.weight]
    stops = ["transparent 0"]
    for first, last in bands:
        start, end = (f"{100 * (value - low) / (high - low):.1f}%" for value in (first, last))
        stops += [f"transparent {start}", f"{SOUND_COLOUR} {start}", f"{SOUND_COLOUR} {end}", f"transparent {end}"]
    return (
        f".st-key-slide_{term.key} [role=group] > [data-orientation]::after {{content: ''; position: absolute; "
        "left: 0; right: 0; top: calc(50% + 8px); height: 3px; "
        f"background: linear-gradient(to right, {', '.join(stops)});}}"
    )


def _styles(reward: Design, bands: dict[str, list[tuple[float, float]]]) -> str:
    """One colour per term on its slider, what is sound under it, and a tighter page.

    Streamlit makes the classes from the widgets' keys.
    """
    layout = (
        ".stMainBlockContainer {padding: 3.6rem 2.5rem 2rem;}"
        "[data-testid=stSidebarHeader] {height: 1.5rem; padding-bottom: 0; margin-bottom: 0;}"
        "[data-testid=stSliderThumbValue], [data-testid=stSliderTickBar] {display: none;}"
        "[data-testid=stSidebarUserContent] [data-testid=stVerticalBlock] {gap: .55rem;}"
        ".stMainBlockContainer h2 {font-size: 1.75rem; padding: 0 0 .35rem;}"
        "[data-testid=stMetricValue] {font-size: 1.6rem;}"
        "@media (max-width: 640px) {.stMainBlockContainer {padding: 3.6rem 1rem 1rem;}"
        ".stMainBlockContainer h2 {font-size: 1.35rem;}}"
    )
    terms = (
        f".st-key-slide_{key} label p::before {{content: ''; display: inline-block; width: .65em; height: .65em; "
        f"border-radius: 50%; background: {colour_of(key)}; margin-right: .45em;}}"
        for key in reward.keys
    )
    green = (_band_style(term, reward, bands[term.weight]) for term in reward.terms if bands.get(term.weight))
    return f"<style>{layout}{''.join(terms)}{''.join(green)}</style>"


def _language_switch() -> None:
    language()
    st.segmented_control(
        say("sidebar.language"),
        list(LANGUAGES),
        format_func=LANGUAGES.__getitem__,
        key="lang",
        required=True,
        label_visibility="collapsed",
    )


def _preset_and_share(state: Session) -> None:
    def chosen() -> None:
        state.choose_preset(st.session_state["preset"])

    st.session_state["preset"] = state.preset
    st.selectbox(
        say("design.preset"),
        list(PRESET),
        format_func=lambda slug: PRESET[slug].name[language()],
        key="preset",
        on_change=chosen,
    )
    changed = len(state.changes())
    told = say("design.changed", count=changed)
    if changed:
        st.caption(told)
    with st.container(horizontal=True):
        if changed:
            st.button(
                say("design.reset_all"),
                key="reset_all",
                icon=":material/restart_alt:",
                on_click=lambda: setattr(state, "draft", PRESET[state.preset].config),
            )
        with st.popover(say("share.button"), icon=":material/share:", key="share", on_change="rerun") as panel:
            if panel.open:
                _share(state)


def _share(state: Session) -> None:
    st.caption(say("share.link"))
    query = "&".join(f"{name}={value}" for name, value in st.query_params.to_dict().items())
    st.code(f"{(st.context.url or '').split('?')[0]}?{query}", language=None, wrap_lines=True)
    python = to_python(state.draft, state.spec.gamma)
    with st.container(horizontal=True):
        json_text = dump_reward(state.draft)
        st.download_button(say("share.download_json"), json_text, "reward.json", "application/json", on_click="ignore")
        st.download_button(
            say("share.download_python"), python, "designed_reward.py", "text/x-python", on_click="ignore"
        )

    def opened() -> None:
        file = st.session_state["upload"]
        if file is None:
            return
        try:
            state.draft = parse_reward(file.getvalue(), type(state.draft))
            state.notice = say("share.opened", name=file.name)
        except InvalidInput as error:
            state.problems.append(error)

    st.file_uploader(say("share.upload"), type="json", key="upload", on_change=opened, max_upload_size=1)
    with st.expander(say("share.python")):
        st.code(python, language="python", height=300)


def _train_button(state: Session) -> str:
    """One button that says what it will do, and so does this: train, load, nothing because it is on screen."""
    try:
        spec = state.spec
    except InvalidInput as error:
        st.error(say_error(error))
        return ""
    key = spec.key
    job = board().find(key)
    at_hand = store().find(key) is not None
    if at_hand:
        act = "shown" if state.shown == key else "load"
    elif job is not None and job.alive:
        act = "running"
    else:
        act = "resume" if job is not None and job.resumable else "train"

    def pressed() -> None:
        try:
            if act == "load":
                state.shown = key
                state.watch()
            else:
                board().submit(spec, _intent(state, spec))
                state.watching, state.hypothesis = key, ""
        except InvalidInput as error:
            state.problems.append(error)

    icons = {
        "load": "folder_open",
        "shown": "check",
        "running": "hourglass_top",
        "train": "play_arrow",
        "resume": "play_arrow",
    }
    st.button(
        say(f"train.{act}"),
        key="train",
        type="primary",
        width="stretch",
        icon=f":material/{icons[act]}:",
        disabled=act in ("shown", "running"),
        help=f"{say(f'train.help.{act}', steps=f'{spec.steps:,}')} {_budget_help(spec) if act == 'train' else ''}",
        on_click=pressed,
    )
    return act


def _intent(state: Session, spec: TrainSpec) -> Intent:
    """What the notebook is told of a training: what is expected, and from which design it was changed."""
    prediction = check(spec.reward, spec.gamma).prediction
    return Intent(state.hypothesis.strip(), state.shown or "", prediction=prediction)


def _hypothesis(state: Session) -> None:
    """One optional line for the notebook."""

    def written() -> None:
        try:
            check_text("hypothesis", st.session_state["hypothesis"])
            state.hypothesis = st.session_state["hypothesis"]
        except InvalidInput as error:
            state.problems.append(error)

    st.session_state["hypothesis"] = state.hypothesis
    st.text_input(
        say("train.hypothesis"),
        key="hypothesis",
        placeholder=say("train.hypothesis"),
        max_chars=LIMITS["hypothesis"],
        on_change=written,
        label_visibility="collapsed",
        help=say("train.hypothesis.help"),
    )


def _budget_help(spec: TrainSpec) -> str:
    """What the three budgets under the button mean."""
    standard, best = TrainSpec(spec.reward).steps, BUDGETS["best"]["steps"]
    return say("budget.help", steps=f"{standard:,}", best=f"{best:,}")


def _budget(state: Session) -> None:
    """How long to train, and whether from a network that is there already."""
    spec = state.spec

    def chosen() -> None:
        state.choose_budget(st.session_state["budget"])

    st.session_state["budget"] = state.budget
    st.segmented_control(
        say("budget.title"),
        list(BUDGETS),
        format_func=lambda name: say(f"budget.{name}"),
        key="budget",
        on_change=chosen,
        label_visibility="collapsed",
        width="stretch",
    )
    parent = start_of(state, spec)
    if parent is None:
        return

    def switched() -> None:
        state.set_setting("init_from", parent.key if st.session_state["warm"] else "")

    st.session_state["warm"] = bool(spec.init_from)
    name = model_name(parent, language())
    st.checkbox(say("warm.offer", name=name), key="warm", help=say("warm.help"), on_change=switched)


def _form(state: Session) -> None:
    def chosen() -> None:
        state.set_field("form", st.session_state["form"])

    st.session_state["form"] = state.draft.form
    st.segmented_control(
        say("design.form"),
        FORMS,
        format_func=lambda form: say(f"form.{form}"),
        key="form",
        required=True,
        on_change=chosen,
    )
    st.caption(say(f"form.{state.draft.form}.help"))


def _weight(state: Session, term: Term) -> None:
    """A slider, its exact number, and the way back to the preset."""
    _dial(state, term.weight, term.key, term.label[language()], term.help[language()], term.sliders[state.draft.form])


def _dial(state: Session, name: str, key: str, label: str, help: str, range_: Slider) -> None:
    value = float(getattr(state.draft, name))
    home = float(to_fields(PRESET[state.preset].config)[name])
    slide_key, type_key = f"slide_{key}", f"type_{key}"

    def moved(widget: str) -> None:
        typed = st.session_state[widget]
        if typed is not None:
            state.set_field(name, float(typed))

    st.session_state[slide_key] = value
    st.session_state[type_key] = value
    step = float(range_.step)
    low, high = min(float(range_.low), value), max(float(range_.high), value)
    wide, narrow, tiny = st.columns([9, 6, 2], gap="small", vertical_alignment="bottom")
    wide.slider(
        f"**{label} ≠**" if value != home else label,
        low,
        high,
        step=step if high == range_.high else None,
        key=slide_key,
        help=help,
        format="compact" if range_.high >= 1000 else None,
        on_change=moved,
        args=(slide_key,),
    )
    narrow.number_input(
        say("design.typed", name=label),
        -WEIGHT_LIMIT,
        WEIGHT_LIMIT,
        step=step,
        format=f"%.{decimals(value)}f",
        key=type_key,
        label_visibility="collapsed",
        on_change=moved,
        args=(type_key,),
    )
    if value != home:
        tiny.button(
            "",
            key=f"reset_{key}",
            icon=":material/undo:",
            type="tertiary",
            help=say("design.reset_one", value=f"{home:g}"),
            on_click=state.set_field,
            args=(name, home),
        )


def decimals(value: float) -> int:
    """How many digits after the point show a value whole, at most six.

    >>> decimals(100.0), decimals(0.03), decimals(1e-9)
    (0, 2, 6)
    """
    if value == 0 or not math.isfinite(value):
        return 0
    text = f"{value:.6f}".rstrip("0")
    return len(text.partition(".")[2]) or (6 if abs(value) < 1e-6 else 0)


def _mode(state: Session) -> None:
    """Replace or log only; scale; Gymnasium's own reward beside it."""

    def chosen() -> None:
        state.set_field("replace_reward", st.session_state["mode"] == "replace")

    st.session_state["mode"] = "replace" if state.draft.replace_reward else "log"
    st.segmented_control(
        say("design.mode"),
        ("replace", "log"),
        format_func=lambda mode: say(f"design.mode.{mode}"),
        key="mode",
        required=True,
        help=say("design.mode.help"),
        on_change=chosen,
    )
    defaults = type(state.draft)()
    touched = state.draft.scale != defaults.scale or state.draft.w_env != defaults.w_env
    with st.expander(say("design.more"), expanded=touched):
        _dial(state, "scale", "scale", say("design.scale"), "", Slider(0, 10, 0.1))
        _dial(state, "w_env", "env_reward", say("design.w_env"), "", Slider(0, 10, 0.1))


def _settings(state: Session) -> None:
    changed = bool(state.settings)
    label = say("settings.title") + (" ≠" if changed else "")
    with st.expander(label, expanded=False, key="settings", on_change="rerun") as panel:
        if not panel.open:
            return
        for name in MAIN_SETTINGS:
            _setting(state, name)
        with st.popover(say("settings.more"), width="stretch"):
            for item in fields(TrainSpec):
                if item.name not in (*MAIN_SETTINGS, *NOT_SET, "init_from"):
                    _setting(state, item.name)
        if changed:
            st.button(say("settings.reset"), key="reset_settings", on_click=lambda: setattr(state, "settings", {}))


def _setting(state: Session, name: str) -> None:
    """One training setting, checked before it is kept."""
    default = next(f.default for f in fields(TrainSpec) if f.name == name)
    value = state.settings.get(name, default)
    key, label = f"set_{name}", say(f"settings.{name}")

    def changed() -> None:
        given = st.session_state[key]
        try:
            state.set_setting(name, read_setting(name, given) if isinstance(default, tuple) else given)
        except InvalidInput as error:
            state.problems.append(error)

    st.session_state[key] = write_setting(value).replace(",", ", ") if isinstance(value, tuple) else value
    choices: Any = {"schedule": SCHEDULES, "activation": ACTIVATIONS}.get(name)
    if choices:
        st.selectbox(label, choices, key=key, on_change=changed)
    elif isinstance(default, bool):
        hint = say("settings.keep_best.help") if name == "keep_best" else None
        st.toggle(label, key=key, on_change=changed, help=hint)
    elif isinstance(default, tuple):
        st.text_input(label, key=key, on_change=changed, help=say("settings.net_arch.help"))
    else:
        bounds = BOUNDS[name]
        kind = int if bounds.whole else float
        horizon = "∞" if value == 1 else f"{1 / (1 - value):,.0f}" if name == "gamma" else ""
        helped = ("steps", "gamma", "until_landing", "persistence")
        words = say(f"settings.{name}.help", horizon=horizon) if name in helped else None
        steps: Any = {"steps": 50_000, "gamma": 0.001, "learning_rate": 1e-4}.get(name, 1 if kind is int else 0.01)
        shape = None if kind is int else "%.6g" if name == "learning_rate" else "%.4g"
        st.number_input(
            label, kind(bounds.low), kind(bounds.high), step=steps, format=shape, key=key, on_change=changed, help=words
        )
