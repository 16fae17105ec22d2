"""The first page: a verdict, the episode, what every part paid for it, and the task scorecard.

Leaves out: the controls (``sidebar``) and the other models (``views.models``).
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import streamlit as st

from playground.insight.breakdown import Breakdown, break_down, to_csv
from playground.lander.recording import to_gif, to_mp4
from playground.lander.scorecard import EVALUATION_SEEDS, Scorecard
from playground.lander.trajectory import Trajectory
from playground.reward.account import PART_KEYS, weights
from playground.reward.codec import dump_reward
from playground.reward.errors import InvalidInput
from playground.reward.export import to_python
from playground.reward.presets import PRESET
from playground.reward.terms import TERMS, RewardConfig
from playground.training.store import SHORT, Model
from playground.ui import charts
from playground.ui.jobs_panel import draw_curves, draw_watched_job
from playground.ui.state import Session, board, episode_of, fly, model_name, session, shown_model, store
from playground.ui.texts import language, part_name, say, say_error
from playground.ui.views.flight_check import draw_check


def draw() -> None:
    """The page."""
    state = session()
    draw_watched_job()
    try:
        model = shown_model(state)
    except InvalidInput as error:
        st.error(say("models.broken", reason=say_error(error)))
        return
    reward = state.draft
    _verdict(state, model)
    draw_check(state)
    left, right = st.columns([10, 11], gap="large")
    episode = episode_of(model, state.seed)
    gamma = model.spec.gamma
    seen = reward if reward.replace_reward else logged(reward)
    parts = break_down(episode, seen, gamma)
    with right:
        _parts(episode, reward, seen, gamma, parts)
    _scorecard(model.scorecard, reward)
    with left:
        _episode(state, model, episode, parts)
    _more(state, model, episode, parts)


def _verdict(state: Session, model: Model) -> None:
    """What the training made of the reward, in one sentence."""
    s = model.summary
    count = {name: round(100 * s[f"{name}_rate"]) for name in ("landing", "crash", "timeout")}
    kind = verdict_of(s["landing_rate"], s["crash_rate"], s["timeout_rate"])
    words = say(f"verdict.{kind}", landed=count["landing"], crashed=count["crash"], timeouts=count["timeout"])
    st.header(words, anchor=False)
    name = model_name(model, language())
    about = say("verdict.trained_on", name=name, steps=f"{model.manifest['steps']:,}", seed=model.spec.seed)
    lesson = f" — {PRESET[model.slug].lesson[language()]}" if model.slug is not None and model.slug in PRESET else ""
    st.caption(about + lesson)
    if state.draft != model.spec.reward:
        job = board().find(state.spec.key)
        training = job is not None and job.alive
        kind = "old_load" if store().find(state.spec.key) else "old_training" if training else "old"
        st.info(say(f"verdict.{kind}", name=f"**{name}**"), icon=":material/history:")


def verdict_of(landing: float, crash: float, timeout: float) -> str:
    """Which sentence fits a scorecard.

    >>> verdict_of(0.97, 0.03, 0.0), verdict_of(0.2, 0.8, 0.0), verdict_of(0.4, 0.3, 0.3)
    ('lands', 'crashes', 'mixed')
    """
    if landing >= 0.9:
        return "lands"
    if landing >= 0.6:
        return "mostly"
    if crash >= 0.6:
        return "crashes"
    return "timeouts" if timeout >= 0.6 else "mixed"


def _episode(state: Session, model: Model, episode: Trajectory, parts: Breakdown) -> None:
    """Gymnasium's picture of it, with the way to the other ninety-nine."""
    returns = model.scorecard.returns(state.draft)
    seeds = model.scorecard.seeds

    def go(seed: int) -> None:
        state.seed = int(seed)

    outcome = say(f"outcome.{episode.outcome}")
    seconds = f"{episode.seconds:.1f}"
    picture = st.container()
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        first, last = EVALUATION_SEEDS[0], EVALUATION_SEEDS[-1]
        before = last if state.seed == first else state.seed - 1
        after = first if state.seed == last else state.seed + 1
        st.button(
            "",
            key="previous",
            icon=":material/chevron_left:",
            help=say("episode.previous"),
            on_click=go,
            args=(before,),
        )
        st.session_state["episode_seed"] = state.seed
        st.selectbox(
            say("episode.seed"),
            list(EVALUATION_SEEDS),
            key="episode_seed",
            label_visibility="collapsed",
            on_change=lambda: go(st.session_state["episode_seed"]),
            width=100,
        )
        st.button("", key="next", icon=":material/chevron_right:", help=say("episode.next"), on_click=go, args=(after,))
        best, worst = seeds[int(np.argmax(returns))], seeds[int(np.argmin(returns))]
        st.button(say("episode.best"), key="best", help=say("episode.best.help"), on_click=go, args=(best,))
        st.button(say("episode.worst"), key="worst", help=say("episode.worst.help"), on_click=go, args=(worst,))
        with st.popover("", icon=":material/download:", help=say("episode.download")):
            stem = file_stem(state, model)
            where = (str(model.folder), model.key, model.slug, state.seed)
            st.download_button(say("episode.gif"), lambda: gif(*where), f"{stem}.gif", "image/gif", on_click="ignore")
            st.download_button(say("episode.mp4"), lambda: mp4(*where), f"{stem}.mp4", "video/mp4", on_click="ignore")
            st.download_button(
                say("episode.csv"), lambda: to_csv(episode, parts), f"{stem}.csv", "text/csv", on_click="ignore"
            )
    with picture:
        with st.spinner(say("episode.rendering"), show_time=False):
            image = gif(str(model.folder), model.key, model.slug, state.seed)
        st.image(
            image,
            caption=say("episode.caption", outcome=outcome, seconds=seconds, steps=len(episode)),
            width="stretch",
            alt=say("episode.alt", seed=state.seed, outcome=outcome, seconds=seconds),
        )


