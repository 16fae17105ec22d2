"""The player's pure functions, in Node. The amounts that Python and JavaScript must write alike are in one table."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from playground.words.numbers import amount_words

TESTS = Path(__file__).parent
TABLE = json.loads((TESTS.parent / "data" / "amounts.json").read_text("utf-8"))


@pytest.mark.parametrize(("value", "text"), TABLE)
def test_python_writes_amounts_as_in_the_table(value, text):
    assert amount_words(value) == text


def test_the_players_functions(tmp_path):
    node = shutil.which("node")
    if node is None:
        if os.environ.get("CI") == "true":
            pytest.fail("node is missing; CI must install it")
        pytest.skip("needs Node 20")
    rng = np.random.default_rng(0)
    values = rng.choice([-1.0, 1.0], 3000) * 10 ** rng.uniform(-12, 15, 3000)
    halves = np.arange(-400, 400) / 8  # their last digit is a tie
    near = [10.0**k * (1 + s * 2**-30) for k in range(-5, 12) for s in (-1, 0, 1)]
    amounts = [*values.tolist(), *halves.tolist(), *near]
    path = tmp_path / "amounts.json"
    path.write_text(json.dumps([*TABLE, *([value, amount_words(value)] for value in amounts)]), encoding="utf-8")
    run = subprocess.run(
        [node, "--test", str(TESTS / "player_functions.test.mjs")],
        env={**os.environ, "AMOUNTS": str(path)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stdout[-4000:]
