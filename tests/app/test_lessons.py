import pytest

from playground.app.lessons import LESSONS, NETWORKS, passage, to_dot
from playground.training.algorithms import ALGORITHMS, LEARNERS
from playground.words.say import load_texts


def test_every_algorithm_has_a_lesson():
    assert LESSONS.keys() == ALGORITHMS.keys()


@pytest.mark.parametrize("name", LESSONS)
def test_every_term_of_a_rule_stands_in_the_code(name):
    for term in LESSONS[name].terms:
        lines = passage(name, term)
        assert f"{term.name}" in lines.code
        path = LEARNERS / f"{term.file}.py" if term.file else ALGORITHMS[name].path
        source = path.read_text().splitlines()
        assert source[lines.first - 1 : lines.first + lines.code.count("\n")] == lines.code.splitlines()
    whole = passage(name, None)
    assert whole.code == ALGORITHMS[name].path.read_text()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", LESSONS)
def test_every_algorithm_has_words_and_a_picture(name, language):
    texts = load_texts(language)
    assert texts[f"algorithms.idea.{name.replace('-', '_')}"]
    assert texts[f"algorithms.family.{ALGORITHMS[name].family.replace('-', '_')}"]
    dot = to_dot(LESSONS[name].flow, lambda node: texts[f"algorithms.node.{node}"], "#123456", "#654321")
    assert dot.count("->") == len(LESSONS[name].flow)
    nodes = {node for arrow in LESSONS[name].flow for node in arrow}
    assert dot.count("#123456") == 2 * len(nodes & set(NETWORKS))


def test_a_picture_shows_what_each_algorithm_does_without():
    def nodes(name):
        return {node for arrow in LESSONS[name].flow for node in arrow}

    assert "critic" not in nodes("grpo") | nodes("dapo") | nodes("reinforce") | nodes("dpo")
    assert {"reward_model", "actor", "critic"} <= nodes("rlhf")
    assert "actor" not in nodes("dqn")


def test_a_term_that_is_nowhere_is_an_error():
    from playground.app.lessons import Term

    with pytest.raises(KeyError):
        passage("grpo", Term("x", "nothing_of_the_kind"))