def file_stem(state: Session, model: Model) -> str:
    """The name of what is downloaded, without its ending."""
    return f"{model.slug or model.key[:SHORT]}-seed{state.seed}"


@st.cache_data(max_entries=48, show_spinner=False)
def gif(folder: str, key: str, slug: str | None, seed: int) -> bytes:
    """An episode's animation, rendered once for all sessions."""
    return to_gif(fly(folder, key, slug, seed))


@st.cache_data(max_entries=8, show_spinner=False)
def mp4(folder: str, key: str, slug: str | None, seed: int) -> bytes:
    """An episode's film."""
    return to_mp4(fly(folder, key, slug, seed))


def _parts(episode: Trajectory, reward: RewardConfig, seen: RewardConfig, gamma: float, parts: Breakdown) -> None:
    """What each part paid, in one of four views; ``seen`` is the reward, or what it would pay if it only logs."""
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        view = st.segmented_control(
            say("parts.title"),
            ("totals", "steps", "cumulative", "share"),
            format_func=lambda name: say(f"parts.view.{name}"),
            key="view",
            default="totals",
            required=True,
        )
        discounted = st.toggle(say("parts.discounted"), key="discounted", help=say("parts.discounted.help"))
    if not reward.replace_reward:
        st.caption(say("parts.logged"))
    if discounted:
        parts = break_down(episode, seen, gamma, discounted=True)
    keys = [key for key, factor in zip(PART_KEYS, weights(seen), strict=True) if factor != 0]
    if not keys:
        unscaled = reward.scale == 0 and any(getattr(reward, term.weight) for term in TERMS)
        st.info(say("parts.scale_zero" if unscaled else "parts.none"))
        return
    if view == "totals":
        total = say("parts.discounted_return" if discounted else "parts.return")
        chart = charts.waterfall({key: parts.totals[key] for key in keys}, part_name, say, total)
    elif view == "share":
        chart = charts.share_bars({key: parts.shares[key] for key in keys}, part_name, say)
    elif view == "steps":
        chart = charts.step_bars(parts.paid, keys, part_name, say)
    else:
        chart = charts.cumulative_lines(parts.cumulative, keys, part_name, say)
    st.altair_chart(chart, key=f"parts_{view}", width="stretch")
    if view in ("steps", "cumulative"):
        st.caption(say("parts.hint"))


def logged(reward: RewardConfig) -> RewardConfig:
    """What a log-only reward would have paid."""
    return replace(reward, replace_reward=True, w_env=0.0)


