"""The compare page, its words, its report, and what happens when a model goes away meanwhile."""

import json
import re
import shutil

import pytest
from markupsafe import escape
from streamlit.testing.v1 import AppTest

from playground.cli import main
from playground.lab.models.model import Model
from playground.lab.models.names import names_of
from playground.lab.models.store import ModelStore
from playground.studies.compare import LETTERS, Comparison, compare
from playground.studies.report import report, to_html, to_markdown
from playground.training.spec import TrainSpec

STORE = ModelStore()


def of(*slugs: str, lang: str = "en", at_hand: tuple[Model, ...] = ()) -> Comparison:
    models = [STORE.resolve(slug) for slug in slugs]
    return compare(models, at_hand, names_of(models, lang), lang)


def page(*keys: str) -> AppTest:
    def script():
        from playground.app.pages import compare

        compare.draw()

    app = AppTest.from_function(script, default_timeout=60)
    app.query_params["lang"] = "en"
    app.run()
    if keys:
        app.session_state["session"].compared = list(keys)
        app.run()
    return app


def test_the_first_page_compares_something(own_home):
    app = page()
    assert not app.exception
    told = " ".join(box.value for box in app.markdown)
    assert re.search(r"lands \d+ (more|fewer) out of 100", told)
    assert "95 % interval" in told


def test_a_model_that_is_deleted_while_compared_is_named_and_nothing_breaks(sibling, own_home):
    other = sibling("gymnasium", own_home, seed=7)
    keys = [STORE.resolve("gymnasium").key, other.key, STORE.resolve("article").key]
    app = page(*keys)
    assert not app.exception
    shutil.rmtree(other.folder)
    app.run()
    assert not app.exception
    assert other.key[:8] in app.warning[0].value
    assert len(app.multiselect(key="compared").value) == 2


def test_models_of_one_design_and_seed_stay_apart(sibling, own_home):
    """Three models with the same name and seed: two differ from each other in a setting that no name tells."""
    alike = [sibling("gymnasium", own_home, n_epochs=n) for n in (3, 4)]
    keys = [STORE.resolve("gymnasium").key, *(model.key for model in alike)]
    app = page(*keys)
    assert not app.exception
    assert app.multiselect(key="compared").value == keys
    names = names_of([STORE.resolve("gymnasium"), *alike], "en")
    assert len(set(names)) == 3


def test_one_model_alone_asks_for_another(own_home):
    app = page(STORE.resolve("gymnasium").key)
    assert not app.exception
    assert "two or more models" in app.info[0].value


def test_a_link_opens_its_comparison_and_names_what_it_does_not_know(own_home):
    from playground.app import session as state

    keys = [STORE.resolve(slug).key for slug in ("article", "sparse")]
    assert len(LETTERS) == state.COMPARED

    def script():
        from playground.app.address import sync_url
        from playground.app.pages import compare
        from playground.app.session import session
        from playground.app.texts import language

        language()
        sync_url(session(), session().spec)
        compare.draw()

    app = AppTest.from_function(script, default_timeout=60)
    app.query_params["lang"] = "en"
    app.query_params["compare"] = f"{keys[0][:12]}.abcdefabcdef.{keys[1][:12]}"
    app.run()
    assert not app.exception
    assert app.session_state["session"].compared == keys
    assert [error.code for error in app.session_state["session"].problems] == ["unknown_model"]
    assert app.query_params["compare"] in (f"{keys[0][:12]}.{keys[1][:12]}", [f"{keys[0][:12]}.{keys[1][:12]}"])


def test_ten_models_at_once(sibling, own_home):
    others = [sibling("gymnasium", own_home, seed=seed) for seed in range(1, 4)]
    keys = [model.key for model in (*STORE.list_shipped(), *others)][: len(LETTERS)]
    assert len(keys) == len(LETTERS)
    app = page(*keys)
    assert not app.exception


def test_reward_and_settings_changed_at_once_is_warned_of(sibling, own_home):
    model = sibling("article", own_home, learning_rate=1e-4)
    told = compare([STORE.resolve("gymnasium"), model], [], ["one", "two"], "en")
    assert any("Learning rate" in line for line in told.warnings())
    assert not any("Learning rate" in line for line in of("gymnasium", "article").warnings())


def test_seeds_of_one_design_are_found(sibling, own_home):
    siblings = [sibling("gymnasium", own_home, seed=seed) for seed in (1, 2)]
    other = sibling("article", own_home, seed=3)
    told = of("gymnasium", "article", at_hand=(*siblings, other))
    assert [model.spec.seed for model in told.first.siblings] == [0, 1, 2]
    assert "3 training seeds" in told.seeds_words(told.first)


def test_a_training_that_unlearned_landing_is_named():
    turns = of("gymnasium", "legs-farm").divergences()
    assert set(turns) == {"B"}
    assert turns["B"].landing[0] > turns["B"].landing[1]
    assert turns["B"].designed[0] < turns["B"].designed[1]


@pytest.mark.parametrize("lang", ["en", pytest.param("zh", marks=pytest.mark.slow)])
def test_the_report_holds_the_page_and_needs_nothing_from_outside(lang):
    told = of("gymnasium", "article", lang=lang)
    text = to_html(report(told), lang)
    for line in told.headlines():
        assert escape(line) in text
    for one in told.contestants:
        assert one.model.key in text
        assert escape(one.label) in text
    assert "reward = " in text
    assert text.count("data:image/gif;base64,") == 2
    assert text.count("data:image/svg+xml;base64,") == 6
    assert not re.search(r"(?:src|href)=\"(?!data:)", text)
    assert "<script" not in text


@pytest.mark.slow
def test_the_markdown_names_only_pictures_that_are_there(tmp_path):
    blocks = report(of("gymnasium", "article"))
    text = to_markdown(blocks, "pictures")
    named = set(re.findall(r"\]\(pictures/([^)]+)\)", text))
    assert named == {block.name for block in blocks if block.picture}
    assert len(named) == 8


@pytest.mark.slow
def test_a_name_with_markup_stays_text():
    first, second = (STORE.resolve(slug) for slug in ("gymnasium", "article"))
    told = compare([first, second], [], ["<script>alert(1)</script>", "B|C"], "en")
    text = to_html(report(told), "en")
    assert "<script" not in text
    assert "B\\|C" in to_markdown(report(told), "x")


def test_the_command_line_compares_and_reports(tmp_path, capsys):
    out = tmp_path / "new folder" / "report.md"
    assert main(["compare", "gymnasium", "article", "--out", str(out), "--json"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert value["models"][0]["letter"] == "A"
    landed = value["differences"]["B"]["landed"]
    assert landed["low"] <= landed["mean"] <= landed["high"] < 0
    assert out.read_text(encoding="utf-8").startswith("# Compare designs")
    assert (out.parent / "report_files" / "A.gif").read_bytes().startswith(b"GIF")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["gymnasium"], "two to 10"),
        (["gymnasium"] * 11, "two to 10"),
        (["gymnasium", "nothing"], "no model"),
        (["gymnasium", "article", "--out", "report.pdf"], "html"),
    ],
)
def test_bad_input_is_told(arguments, word, capsys):
    assert main(["compare", *arguments]) == 2
    assert word in capsys.readouterr().err


def test_a_model_compared_with_itself_differs_in_nothing():
    told = of("gymnasium", "gymnasium")
    assert "does not differ" in told.change_words(told.others[0])
    assert "land from the same starts: 100 of 100" in told.headlines()[0]
    assert TrainSpec(told.first.reward).key == told.first.model.key
