"""The overfit test's section of the compare page: what it asks for, how far it is, and what it says at the end."""

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from playground.lab.models.store import ModelStore
from playground.lab.queue.local import Local
from playground.studies import robustness
from playground.studies.robustness import find_design, other_gamma, plan_variants, run_test
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


class Ended:
    """A process that has ended."""

    def wait(self):
        return 0


def section() -> AppTest:
    def script():
        from playground.app.pages.overfit import _section
        from playground.app.texts import language
        from playground.lab.models.store import ModelStore
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
    monkeypatch.setattr(Local, "submit", lambda self, spec, intent=None, **lane: submitted.append(spec))
    attended = []
    monkeypatch.setattr(robustness, "start_detached", lambda *arguments: attended.append(arguments) or Ended())
    app = section()
    assert not app.exception
    assert "5 trainings" in app.button(key="run_overfit").label  # five seeds and a discount, one of them shipped
    assert not submitted
    app.button(key="run_overfit").click().run()
    assert not app.exception
    assert len(submitted) == 5
    assert [arguments[:2] for arguments in attended] == [
        ("playground", ["robustness", ModelStore().resolve(SLUG).key, "--json"])
    ]
    assert {spec.reward for spec in submitted} == {plan()[0].spec.reward}


def test_what_is_there_is_flown_by_a_process_and_then_shown(sibling, own_home, flown, monkeypatch):
    started = []

    def start(module, arguments, log, environment):
        """The process's work, in this one."""
        started.append(arguments)
        run_test(Local(ModelStore()), plan(), CONDITIONS)
        return Ended()

    monkeypatch.setattr(robustness, "start_detached", start)
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
    assert len(started) == 1