def _scorecard(card: Scorecard, reward: RewardConfig) -> None:
    """Your return, and beside it the scores that no slider touches."""
    s = card.summary

    def of_100(rate: float) -> str:
        return say("score.of_100", count=round(100 * rate))

    def unit(value: float | None, unit_: str, digits: int = 1) -> str:
        return say("score.never") if value is None else f"{value:.{digits}f} {unit_}"

    mine = card.returns(reward).mean()
    interval = {"low": f"{s['native_return_low95']:.0f}", "high": f"{s['native_return_high95']:.0f}"}
    mine_name = "your_return" if reward.replace_reward else "your_return_log"
    metrics = [
        (mine_name, f"{mine:,.1f}" if abs(mine) < 1e5 else f"{mine:,.0f}", {}),
        ("native", f"{s['native_return_mean']:.1f}", {"iqm": f"{s['native_return_iqm']:.1f}", **interval}),
        ("landed", of_100(s["landing_rate"]), {"pad": round(100 * s["on_pad_rate"])}),
        (
            "crashed",
            of_100(s["crash_rate"]),
            {"falls": round(100 * s["fall_rate"]), "out": round(100 * s["out_of_bounds_rate"])},
        ),
        ("timeout", of_100(s["timeout_rate"]), {}),
        ("touchdown", unit(s["touchdown_speed_m_s"], "m/s", 2), {}),
        ("fuel", f"{s['main_firings']:.0f} + {s['side_firings']:.0f}", {}),
        ("time", unit(s["seconds_to_land"], "s"), {}),
    ]
    with st.container(border=True):
        for row in (metrics[:4], metrics[4:]):
            with st.container(horizontal=True, horizontal_alignment="distribute"):
                for name, value, values in row:
                    st.metric(say(f"score.{name}"), value, help=say(f"score.{name}.help", **values), width=150)
        st.caption(say("score.caption"))
        if reward.replace_reward and reward.form == "potential":
            st.caption(say("score.potential"))


def _more(state: Session, model: Model, episode: Trajectory, parts: Breakdown) -> None:
    """Below the fold, closed until asked for."""
    with st.expander(
        say("more.episodes"), icon=":material/scatter_plot:", key="more_episodes", on_change="rerun"
    ) as panel:
        if panel.open:
            _all_episodes(state, model)
    with st.expander(say("more.curve"), icon=":material/show_chart:", key="more_curve", on_change="rerun") as panel:
        if panel.open:
            if model.curve:
                kept, last = model.manifest.get("kept_steps"), model.curve[-1]["steps"]
                draw_curves(model.curve, "curve", kept)
                st.caption(say("curve.caption" if kept is not None and kept < last else "curve.caption_last"))
            else:
                st.caption(say("more.curve.none"))
    with st.expander(say("more.table"), icon=":material/table:", key="more_table", on_change="rerun") as panel:
        if panel.open:
            _table(state.draft if state.draft.replace_reward else logged(state.draft), parts)
            stem = file_stem(state, model)
            st.download_button(
                say("episode.csv"),
                lambda: to_csv(episode, parts),
                f"{stem}.csv",
                "text/csv",
                key="table_csv",
                on_click="ignore",
            )
    with st.expander(say("more.code"), icon=":material/code:", key="more_code", on_change="rerun") as panel:
        if panel.open:
            st.code(dump_reward(state.draft), language="json")
            st.code(to_python(state.draft, state.spec.gamma), language="python", height=400)


def _all_episodes(state: Session, model: Model) -> None:
    card = model.scorecard
    chart = charts.episode_dots(card.seeds, card.returns(state.draft), card.outcomes.tolist(), state.seed, say)

    def clicked() -> None:
        picked = st.session_state["dots"].get("selection", {}).get("episode", [])
        if picked:
            state.seed = int(picked[0]["seed"])

    st.altair_chart(chart, key="dots", width="stretch", on_select=clicked, selection_mode="episode")
    st.caption(say("more.episodes.hint"))


def _table(reward: RewardConfig, parts: Breakdown) -> None:
    """Raw value, weight and payment of each part, told apart."""
    factor = weights(reward)
    table = pd.DataFrame(
        {
            say("parts.component"): [part_name(key) for key in PART_KEYS],
            say("parts.raw"): list(parts.raw_totals.values()),
            say("parts.weight"): factor,
            say("parts.paid"): list(parts.totals.values()),
            say("parts.view.share"): list(parts.shares.values()),
        }
    )
    numbers = st.column_config.NumberColumn
    st.dataframe(
        table,
        hide_index=True,
        width="stretch",
        column_config={
            say("parts.raw"): numbers(format="%.3f"),
            say("parts.weight"): numbers(format="%.6g"),
            say("parts.paid"): numbers(format="%.2f"),
            say("parts.view.share"): numbers(format="percent"),
        },
    )
