"""The overfit test's section of the compare page: what it asks for, how far it is, and what it says at the end."""

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest
from test_compare import sibling

from playground.lab.queue_local import JobBoard
from playground.lab.store import ModelStore
from playground.studies import robustness
from playground.studies.robustness import find_design, other_gamma, plan_variants
from playground.worlds.lunar_lander.conditions import CONDITIONS

SLUG = "gymnasium"


@pytest.fixture(autouse=True)
def flown(monkeypatch):
    """Scorecards under other conditions without flying: the shipped one with fewer landings."""
    asked = []

    def evaluate(LANDER, policy, gamma, seeds, conditions):
        asked.append(conditions)
        card = ModelStore().resolve(SLUG).scorecard
        outcomes = card.outcomes.copy()
        outcomes[: 10 * len(asked) % 100] = "crashed"
        return replace(card, outcomes=outcomes)

    monkeypatch.setattr(robustness, "evaluate", evaluate)
    return asked


def section() -> AppTest:
    def script():
        from playground.app.pages.overfit import _section
        from playground.app.texts import language
        from playground.lab.store import ModelStore
        from playground.studies.compare import compare

        model = ModelStore().resolve("gymnasium")
        language()
        _section(compare([model], [], ["one"], "en"))

    app = AppTest.from_function(script, default_timeout=60)
    app.query_params["lang"] = "en"
    return app.run()


def told(app: AppTest) -> str:
    return "\n".join(box.value for kind in ("markdown", "caption", "error") for box in app.get(kind))


def plan():
    design = find_design(ModelStore(), SLUG)
    return plan_variants(design, gammas=[other_gamma(design.spec)])


def test_it_says_how_many_trainings_it_needs_and_starts_none_by_itself(own_home, monkeypatch):
    submitted = []
    monkeypatch.setattr(JobBoard, "submit", lambda self, spec, intent=None: submitted.append(spec))
    app = section()
    assert not app.exception
    assert "5 trainings" in app.button(key="run_overfit").label  # five seeds and a discount, one of them shipped
    assert not submitted
    app.button(key="run_overfit").click().run()
    assert not app.exception
    assert submitted
    assert {spec.reward for spec in submitted} == {plan()[0].spec.reward}


def test_what_is_at_hand_is_flown_step_by_step_and_then_told(own_home, flown):
    for variant in plan()[1:]:
        sibling(SLUG, own_home, seed=variant.spec.seed, gamma=variant.spec.gamma)
    app = section()
    for _ in range(len(plan()) * len(CONDITIONS)):
        if "seed 0" in told(app):
            break
        app.run()
    assert not app.exception
    text = told(app)
    assert "all 5 seeds" in text
    assert "γ 0.99" in text
    assert "of 100" in text
    assert flown
    assert all(conditions in CONDITIONS.values() for conditions in flown)
    again = len(flown)
    assert "all 5 seeds" in told(section())
    assert len(flown) == again, "what was flown is not flown again"
