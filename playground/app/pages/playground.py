"""The first page: a verdict, the episode with what every part paid for it, and the task scorecard.

Leaves out: the controls (``sidebar``) and the other models (``pages.models``).
"""

import streamlit as st

from playground.app.episode.downloads import file_stem
from playground.app.episode.panel import draw_episode
from playground.app.expected import expected_against_outcome
from playground.app.gallery import draw_gallery, gallery_data, path_of
from playground.app.jobs_panel import draw_curves, draw_watched_job
from playground.app.now import Now
from playground.app.pages.check_line import check_place, draw_check
from playground.app.session import Session
from playground.app.shared import load
from playground.app.texts import language, part_name, say, say_error
from playground.flight.rollout import run_episodes
from playground.flight.scorecard import EVALUATION_SEEDS, Scorecard
from playground.insight.breakdown import Breakdown, to_csv
from playground.lab.models.model import Model
from playground.lab.models.names import model_name
from playground.reward.codec import dump_reward
from playground.reward.design import Design
from playground.reward.export import to_python
from playground.words.errors import InvalidInput
from playground.words.scorecard import headline, own_return, scores
from playground.worlds.lunar_lander.presets import PRESET
from playground.worlds.lunar_lander.world import WORLD as LANDER


def draw(now: Now) -> None:
    """The page. What answers a slider is drawn first; what is said of the draft takes its place above it afterwards."""
    draw_watched_job(now)
    try:
        model = now.model
    except InvalidInput as error:
        st.error(say("models.broken", reason=say_error(error)))
        return
    _verdict(now, model)
    place = check_place()
    draw_episode(now)
    _scorecard(model.scorecard, now.state.draft)
    _more(now)
    draw_check(now, place)


def _verdict(now: Now, model: Model) -> None:
    """What the training made of the reward, in one sentence."""
    st.header(headline(model.summary, language()), anchor=False)
    name = model_name(model, language())
    about = say("verdict.trained_on", name=name, steps=f"{model.manifest['steps']:,}", seed=model.spec.seed)
    lesson = [PRESET[model.slug].lesson[language()]] if model.slug is not None and model.slug in PRESET else []
    st.caption(" — ".join([about, " ".join([*lesson, expected_against_outcome(model)])]))
    if now.state.draft != model.spec.reward:
        if now.trained is not None:
            kind = "old_load"
        else:
            kind = "old_training" if now.job is not None and now.job.alive else "old"
        st.info(say(f"verdict.{kind}", name=f"**{name}**"), icon=":material/history:")


def _scorecard(card: Scorecard, reward: Design) -> None:
    """Your return, and beside it the scores that no slider touches."""
    metrics = scores(card.summary, language())
    try:
        mine = own_return(float(card.returns(reward).mean()), language(), logged=not reward.replace_reward)
        metrics = [mine, *metrics]
    except InvalidInput as error:
        st.warning(say("own.no_return", reason=say_error(error)))
    with st.container(border=True):
        for row in (metrics[:4], metrics[4:]):
            with st.container(horizontal=True, horizontal_alignment="distribute"):
                for score in row:
                    st.metric(score.label, score.value, help=score.help, width=150)
        st.caption(say("score.caption"))
        if reward.replace_reward and reward.form == "potential":
            st.caption(say("score.potential"))


def _more(now: Now) -> None:
    """Below the fold, closed until asked for."""
    state, model = now.state, now.model
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
            episode, parts = now.episode, now.parts  # now: a download is made outside the session
            _table(now.reward, parts)
            st.download_button(
                say("episode.csv"),
                lambda: to_csv(episode, parts),
                f"{file_stem(now)}.csv",
                "text/csv",
                key="table_csv",
                on_click="ignore",
            )
    with st.expander(say("more.code"), icon=":material/code:", key="more_code", on_change="rerun") as panel:
        if panel.open:
            st.code(dump_reward(state.draft), language="json")
            st.code(to_python(state.draft, now.spec.gamma), language="python", height=400)


def _all_episodes(state: Session, model: Model) -> None:
    def picked() -> None:
        seed = st.session_state["gallery"].get("picked")
        if seed in EVALUATION_SEEDS:
            state.watch(int(seed))

    with st.spinner(say("gallery.flying")):
        paths = _paths(str(model.folder), model.key, model.slug)
    chosen = -1 if state.own is not None or state.evidence else state.seed
    draw_gallery(gallery_data(model.scorecard, state.draft, paths, chosen), "gallery", picked)


@st.cache_resource(max_entries=32, show_spinner=False)
def _paths(folder: str, key: str, slug: str | None) -> list[list[tuple[float, float]]]:
    """Where a model's hundred episodes went, flown once for all sessions."""
    return [
        path_of(trajectory) for trajectory in run_episodes(LANDER, load(folder, key, slug).policy, EVALUATION_SEEDS)
    ]


def _table(reward: Design, parts: Breakdown) -> None:
    """Raw value, weight and payment of each part, told apart."""
    import pandas as pd  # takes longer to load than the rest of the first screen

    factor = reward.factors
    table = pd.DataFrame(
        {
            say("parts.component"): [part_name(key, reward) for key in reward.keys],
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
