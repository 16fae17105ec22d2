"""The mutation check itself: its list fits the code, and it tells killed from survived."""

from collections import Counter

import pytest
from mutants import ROOT, Mutant, load_mutants, run_mutants

MUTANTS = load_mutants()


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.id)
def test_a_mutant_fits_the_code(mutant):
    text = mutant.applied_to((ROOT / mutant.file).read_text(encoding="utf-8"))
    if mutant.file.endswith(".py"):
        compile(text, mutant.file, "exec")
    for test in mutant.tests:
        file, *names = test.split("::")
        source = (ROOT / file).read_text(encoding="utf-8")
        assert all(f"def {name.split('[')[0]}(" in source for name in names), test


def test_every_mutant_has_a_name_of_its_own():
    assert set(Counter(mutant.id for mutant in MUTANTS).values()) == {1}


@pytest.mark.parametrize("old", ["never stands there", "import"])
def test_a_mutant_that_does_not_fit_once_is_an_error(old):
    mutant = Mutant("odd", "playground/reward/account.py", old, "", ())
    with pytest.raises(ValueError, match="must stand there once"):
        mutant.applied_to((ROOT / mutant.file).read_text(encoding="utf-8"))


@pytest.mark.slow
def test_every_mutant_is_killed():
    verdicts = run_mutants(MUTANTS)
    assert [f"{v.mutant.id}: {v.outcome} {v.reason}" for v in verdicts if v.outcome != "killed"] == []


@pytest.mark.slow
def test_a_harmless_change_survives_a_harmful_one_is_killed_and_a_misfit_is_an_error():
    file, tests = "playground/reward/account.py", ("tests/reward/test_account.py",)
    old = "return components * design.factors"
    harmless = Mutant("harmless", file, old, f"{old}  # as before", tests)
    harmful = Mutant("harmful", file, old, "return components", tests)
    misfit = Mutant("misfit", file, "never stands there", "", tests)
    verdicts = list(run_mutants([harmless, harmful, misfit], workers=1))
    assert [verdict.outcome for verdict in verdicts] == ["survived", "killed", "error"]
    assert verdicts[1].reason.startswith("tests/reward/test_account.py::")
