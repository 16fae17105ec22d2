import json
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from playground.app.lessons import LESSONS
from playground.lab.models.store import ModelStore
from playground.lab.queue.batch import Batch
from playground.lab.queue.job_runner import make_model
from playground.lab.queue.local import Local
from playground.studies.race import plan_race
from playground.training.algorithms import ALGORITHMS, LEARNERS
from playground.training.spec import TrainSpec

PAGE = """
import streamlit as st
from playground.app.texts import language
from playground.app.pages import algorithms

language()
algorithms.draw()
"""
TINY = (("group_size", 2), ("hidden", (8,)), ("starts", 2))


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("PLAYGROUND_HOME", str(tmp_path))
    return tmp_path


def start(**query):
    page = AppTest.from_string(PAGE, default_timeout=60)
    page.query_params["lang"] = query.pop("lang", "en")
    return page.run()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_algorithm_shows_its_picture_its_rule_and_its_own_lines(name, language):
    page = start(lang=language)
    page.pills(key="algorithm").set_value(name).run()
    assert not page.exception
    assert LESSONS[name].rule in page.latex[0].value
    own = LEARNERS / f"{LESSONS[name].terms[0].file or ALGORITHMS[name].file}.py"
    assert page.code[0].value.strip() in own.read_text(encoding="utf-8")


def test_the_whole_file_can_be_read():
    page = start()
    page.session_state["term_ppo-byhand"] = None
    page.run()
    assert not page.exception
    assert page.code[0].value.strip() == ALGORITHMS["ppo-byhand"].path.read_text(encoding="utf-8").strip()


def test_what_an_update_did_needs_a_model_and_follows_the_slider():
    page = start()
    page.pills(key="algorithm").set_value("actor-critic").run()
    assert not page.select_slider
    reward = ModelStore().resolve("gymnasium").spec.reward
    make_model(TrainSpec(reward, algorithm="grpo", steps=1500, settings=TINY), ModelStore())
    page = start()
    page.pills(key="algorithm").set_value("grpo").run()
    assert not page.exception
    slider = page.select_slider[0]
    charts = [json.loads(chart.proto.spec) for chart in page.get("vega_lite_chart")]
    assert len(charts) == 4  # two of the update, two of the race between the shipped models
    assert len(page.metric) == 4
    before = [metric.value for metric in page.metric]
    slider.set_value(0 if slider.value != 0 else len(slider.options) - 1).run()
    assert not page.exception
    assert [metric.value for metric in page.metric] != before


def test_a_race_that_was_run_before_is_shown_at_once():
    reward = ModelStore().resolve("gymnasium").spec.reward
    (spec,) = plan_race(reward, ["reinforce"], 1, seconds=5.0)
    make_model(spec, ModelStore())
    page = start()
    page.number_input(key="race_seconds").set_value(5)
    page.multiselect(key="racers").set_value(["reinforce"]).run()
    assert not page.exception
    assert any("REINFORCE" in markdown.value and "KiB" in markdown.value for markdown in page.markdown)
    assert not [button for button in page.button if button.key in ("start_race", "stop_race")]


def test_a_race_without_anybody_asks_for_somebody():
    page = start()
    page.multiselect(key="racers").set_value([]).run()
    assert page.info
    assert not page.exception


def test_until_somebody_races_the_shipped_models_stand_there_each_with_its_interval():
    tables = [block.value for block in start().markdown if "KiB" in block.value]
    assert len(tables) == 1
    assert "100 (96–100)" in tables[0]  # Wilson's interval of 100 of 100
    shipped = {model.spec.algorithm for model in ModelStore().list_shipped() if model.spec.algorithm != "ppo"}
    assert len(shipped) >= 4
    assert all(name in tables[0] for name in ("PPO by hand", "GRPO", "DAPO", "DPO"))


def test_a_race_goes_on_without_the_page_and_every_page_can_stop_it(home):
    def arrange(page):
        page.number_input(key="race_seconds").set_value(5)
        page.multiselect(key="racers").set_value(["reinforce", "grpo"])
        return page.run()

    page = arrange(start())
    page.button(key="start_race").click().run()
    assert not page.exception
    queue = Local(ModelStore())
    jobs = queue.list_jobs()
    assert [job.spec.algorithm for job in jobs] == ["reinforce", "grpo"]
    assert {job.status.width for job in jobs} == {1}
    assert len({job.status.lane for job in jobs}) == 1
    del page  # the tab is closed

    other = arrange(start())
    assert not other.exception
    assert [button.key for button in other.button if button.key in ("start_race", "stop_race")] == ["stop_race"]
    queue.folder(jobs[0].key).write(replace(jobs[0].status, state="failed", message="training diverged"))
    other.run()
    assert any(button.key == "stop_race" for button in other.button)  # the other one still waits
    other.button(key="stop_race").click().run()
    assert not other.exception
    assert {job.status.state for job in queue.list_jobs()} == {"failed", "cancelled"}
    other.button(key="start_race").click().run()
    assert {job.status.state for job in queue.list_jobs()} == {"queued"}


def test_a_race_that_ended_with_a_failure_says_why(home):
    reward = ModelStore().resolve("gymnasium").spec.reward
    (spec,) = plan_race(reward, ["reinforce"], 1, seconds=5.0)
    queue = Local(ModelStore())
    Batch(queue, [spec], width=1).start()
    job = queue.find(spec.key)
    queue.folder(spec.key).write(replace(job.status, state="failed", message="training diverged"))
    page = start()
    page.number_input(key="race_seconds").set_value(5)
    page.multiselect(key="racers").set_value(["reinforce"]).run()
    assert not page.exception
    assert any("training diverged" in box.value for box in page.warning)
    assert [button.key for button in page.button if button.key in ("start_race", "stop_race")] == ["start_race"]
